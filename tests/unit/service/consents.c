/* What a person has agreed to, and when asking is due again. */
#include "fixture.h"

#include "authd/service/claim_rights.h"
#include "authd/service/consents.h"
#include "authd/service/families.h"

static enum consent_extent extent_of(struct fixture *f, const struct client *c, struct id person,
				     const char *scope, const char *claims)
{
	enum consent_extent extent;
	const struct consent asked = { .scope = slice_str(scope), .claims = claims_named(slice_str(claims)) };
	assert_ok(consent_extent(&f->issuer, c, person, &asked, &f->arena, &extent));
	return extent;
}

static bool must_ask(struct fixture *f, const struct client *c, struct id person, const char *scope,
		     const char *claims)
{
	return extent_of(f, c, person, scope, claims) != CONSENT_TO_ALL;
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
	assert_int_equal(extent_of(f, &client, person, "openid", NULL), CONSENT_TO_NOTHING);
	give(f, &client, person, "openid profile", NULL);
	assert_false(must_ask(f, &client, person, "profile", NULL));
	assert_int_equal(extent_of(f, &client, person, "openid email", NULL), CONSENT_TO_LESS);
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
	assert_int_equal(extent_of(f, &own, person, "openid", "name email"), CONSENT_TO_LESS);
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

static void begin_family(struct fixture *f, struct id person, const char *client_id, uint8_t n, int64_t at)
{
	struct grant g = fixture_grant();
	struct batch *b = new_batch(f);
	struct family family;
	g.id = (struct id){ { 0xfa, n } };
	g.subject_id = person;
	g.client_id = slice_str(client_id);
	g.scope = SLICE("openid offline_access");
	g.created_at = at;
	assert_ok(family_begin(&f->issuer, b, &g, at, &family));
	assert_ok(commit(f, b));
}

/* Every other one by an offline grant alone, and each third by both: c000, c001 ... */
static void every_client_is_listed_once_page_by_page(void **state)
{
	enum { CLIENTS = 2 * CONSENTS_PAGE + 3 };
	struct fixture *f = *state;
	struct id person = { { 70 } }, other = { { 6 } };
	for (int i = 0; i < CLIENTS; i++) {
		struct slice name = arena_format(&f->arena, "c%03d", i);
		const struct client client = { .client_id = name };
		if (i % 2 == 0)
			give(f, &client, person, "openid", NULL);
		if (i % 2 || i % 3 == 0)
			begin_family(f, person, arena_string(&f->arena, name), (uint8_t)i, NOW - i);
	}
	begin_family(f, person, "c003", 0xff, NOW);
	begin_family(f, other, "other", 0xfe, NOW);

	struct slice after = NO_SLICE;
	struct consent_listed *page;
	size_t n, seen = 0;
	bool more = true;
	for (; more; after = page[n - 1].client_id) {
		assert_ok(consents_list(&f->issuer, person, after, NOW, &f->arena, &page, &n, &more));
		assert_int_equal(n, seen < 2 * CONSENTS_PAGE ? CONSENTS_PAGE : 3);
		for (size_t k = 0; k < n; k++, seen++) {
			assert_true(slice_equal(page[k].client_id, arena_format(&f->arena, "c%03zu", seen)));
			assert_int_equal(page[k].families_n, seen == 3 ? 2 : seen % 2 || seen % 3 == 0);
			assert_true(slice_is(page[k].consent.scope, seen % 2 ? "openid offline_access" : "openid"));
		}
	}
	assert_int_equal(seen, CLIENTS);

	assert_ok(consents_list(&f->issuer, person, SLICE("c002"), NOW, &f->arena, &page, &n, &more));
	assert_int_equal(page[0].families[0].grant.created_at, NOW);
	assert_int_equal(page[0].families[1].grant.created_at, NOW - 3);
	assert_ok(consents_list(&f->issuer, person, SLICE("zzz"), NOW, &f->arena, &page, &n, &more));
	assert_true(n == 0 && !more);
}

static void who_holds_nothing_is_not_listed(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *client_id;
		bool listed;
	} rows[] = { { "c002", true }, { "c001", true }, { "other", false }, { "c999", false }, { "", false } };
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool listed;
		assert_ok(consent_is_listed(&f->issuer, (struct id){ { 70 } }, slice_str(rows[i].client_id), NOW,
					    &f->arena, &listed));
		assert_int_equal(listed, rows[i].listed);
	}
}

/* However many pages. */
static void all_is_forgotten(void **state)
{
	struct fixture *f = *state;
	struct id person = { { 5 } };
	for (int i = 0; i < 2 * CONSENTS_PAGE + 1; i++) {
		const struct client client = { .client_id = arena_format(&f->arena, "f%03d", i) };
		give(f, &client, person, "openid", NULL);
	}
	struct batch *b = new_batch(f);
	struct consent_listed *page;
	size_t n;
	bool more;
	assert_ok(consents_forget(&f->issuer, b, person, &f->arena));
	assert_ok(commit(f, b));
	assert_ok(consents_list(&f->issuer, person, NO_SLICE, NOW, &f->arena, &page, &n, &more));
	assert_true(n == 0 && !more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(consent_grows),
		cmocka_unit_test(the_states_own_asks_for_what_rests_on_consent),
		cmocka_unit_test(consent_is_asked_again_when_claims_are_added),
		cmocka_unit_test(every_client_is_listed_once_page_by_page),
		cmocka_unit_test(who_holds_nothing_is_not_listed),
		cmocka_unit_test(all_is_forgotten),
	};
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
