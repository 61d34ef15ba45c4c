/* The level of a session, and what its tokens say. */
#include "fixture.h"

#include "authd/service/levels.h"
#include "authd/service/sessions.h"
#include "authd/service/subjects.h"
#include "authd/service/totp.h"
#include "libauth/base/mem.h"

static struct subject add_person(struct fixture *f, int level)
{
	struct subject s = { .kind = SUBJECT_NATURAL, .state = SUBJECT_ACTIVE, .level = level,
			     .name = SLICE("张小明"), .number_type = NUMBER_RESIDENT,
			     .number = SLICE("11010519491231002X") };
	struct batch *b = new_batch(f);
	assert_ok(subjects_put(&f->issuer, b, &f->arena, NOW, &s, VERSION_NONE));
	assert_ok(commit(f, b));
	return s;
}

static void set_level(struct fixture *f, struct subject *s, int level)
{
	struct batch *b = new_batch(f);
	s->level = level;
	assert_ok(subjects_put(&f->issuer, b, &f->arena, NOW, s, VERSION_ANY));
	assert_ok(commit(f, b));
}

static void enrol(struct fixture *f, struct id person)
{
	const struct totp t = { .secret = SLICE("12345678901234567890"), .created_at = NOW };
	struct batch *b = new_batch(f);
	assert_ok(totp_put(&f->issuer, b, &f->arena, person, &t, VERSION_NONE));
	assert_ok(commit(f, b));
}

static struct acr_request asks(const char *words)
{
	const struct client nobody = { 0 };
	return acr_values_read(slice_str(words), &nobody);
}

static struct level_found find(struct fixture *f, const struct session *s, const char *acr, int64_t since_us,
			       struct authentication *ret)
{
	const struct level_asked asked = { .acr = asks(acr), .since_us = since_us };
	struct level_found found;
	assert_ok(level_find(&f->issuer, s, &asked, NOW * US, &f->arena, &found));
	assert_ok(level_attest(&f->issuer, s, &asked, &found, &f->arena, ret));
	return found;
}

static void a_code_raises_the_level(void **state)
{
	struct fixture *f = *state;
	struct subject person = add_person(f, 4);
	struct session s;
	struct authentication at;
	assert_ok(session_begin(&f->issuer, &person, FACTOR_PWD, (NOW - 100) * US, &s));

	struct level_found found = find(f, &s, "urn:authd:acr:rn4", 0, &at);
	assert_true(found.short_of);
	assert_int_equal(found.missing, PROOF_OUT_OF_REACH);
	enrol(f, person.id);
	found = find(f, &s, "urn:authd:acr:rn4", 0, &at);
	assert_int_equal(found.missing, PROOF_OTP);
	assert_int_equal(at.level, 3);
	assert_int_equal(at.auth_time, NOW - 100);
	assert_slice(at.amr, "pwd");

	assert_ok(session_renew(&f->conf, FACTOR_OTP, (NOW - 10) * US, &s));
	found = find(f, &s, "urn:authd:acr:rn4", 0, &at);
	assert_false(found.short_of);
	assert_int_equal(at.level, 4);
	assert_int_equal(at.auth_time, NOW - 100); /* all of it was shown since then */
	assert_int_equal(at.proved_us, (NOW - 100) * US);
	assert_slice(at.amr, "pwd otp mfa");
	/* A lower one that was asked for is named, and rests on the newest factor. */
	found = find(f, &s, "urn:authd:acr:rn2", 0, &at);
	assert_int_equal(at.level, 2);
	assert_int_equal(at.auth_time, NOW - 10);
}

static void max_age_lowers_it(void **state)
{
	struct fixture *f = *state;
	struct subject person = add_person(f, 4);
	struct session s;
	struct authentication at;
	enrol(f, person.id);
	assert_ok(session_begin(&f->issuer, &person, FACTOR_PWD, (NOW - 100) * US, &s));
	assert_ok(session_renew(&f->conf, FACTOR_OTP, (NOW - 10) * US, &s));
	struct level_found found = find(f, &s, "", (NOW - 50) * US, &at);
	assert_true(found.shown);
	assert_int_equal(at.level, 3);
	assert_slice(at.amr, "otp");
	found = find(f, &s, "urn:authd:acr:rn4", (NOW - 50) * US, &at);
	assert_int_equal(found.missing, PROOF_PASSWORD);
	assert_false(find(f, &s, "", (NOW - 5) * US, &at).shown);
}

/* Nothing of a level is in the session: record and ladder count as they are now. */
static void a_level_is_not_kept(void **state)
{
	struct fixture *f = *state;
	struct subject person = add_person(f, 4);
	struct session s;
	struct authentication at;
	assert_ok(session_begin(&f->issuer, &person, FACTOR_PWD, NOW * US, &s));
	f->conf.levels.ladder[2].authenticator = 1;
	assert_int_equal(find(f, &s, "", 0, &at).level, 4);
	set_level(f, &person, 2);
	assert_int_equal(find(f, &s, "", 0, &at).level, 2);

	struct grant g = { .subject_id = person.id, .authentication = { .level = 4, .acr = SLICE("high") } };
	assert_ok(level_cap(&f->issuer, &g, &f->arena));
	assert_int_equal(g.authentication.level, 2);
	assert_null(g.authentication.acr.p);
}

static void levels_have_names(void **state)
{
	struct fixture *f = *state;
	struct slice name;
	f->conf.levels.names = "urn:example:middle=rn3 high=rn4";
	assert_slice(acr_of_level(LEVEL_MIN), "urn:authd:acr:rn2");
	assert_slice(acr_of_level(LEVEL_MAX), "urn:authd:acr:rn5");
	assert_null(acr_of_level(1).p);
	assert_null(acr_of_level(6).p);
	assert_int_equal(level_of_acr(&f->conf, SLICE("high")), 4);
	assert_int_equal(level_of_acr(&f->conf, SLICE("urn:example:middle")), 3);
	assert_int_equal(level_of_acr(&f->conf, SLICE("hig")), 0);
	assert_int_equal(level_of_acr(&f->conf, SLICE("high=rn4")), 0);
	assert_int_equal(level_of_acr(&f->conf, NO_SLICE), 0);

	struct acr_request acr = asks("high urn:authd:acr:rn2 urn:else");
	assert_int_equal(acr_request_lowest(&f->conf, &acr), 2);
	assert_int_equal(acr_request_level(&f->conf, &acr, 3, &name), 2);
	assert_int_equal(acr_request_level(&f->conf, &acr, 5, &name), 4); /* whoever has more has it */
	assert_slice(name, "high");
	assert_int_equal(acr_request_level(&f->conf, &acr, 1, &name), 0);

	struct subject person = add_person(f, 3);
	struct session s;
	struct authentication at;
	assert_ok(session_begin(&f->issuer, &person, FACTOR_PWD, NOW * US, &s));
	find(f, &s, "urn:example:middle", 0, &at);
	assert_slice(at.acr, "urn:example:middle"); /* as it was asked for */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_code_raises_the_level),
		TEST(max_age_lowers_it),
		TEST(a_level_is_not_kept),
		TEST(levels_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
