/* Tables for people: aligned by the cells that characters take, and harmless to a terminal. */
#include "authctl/print.h"

#include "libauth/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <locale.h>

static void widths(void **state)
{
	(void)state;
	assert_int_equal(print_width(""), 0);
	assert_int_equal(print_width("abc"), 3);
	assert_int_equal(print_width("省政务"), 6);
	assert_int_equal(print_width("a中b"), 4);
	assert_int_equal(print_width("e\xcc\x81"), 1); /* e and a combining accent */
	assert_int_equal(print_width("\xff\x1b"), 2);
}

static const char *printed(void (*print)(FILE *, const void *), const void *what)
{
	static char room[1024];
	memset(room, 0, sizeof room);
	FILE *out = fmemopen(room, sizeof room, "w");
	assert_non_null(out);
	print(out, what);
	fclose(out);
	return room;
}

static void text_of(FILE *out, const void *text) { print_text(out, text); }

static const struct field FIELDS[] = {
	{ "id", "ID", FIELD_NUMBER },
	{ "name", "NAME", FIELD_TEXT },
	{ "disabled", "STATE", FIELD_STATE },
};
static void table_of(FILE *out, const void *array)
{
	print_table(out, array, FIELDS, COUNT_OF(FIELDS), "none");
}
static void card_of(FILE *out, const void *object)
{
	static const struct field CARD[] = {
		{ "name", "Name", FIELD_TEXT },       { "absent", "Not there", FIELD_TEXT },
		{ "good", "Is good", FIELD_BOOL },    { "good", "Doubtful", FIELD_YES },
		{ "uris", "Redirect", FIELD_LIST },   { "none", "Nothing", FIELD_LIST },
	};
	print_card(out, object, CARD, COUNT_OF(CARD));
}

/* A name may hold what a terminal obeys: ESC, and CSI as one character of C1. */
static void control_characters_are_not_obeyed(void **state)
{
	(void)state;
	assert_string_equal(printed(text_of, "a\x1b[31mb"), "a?[31mb");
	assert_string_equal(printed(text_of, "a\xc2\x9b" "31m"), "a?31m");
	assert_string_equal(printed(text_of, "a\nb\rc\x7f"), "a?b?c?");
	assert_string_equal(printed(text_of, "中\xff文"), "中?文");
}

static void columns_are_aligned(void **state)
{
	(void)state;
	json_t *rows = json_array();
	assert_string_equal(printed(table_of, rows), "none\n");
	json_array_append_new(rows, json_pack("{s:i, s:s, s:b}", "id", 1, "name", "省政务", "disabled", 0));
	json_array_append_new(rows, json_pack("{s:i, s:s, s:b}", "id", 22, "name", "a", "disabled", 1));
	json_array_append_new(rows, json_object());
	assert_string_equal(printed(table_of, rows), "ID  NAME    STATE\n"
						     "1   省政务  active\n"
						     "22  a       disabled\n"
						     "0   -       active\n");
	json_decref(rows);
}

static void a_card_leaves_out_what_is_not_there(void **state)
{
	(void)state;
	json_t *object = json_pack("{s:s, s:b, s:[s, s], s:[]}", "name", "张三", "good", 0, "uris", "a", "b",
				   "none");
	assert_string_equal(printed(card_of, object), "Name:      张三\n"
						      "Is good:   no\n"
						      "Redirect:  a\n"
						      "           b\n");
	json_decref(object);
}

static void times(void **state)
{
	char room[TIME_TEXT_SIZE];
	(void)state;
	setenv("TZ", "CST-8", 1);
	assert_string_equal(time_text(1795422600, room), "2026-11-23T16:30:00+08:00");
	assert_string_equal(time_text(0, room), "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths),
		cmocka_unit_test(control_characters_are_not_obeyed),
		cmocka_unit_test(columns_are_aligned),
		cmocka_unit_test(a_card_leaves_out_what_is_not_there),
		cmocka_unit_test(times),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
