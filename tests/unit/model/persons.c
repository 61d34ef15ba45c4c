/* What make_persons gives is valid by the very checks of the product, unique, and always the same.
 */
#include "authd/model/number.h"
#include "libauth/base/buf.h"
#include "libauth/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

enum { PERSONS = 50000, ENTITIES = 20000, COLUMNS_MAX = 9, NUMBER_SIZE = 40 };
enum { TYPE, NUMBER, NAME, BIRTHDATE, GENDER, PHONE, EMAIL, ADDRESS, LOGIN_NAME };

static struct slice run(const char *arguments, struct buf *out, int *ret_exit)
{
	char command[1024];
	snprintf(command, sizeof command, "'%s' %s 2>/dev/null", MAKE_PERSONS, arguments);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	size_t n;
	do {
		uint8_t *room = buf_room(out, 65536);
		assert_non_null(room);
		n = fread(room, 1, 65536, f);
		buf_grown(out, n);
	} while (n);
	*ret_exit = WEXITSTATUS(pclose(f));
	return buf_slice(out);
}

static struct slice run_well(const char *arguments, struct buf *out)
{
	int code;
	struct slice text = run(arguments, out, &code);
	assert_int_equal(code, 0);
	return text;
}

static struct slice take(struct slice *rest, char end)
{
	struct slice part = slice_first(*rest, slice_find(*rest, end));
	*rest = slice_from(*rest, part.n + 1);
	return part;
}

static void split(struct slice line, struct slice *columns, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		assert_true(k == 0 || line.p);
		columns[k] = take(&line, ',');
	}
	assert_int_equal(line.n, 0);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, NUMBER_SIZE);
}

static void assert_unique(char (*all)[NUMBER_SIZE], size_t n)
{
	qsort(all, n, NUMBER_SIZE, compare);
	for (size_t k = 1; k < n; k++)
		assert_memory_not_equal(all[k - 1], all[k], NUMBER_SIZE);
}

static void check_person(struct slice *c, size_t *ret_types)
{
	AUTO_ARENA struct arena a = {0};
	enum number_type type;
	struct slice number;
	struct number_facts facts;
	assert_int_equal(number_type_parse(c[TYPE], &type), ST_OK);
	assert_int_equal(
	        number_check(type, c[NUMBER], false, time(NULL), &a, &number, &facts, NULL), ST_OK);
	assert_true(slice_equal(number, c[NUMBER]));
	assert_false(facts.flagged);
	assert_true(number_guess(number) == type);
	if (facts.birthdate[0])
		assert_true(slice_is(c[BIRTHDATE], facts.birthdate));
	if (facts.gender)
		assert_true(slice_is(c[GENDER], facts.gender == 'm' ? "male" : "female"));
	assert_int_equal(c[BIRTHDATE].n, 10);
	assert_true(c[NAME].n && slice_is_utf8(c[NAME]) && slice_is_utf8(c[ADDRESS]));
	assert_true(number_guess(c[LOGIN_NAME]) == NUMBER_NONE);
	ret_types[type]++;
}

static void persons_are_valid(void **)
{
	AUTO_BUF struct buf out = {.limit = 64 << 20};
	AUTO_MEM char(*numbers)[NUMBER_SIZE] = calloc(PERSONS, NUMBER_SIZE);
	size_t types[NUMBER_TYPE_LAST + 1] = {0}, n = 0;
	struct slice rest = run_well("50000", &out);
	assert_true(slice_is(
	        take(&rest, '\n'),
	        "type,number,name,birthdate,gender,phone_number,email,address,login_name"));
	for (; rest.n; n++) {
		struct slice c[COLUMNS_MAX];
		split(take(&rest, '\n'), c, COLUMNS_MAX);
		check_person(c, types);
		assert_true(n < PERSONS);
		snprintf(numbers[n], NUMBER_SIZE, "%.*s%.*s", SLICE_FMT(c[TYPE]),
		         SLICE_FMT(c[NUMBER]));
	}
	assert_int_equal(n, PERSONS);
	assert_unique(numbers, n);
	assert_int_equal(types[NUMBER_RESIDENT], PERSONS / 200 * 195);
	assert_int_equal(types[NUMBER_FOREIGN_PR], PERSONS / 200 * 2);
	assert_int_equal(types[NUMBER_HM_TRAVEL], PERSONS / 200);
	assert_int_equal(types[NUMBER_TW_TRAVEL], PERSONS / 200);
	assert_int_equal(types[NUMBER_PASSPORT], PERSONS / 200);
}

