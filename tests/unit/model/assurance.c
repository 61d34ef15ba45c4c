/* What factors come to, and what a level still lacks. */
#include "authd/model/assurance.h"

#include "libauth/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { PWD = 1 << FACTOR_PWD, OTP = 1 << FACTOR_OTP, FACE = 1 << FACTOR_FACE, HWK = 1 << FACTOR_HWK,
       POP = 1 << FACTOR_POP };

static const struct conf CONF = {
	.levels = { .ladder = { { 2, 1, 1 }, { 3, 1, 1 }, { 4, 2, 2 }, { 5, 3, 2 } } },
};

/* Each of these, shown at `at`. */
static struct factors shown(unsigned set, int64_t at)
{
	struct factors f = { 0 };
	for (int i = 0; i < FACTOR_COUNT; i++)
		f.shown_us[i] = set & 1U << i ? at : 0;
	return f;
}

static void strength_counts_kinds(void **state)
{
	static const struct {
		unsigned set;
		int strength;
	} CASES[] = {
		{ 0, 0 }, { PWD, 1 }, { OTP, 1 }, { POP, 1 }, { FACE, 1 },
		{ PWD | OTP, 2 }, { PWD | FACE, 2 }, { OTP | FACE, 2 },
		{ OTP | HWK, 1 }, { HWK | POP, 1 }, /* one kind: something that somebody has */
		{ PWD | POP, 3 }, { FACE | HWK, 3 }, { PWD | OTP | POP, 3 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct factors f = shown(CASES[i].set, 50);
		assert_int_equal(factors_strength(&f, 0), CASES[i].strength);
		assert_int_equal(factors_strength(&f, 50), CASES[i].strength);
		assert_int_equal(factors_strength(&f, 51), 0);
	}
}

static void proved_is_when_the_older_of_two_was_shown(void **state)
{
	struct factors f = { .shown_us = { [FACTOR_PWD] = 100, [FACTOR_OTP] = 700 } };
	(void)state;
	assert_int_equal(factors_proved_us(&f, 1), 700);
	assert_int_equal(factors_proved_us(&f, 2), 100);
	assert_int_equal(factors_proved_us(&f, 3), 0);
	assert_int_equal(factors_latest_us(&f), 700);
	f.shown_us[FACTOR_FACE] = 500;
	assert_int_equal(factors_proved_us(&f, 2), 500); /* face and code */
}

static void amr_names_what_counts(void **state)
{
	static const struct {
		int64_t since;
		const char *amr;
	} CASES[] = { { 0, "pwd otp mfa" }, { 100, "pwd otp mfa" }, { 101, "otp" }, { 701, "" } };
	const struct factors f = { .shown_us = { [FACTOR_PWD] = 100, [FACTOR_OTP] = 700 } };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		AUTO_BUF struct buf out = { 0 };
		factors_amr(&f, CASES[i].since, &out);
		assert_true(slice_is(buf_slice(&out), CASES[i].amr));
	}
}

static int level(int identity, unsigned set, int federation)
{
	const struct assurance a = { identity, shown(set, 50), federation, 0, 0 };
	return assurance_level(&CONF, &a);
}

static void a_level_needs_all_axes(void **state)
{
	(void)state;
	assert_int_equal(level(0, PWD, 3), 0);
	assert_int_equal(level(2, PWD | OTP, 3), 2);
	assert_int_equal(level(5, 0, 3), 0);
	assert_int_equal(level(5, PWD, 3), 3);
	assert_int_equal(level(4, PWD | OTP, 3), 4);
	assert_int_equal(level(5, PWD | OTP, 3), 4);
	assert_int_equal(level(4, PWD | POP, 3), 4);
	assert_int_equal(level(5, PWD | POP, 3), 5);
	assert_int_equal(level(5, PWD | POP, 1), 3);
	assert_int_equal(level(5, PWD | POP, 0), 0);
}

static void age_counts_where_several_are_needed(void **state)
{
	struct assurance a = { 4, shown(PWD | OTP, 50), 3, 0, 51 };
	(void)state;
	assert_int_equal(assurance_level(&CONF, &a), 3);
	a.several_us = 50;
	assert_int_equal(assurance_level(&CONF, &a), 4);
	a.since_us = 51;
	assert_int_equal(assurance_level(&CONF, &a), 0);
}

static void only_what_is_missing_is_asked_for(void **state)
{
	static const struct {
		int identity;
		unsigned set, enrolled;
		int level;
		enum proof proof;
	} CASES[] = {
		{ 4, PWD, PWD | OTP, 4, PROOF_OTP },
		{ 4, OTP, PWD | OTP, 4, PROOF_PASSWORD },
		{ 4, 0, PWD | OTP, 4, PROOF_PASSWORD }, /* and then the code */
		{ 4, PWD | OTP, PWD | OTP, 4, PROOF_ENOUGH },
		{ 4, PWD, PWD, 4, PROOF_OUT_OF_REACH },
		{ 3, PWD, PWD | OTP, 4, PROOF_OUT_OF_REACH },
		{ 5, PWD | OTP, PWD | OTP, 5, PROOF_OUT_OF_REACH },
		{ 3, 0, PWD | OTP, 3, PROOF_PASSWORD },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		const struct assurance a = { CASES[i].identity, shown(CASES[i].set, 50), 3, 0, 0 };
		assert_int_equal(assurance_missing(&CONF, &a, CASES[i].enrolled, CASES[i].level),
				 CASES[i].proof);
	}
}

static void a_record_caps_a_level(void **state)
{
	(void)state;
	assert_int_equal(assurance_cap(&CONF, 5, 4), 4);
	assert_int_equal(assurance_cap(&CONF, 3, 4), 3);
	assert_int_equal(assurance_cap(&CONF, 0, 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strength_counts_kinds),
		cmocka_unit_test(proved_is_when_the_older_of_two_was_shown),
		cmocka_unit_test(amr_names_what_counts),
		cmocka_unit_test(a_level_needs_all_axes),
		cmocka_unit_test(age_counts_where_several_are_needed),
		cmocka_unit_test(only_what_is_missing_is_asked_for),
		cmocka_unit_test(a_record_caps_a_level),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
