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
static void grid_of(FILE *out, const void *grid) { grid_print(grid, out, "none"); }

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
	static const char *const heads[] = { "ID", "NAME", "STATE" };
	static const char *const cells[] = { "1", "省政务", "active", "22", "a", "x" };
	struct grid g = { .heads = heads, .columns = COUNT_OF(heads) };
	(void)state;
	assert_string_equal(printed(grid_of, &g), "none\n");
	for (size_t k = 0; k < COUNT_OF(cells); k++)
		grid_put(&g, cells[k]);
	assert_string_equal(printed(grid_of, &g), "ID  NAME    STATE\n"
						  "1   省政务  active\n"
						  "22  a       x\n");
	grid_done(&g);
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
		cmocka_unit_test(times),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
