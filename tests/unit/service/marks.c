/* The log of marks. What marks end is in grants.c and tokens.c. */
#include "fixture.h"

#include "authd/service/marks.h"

static void mark_some_grant(struct fixture *f)
{
	struct batch *b = new_batch(f);
	mark_put(b, MARK_GRANT, slice_of("0123456789abcdef", 16), NOW + 1000);
	assert_ok(commit(f, b));
}

static status count_mark(void *context, const struct mark *mark)
{
	size_t *n = context;
	assert_int_equal(mark->kind, MARK_GRANT);
	assert_true(slice_equal(mark->id, slice_of("0123456789abcdef", 16)));
	(*n)++;
	return *n == 7 ? ST_NOMEM : ST_OK;
}

static void the_log_goes_on_where_it_was_left(void **state)
{
	struct fixture *f = *state;
	uint64_t position = 0;
	size_t n = 0;
	for (int i = 0; i < 5; i++)
		mark_some_grant(f);
	assert_ok(marks_follow(&f->issuer, &position, count_mark, &n));
	assert_int_equal(n, 5);
	assert_ok(marks_follow(&f->issuer, &position, count_mark, &n));
	assert_int_equal(n, 5);

	/* What could not be kept comes again. */
	mark_some_grant(f);
	mark_some_grant(f);
	assert_int_equal(marks_follow(&f->issuer, &position, count_mark, &n), ST_NOMEM);
	n = 0;
	assert_ok(marks_follow(&f->issuer, &position, count_mark, &n));
	assert_int_equal(n, 1);
}

static size_t log_n(struct fixture *f)
{
	uint64_t position = 0;
	size_t n = 0;
	(void)!marks_follow(&f->issuer, &position, count_mark, &n);
	return n;
}

static void old_marks_leave_the_log_and_numbers_go_on(void **state)
{
	struct fixture *f = *state;
	uint64_t position = 0;
	size_t n = 0;
	for (int i = 0; i < 3; i++)
		mark_some_grant(f);
	assert_ok(marks_follow(&f->issuer, &position, count_mark, &n));
	/* The horizon was set when the log was empty, and again after its time. */
	assert_ok(marks_forget(&f->issuer, position, NOW + MARK_LOG_S));
	assert_int_equal(log_n(f), 3);
	mark_some_grant(f);
	assert_ok(marks_forget(&f->issuer, position + 1, NOW + 2 * MARK_LOG_S - 1));
	assert_int_equal(log_n(f), 4);
	assert_ok(marks_forget(&f->issuer, position + 1, NOW + 2 * MARK_LOG_S));
	assert_int_equal(log_n(f), 2);
	/* The last one stays, so that no number comes twice. */
	assert_ok(marks_forget(&f->issuer, position + 1, NOW + 3 * MARK_LOG_S));
	assert_int_equal(log_n(f), 1);
	mark_some_grant(f);
	n = 0;
	assert_ok(marks_follow(&f->issuer, &position, count_mark, &n));
	assert_int_equal(n, 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_log_goes_on_where_it_was_left),
		TEST(old_marks_leave_the_log_and_numbers_go_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