static void entities_are_valid(void **)
{
	AUTO_BUF struct buf out = {.limit = 64 << 20};
	AUTO_MEM char(*numbers)[NUMBER_SIZE] = calloc(ENTITIES, NUMBER_SIZE);
	struct slice rest = run_well("--entities 20000", &out);
	assert_true(slice_is(take(&rest, '\n'),
	                     "number,name,representative_name,representative_number"));
	size_t n = 0;
	for (; rest.n; n++) {
		AUTO_ARENA struct arena a = {0};
		struct slice c[4], number;
		struct number_facts facts;
		split(take(&rest, '\n'), c, 4);
		assert_true(n < ENTITIES);
		snprintf(numbers[n], NUMBER_SIZE, "%.*s", SLICE_FMT(c[0]));
		assert_int_equal(
		        number_check(NUMBER_CREDIT, c[0], false, 0, &a, &number, &facts, NULL),
		        ST_OK);
		assert_false(facts.flagged);
		assert_int_equal(number_check(NUMBER_RESIDENT, c[3], false, time(NULL), &a, &number,
		                              &facts, NULL),
		                 ST_OK);
		assert_true(c[1].n && c[2].n);
	}
	assert_int_equal(n, ENTITIES);
	assert_unique(numbers, n);
}

/* The representatives are among the persons, under the same names. */
static void representatives_are_persons(void **)
{
	AUTO_BUF struct buf persons = {.limit = 64 << 20}, entities = {0};
	struct slice all = run_well("420", &persons), rest = run_well("--entities 400", &entities);
	take(&rest, '\n');
	while (rest.n) {
		struct slice c[4];
		split(take(&rest, '\n'), c, 4);
		char expected[160];
		int n = snprintf(expected, sizeof expected, "resident,%.*s,%.*s,", SLICE_FMT(c[3]),
		                 SLICE_FMT(c[2]));
		assert_non_null(memmem(all.p, all.n, expected, (size_t)n));
	}
}

static void the_seed_decides(void **)
{
	AUTO_BUF struct buf a = {0}, b = {0}, more = {0}, other = {0};
	struct slice first = run_well("1000", &a);
	assert_true(slice_equal(first, run_well("--seed 716 1000", &b)));
	assert_true(slice_starts(run_well("2000", &more), first));
	assert_false(slice_equal(first, run_well("--seed 717 1000", &other)));
}

static void json_lines(void **)
{
	AUTO_BUF struct buf csv = {0}, json = {0};
	struct slice rows = run_well("500", &csv), lines = run_well("--json 500", &json);
	take(&rows, '\n');
	while (lines.n) {
		struct slice c[COLUMNS_MAX], line = take(&lines, '\n');
		split(take(&rows, '\n'), c, COLUMNS_MAX);
		char expected[256];
		int n = snprintf(expected, sizeof expected,
		                 "{\"type\":\"%.*s\",\"number\":\"%.*s\",\"name\":\"%.*s\",",
		                 SLICE_FMT(c[TYPE]), SLICE_FMT(c[NUMBER]), SLICE_FMT(c[NAME]));
		assert_true(slice_starts(line, slice_of(expected, (size_t)n)));
		assert_int_equal(line.p[line.n - 1], '}');
		bool has_email = memmem(line.p, line.n, "\"email\":", 8) != NULL;
		assert_int_equal(has_email, c[EMAIL].n > 0);
	}
	assert_int_equal(rows.n, 0);
}

static void bad_arguments(void **)
{
	static const char *const wrong[] = {
	        "",       "x",          "-5",        "5 5",       "5x",
	        "--seed", "--seed x 5", "--sed 5 5", "500000001", "99999999999999999999999"};
	for (size_t k = 0; k < COUNT_OF(wrong); k++) {
		AUTO_BUF struct buf out = {0};
		int code;
		run(wrong[k], &out, &code);
		assert_int_equal(code, 2);
		assert_int_equal(out.n, 0);
	}
	AUTO_BUF struct buf out = {0};
	int code;
	run("100000 >/dev/full", &out, &code);
	assert_int_equal(code, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(persons_are_valid),
	        cmocka_unit_test(entities_are_valid),
	        cmocka_unit_test(representatives_are_persons),
	        cmocka_unit_test(the_seed_decides),
	        cmocka_unit_test(json_lines),
	        cmocka_unit_test(bad_arguments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
