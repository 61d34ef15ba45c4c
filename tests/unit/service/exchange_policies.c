/* What may be exchanged for what: rows are checked, found by the four that name them, and removed. */
#include "fixture.h"

#include "authd/service/clients.h"
#include "authd/service/exchange_policies.h"

static const char JWKS[] =
	"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",\"alg\":\"EdDSA\","
	"\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"; /* RFC 8037, appendix A */

#define API SLICE("https://api.example")
#define OTHER SLICE("https://other.example")

static void begin(struct fixture *f)
{
	struct client c = { .client_id = SLICE("service"), .client_name = SLICE("service"), .scope = SLICE("read") };
	struct slice secret;
	struct error e = { 0 };
	struct batch *b = new_batch(f);
	assert_ok(clients_register(&f->issuer, b, &f->arena, NOW, &c, &secret, &e));
	assert_ok(commit(f, b));
}

static status add(struct fixture *f, struct exchange_policy p)
{
	struct error e = { 0 };
	struct batch *b = new_batch(f);
	status s = exchange_policies_add(&f->issuer, b, &f->arena, NOW, &p, &e);
	assert_true((s == ST_INVALID || s == ST_EXISTS) == (e.message[0] != 0));
	return s == ST_OK ? commit(f, b) : s;
}

static status find(struct fixture *f, struct exchange_policy p, struct exchange_policy *ret)
{
	return exchange_policies_find(&f->issuer, &p, &f->arena, ret);
}

static void a_row_allows_what_it_names_alone(void **state)
{
	struct fixture *f = *state;
	const struct slice own = f->issuer.iss, type = SLICE(TOKEN_TYPE_ACCESS_TOKEN);
	const struct exchange_policy row = { SLICE("service"), own, type, API };
	struct exchange_policy got, other;
	begin(f);
	assert_int_equal(find(f, row, &got), ST_NOT_FOUND);
	const struct exchange_policy given = { .client_id = row.client_id, .audience = API, .scope = SLICE("read") };
	assert_ok(add(f, given));
	assert_ok(find(f, row, &got));
	assert_true(slice_equal(got.issuer, own));
	assert_slice(got.scope, "read");
	assert_int_equal(got.created_at, NOW);

	other = row, other.client_id = SLICE("else");
	assert_int_equal(find(f, other, &got), ST_NOT_FOUND);
	other = row, other.issuer = OTHER;
	assert_int_equal(find(f, other, &got), ST_NOT_FOUND);
	other = row, other.token_type = SLICE(TOKEN_TYPE_JWT);
	assert_int_equal(find(f, other, &got), ST_NOT_FOUND);
	other = row, other.audience = SLICE("https://api.example/");
	assert_int_equal(find(f, other, &got), ST_NOT_FOUND);
	assert_int_equal(add(f, given), ST_EXISTS);
}

static void what_is_refused(void **state)
{
	struct fixture *f = *state;
	const struct slice c = SLICE("service"), jwks = slice_str(JWKS);
	begin(f);
	const struct exchange_policy nobodys = { .client_id = SLICE("nobody"), .audience = API };
	assert_int_equal(add(f, nobodys), ST_NOT_FOUND);
	const struct exchange_policy bad[] = {
		{ .client_id = c },
		{ .client_id = c, .audience = SLICE("two words") },
		{ .client_id = c, .audience = SLICE("a\nb") },
		{ .client_id = c, .audience = API, .jwks = jwks },
		{ .client_id = c, .audience = API, .subject_rule = SUBJECT_LOGIN },
		{ .client_id = c, .audience = API, .issuer = OTHER },
		{ .client_id = c, .audience = API, .issuer = OTHER, .jwks = jwks },
		{ .client_id = c, .audience = API, .issuer = OTHER, .subject_rule = SUBJECT_ID },
		{ .client_id = c, .audience = API, .issuer = OTHER, .subject_rule = SUBJECT_ID, .jwks = SLICE("{}") },
		{ .client_id = c, .audience = API, .issuer = OTHER, .subject_rule = SUBJECT_ID,
		  .jwks = SLICE("{\"keys\":[]}") },
	};
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(add(f, bad[i]), ST_INVALID);
	assert_ok(add(f, (struct exchange_policy){ .client_id = c, .audience = API, .issuer = OTHER,
						   .subject_rule = SUBJECT_ID, .jwks = jwks }));
}

static void listing_and_removing(void **state)
{
	struct fixture *f = *state;
	struct exchange_policy *rows, gone;
	struct id id;
	size_t n;
	begin(f);
	assert_ok(exchange_policies_list(&f->issuer, NO_SLICE, 10, &f->arena, &rows, &n));
	assert_int_equal(n, 0);
	assert_ok(add(f, (struct exchange_policy){ .client_id = SLICE("service"), .audience = API }));
	assert_ok(add(f, (struct exchange_policy){ .client_id = SLICE("service"), .audience = OTHER }));
	assert_ok(exchange_policies_list(&f->issuer, NO_SLICE, 1, &f->arena, &rows, &n));
	assert_int_equal(n, 1);
	assert_ok(exchange_policy_id(&rows[0], &id));
	assert_ok(exchange_policies_list(&f->issuer, id_slice(&id), 10, &f->arena, &rows, &n));
	assert_int_equal(n, 1);

	struct batch *b = new_batch(f);
	assert_ok(exchange_policies_remove(&f->issuer, b, id, &f->arena, &gone));
	assert_ok(commit(f, b));
	assert_int_equal(exchange_policies_remove(&f->issuer, new_batch(f), id, &f->arena, &gone), ST_NOT_FOUND);
	assert_ok(exchange_policies_list(&f->issuer, NO_SLICE, 10, &f->arena, &rows, &n));
	assert_int_equal(n, 1);
}

static void subjects_by_name(void **state)
{
	(void)state;
	enum subject_rule rule;
	assert_ok(subject_rule_parse(SLICE("login"), &rule));
	assert_int_equal(rule, SUBJECT_LOGIN);
	assert_string_equal(subject_rule_name(SUBJECT_ID), "id");
	assert_int_equal(subject_rule_parse(SLICE("token"), &rule), ST_INVALID);
	assert_int_equal(subject_rule_parse(SLICE(""), &rule), ST_INVALID);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_row_allows_what_it_names_alone),
		TEST(what_is_refused),
		TEST(listing_and_removing),
		cmocka_unit_test(subjects_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
