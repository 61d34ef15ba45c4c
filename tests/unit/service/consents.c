/* What a person has agreed to, and when asking is due again. */
#include "fixture.h"

#include "authd/service/claim_rights.h"
#include "authd/service/consents.h"

static bool must_ask(struct fixture *f, const struct client *c, struct id person, const char *scope,
		     const char *claims)
{
	enum consent_extent extent;
	const struct consent asked = { .scope = slice_str(scope), .claims = claims_named(slice_str(claims)) };
	assert_ok(consent_extent(&f->issuer, c, person, &asked, &f->arena, &extent));
	return extent != CONSENT_TO_ALL;
}

static void give(struct fixture *f, const struct client *c, struct id person, const char *scope,
		 const char *claims)
{
	const struct consent given = { .scope = slice_str(scope),
				       .claims = claims_named(slice_str(claims)),
				       .given_at = NOW };
	struct batch *b = new_batch(f);
	assert_ok(consent_give(&f->issuer, b, c, person, &given, &f->arena));
	assert_ok(commit(f, b));
}

static void consent_grows(void **state)
{
	struct fixture *f = *state;
	const struct client client = { .client_id = SLICE("portal") },
			    state_owned = { .client_id = SLICE("the state's own"), .state_owned = true };
	struct id person = { { 9 } };
	assert_true(must_ask(f, &client, person, "openid", NULL));
	give(f, &client, person, "openid profile", NULL);
	assert_false(must_ask(f, &client, person, "profile", NULL));
	assert_true(must_ask(f, &client, person, "openid email", NULL));
	give(f, &client, person, "openid email", NULL);
	assert_false(must_ask(f, &client, person, "openid profile email", NULL));
	assert_false(must_ask(f, &state_owned, person, "openid", "name"));
}

/* The state's own do their duty without asking; for anything else they ask. */
static void the_states_own_asks_for_what_rests_on_consent(void **state)
{
	struct fixture *f = *state;
	struct slice rights[] = { SLICE_INIT("name duty 办证"), SLICE_INIT("email,phone_number consent 通知") };
	struct client own = { .client_id = SLICE("own"), .state_owned = true, .claims = { rights, 2 } };
	struct id person = { { 7 } };
	claim_set told;
	claim_rights_read(&own);
	assert_false(must_ask(f, &own, person, "openid profile", "name"));
	assert_true(must_ask(f, &own, person, "openid", "name email"));
	assert_ok(consent_claims(&f->issuer, &own, person, claims_named(SLICE("name email gender")), &f->arena, &told));
	assert_true(told == claims_named(SLICE("name")));
	give(f, &own, person, "openid", "name email");
	assert_false(must_ask(f, &own, person, "openid", "name email"));
	assert_true(must_ask(f, &own, person, "openid", "email phone_number"));
	assert_ok(consent_claims(&f->issuer, &own, person, claims_named(SLICE("name email phone_number")), &f->arena,
				 &told));
	assert_true(told == claims_named(SLICE("name email")));
}

static void consent_is_asked_again_when_claims_are_added(void **state)
{
	struct fixture *f = *state;
	const struct client other = { .client_id = SLICE("other") };
	struct id person = { { 8 } };
	assert_true(must_ask(f, &other, person, "openid", NULL));
	give(f, &other, person, "openid email", NULL);
	assert_true(must_ask(f, &other, person, "openid", "email_verified")); /* it said nothing of it */
	assert_true(must_ask(f, &other, person, "openid", "name"));
	give(f, &other, person, "openid", "name birthdate");
	assert_false(must_ask(f, &other, person, "openid email", "birthdate"));
	assert_true(must_ask(f, &other, person, "openid", "name gender"));
	assert_true(must_ask(f, &other, person, "openid profile", NULL));
	give(f, &other, person, "openid", "gender name");
	assert_false(must_ask(f, &other, person, "openid", "name gender birthdate"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(consent_grows),
		cmocka_unit_test(the_states_own_asks_for_what_rests_on_consent),
		cmocka_unit_test(consent_is_asked_again_when_claims_are_added),
	};
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
