/* Passwords: argon2id in the pool; an unknown account costs what a wrong password costs. */
#include "fixture.h"

#include "authd/service/password.h"

#include <time.h>

static struct password_job hashed(struct fixture *f, const char *password)
{
	struct password_job job = { .password = slice_str(password) };
	struct waiting w = waiting_begin();
	password_hash_submit(&f->issuer, &job, &w.op);
	assert_ok(waiting_end(&w));
	return job;
}

static struct password_job verified(struct fixture *f, struct slice password, struct slice hash)
{
	struct password_job job = { .password = password, .hash = hash };
	struct waiting w = waiting_begin();
	password_verify_submit(&f->issuer, &job, &w.op);
	assert_ok(waiting_end(&w));
	return job;
}

static void the_right_one_matches_alone(void **state)
{
	struct fixture *f = *state;
	struct password_job made = hashed(f, "correct horse");
	struct slice hash = slice_str(made.ret_hash);
	assert_true(slice_starts(hash, SLICE("$argon2id$v=19$m=64,t=1,p=1$")));
	assert_true(verified(f, SLICE("correct horse"), hash).ret_match);
	assert_false(verified(f, SLICE("correct horsf"), hash).ret_match);
	assert_false(verified(f, SLICE("correct hors"), hash).ret_match);
	assert_false(verified(f, NO_SLICE, hash).ret_match);
	assert_false(verified(f, SLICE("correct horse"), SLICE("$argon2id$nonsense")).ret_match);
	struct password_job again = hashed(f, "correct horse");
	assert_string_not_equal(made.ret_hash, again.ret_hash); /* public: salted */
}

static void nobody_has_no_password(void **state)
{
	struct fixture *f = *state;
	static const char *const guesses[] = { "", "a", "correct horse" };
	for (size_t k = 0; k < COUNT_OF(guesses); k++)
		assert_false(verified(f, slice_str(guesses[k]), NO_SLICE).ret_match);
}

static void other_settings_make_a_new_hash(void **state)
{
	struct fixture *f = *state;
	struct password_job made = hashed(f, "correct horse");
	struct slice old = slice_str(made.ret_hash);
	assert_false(verified(f, SLICE("correct horse"), old).ret_needs_rehash);
	f->conf.password.passes = 2;
	struct password_job job = verified(f, SLICE("correct horse"), old);
	assert_true(job.ret_match);
	assert_true(job.ret_needs_rehash);
	struct slice renewed = slice_str(job.ret_hash);
	assert_true(slice_starts(renewed, SLICE("$argon2id$v=19$m=64,t=2,p=1$")));
	assert_true(verified(f, SLICE("correct horse"), renewed).ret_match);
	assert_false(verified(f, SLICE("wrong horse"), old).ret_needs_rehash);
}

static void lengths(void **state)
{
	struct fixture *f = *state;
	char long_one[PASSWORD_MAX + 2];
	memset(long_one, 'x', sizeof long_one);
	struct slice longest = slice_of(long_one, PASSWORD_MAX), longer = slice_of(long_one, PASSWORD_MAX + 1);
	struct error e;
	assert_ok(password_check(&f->conf, SLICE("0123456789"), &e));
	assert_ok(password_check(&f->conf, SLICE("一二三四五六七八九十"), &e));
	assert_int_equal(password_check(&f->conf, SLICE("012345678"), &e), ST_INVALID);
	assert_int_equal(password_check(&f->conf, SLICE("一二三四五"), &e), ST_INVALID);
	assert_int_equal(password_check(&f->conf, NO_SLICE, &e), ST_INVALID);
	assert_int_equal(password_check(&f->conf, SLICE("0123456789\xff"), &e), ST_INVALID);
	assert_ok(password_check(&f->conf, longest, &e));
	assert_int_equal(password_check(&f->conf, longer, &e), ST_TOO_LARGE);

	/* Not even its beginning is the password. */
	long_one[PASSWORD_MAX] = '\0';
	struct password_job made = hashed(f, long_one);
	assert_true(verified(f, longest, slice_str(made.ret_hash)).ret_match);
	long_one[PASSWORD_MAX] = 'x';
	assert_false(verified(f, longer, slice_str(made.ret_hash)).ret_match);

	struct password_job job = { .password = longer };
	struct waiting w = waiting_begin();
	password_hash_submit(&f->issuer, &job, &w.op);
	assert_int_equal(waiting_end(&w), ST_TOO_LARGE);
}

/* Of the processor: what else the machine does is not measured. */
static double seconds_of(struct fixture *f, struct slice hash)
{
	struct timespec from, to;
	double best = 1e9;
	for (int k = 0; k < 5; k++) {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		(void)verified(f, SLICE("a wrong password"), hash);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		double s = (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
		best = s < best ? s : best;
	}
	return best;
}

/* A dummy that were refused at its first byte would take a thousandth. */
static void an_unknown_account_costs_as_much(void **state)
{
	struct fixture *f = *state;
	f->conf.password.memory_kib = 8192;
	struct password_job made = hashed(f, "correct horse");
	double known = seconds_of(f, slice_str(made.ret_hash)), unknown = seconds_of(f, NO_SLICE);
	assert_true(unknown > known / 3 && known > unknown / 3);
}

static void a_full_queue_says_so(void **state)
{
	enum { JOBS = 40 };
	struct fixture *f = *state;
	struct password_job jobs[JOBS];
	struct waiting waits[JOBS];
	int busy = 0, done = 0;
	f->conf.password.memory_kib = 8192;
	for (int k = 0; k < JOBS; k++) {
		jobs[k] = (struct password_job){ .password = SLICE("correct horse") };
		waits[k] = waiting_begin();
		password_hash_submit(&f->issuer, &jobs[k], &waits[k].op);
	}
	for (int k = 0; k < JOBS; k++) {
		status s = waiting_end(&waits[k]);
		busy += s == ST_BUSY;
		done += s == ST_OK;
	}
	assert_int_equal(busy + done, JOBS);
	assert_true(busy > 0 && done >= 8);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_right_one_matches_alone),
		TEST(nobody_has_no_password),
		TEST(other_settings_make_a_new_hash),
		TEST(lengths),
		TEST(an_unknown_account_costs_as_much),
		TEST(a_full_queue_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
