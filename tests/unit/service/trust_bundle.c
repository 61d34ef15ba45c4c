/* What a root is to sign: how long it serves, which version it is, and that libauth reads it. */
#include "tests/unit/service/fixture.h"

#include "authd/service/key_policy.h"
#include "authd/service/trust_bundle.h"
#include "keys/root.h"
#include "libauth/auth.h"

#include <jansson.h>

static const int64_t DAY = 86400;

static void assert_refused(struct conf *conf, struct slice asked, int64_t until, const char *why)
{
	int64_t ends = -1;
	struct error e = { 0 };
	assert_int_equal(trust_bundle_expiry(conf, asked, until, NOW, &ends, &e), ST_INVALID);
	assert_int_equal(ends, -1);
	if (!strstr(e.message, why))
		fail_msg("\"%s\" does not mention %s", e.message, why);
}

static void how_long_it_serves(void **)
{
	struct conf conf = { 0 };
	struct error e = { 0 };
	int64_t ends, until = NOW + 40 * DAY;
	assert_ok(trust_bundle_expiry(&conf, SLICE("30d"), until, NOW, &ends, &e));
	assert_int_equal(ends, NOW + 30 * DAY);
	assert_ok(trust_bundle_expiry(&conf, SLICE("40d"), until, NOW, &ends, &e));
	assert_refused(&conf, NO_SLICE, until, "--expires");
	assert_refused(&conf, SLICE("0d"), until, "0d");
	assert_refused(&conf, SLICE("soon"), until, "expected a duration");
	assert_refused(&conf, SLICE(""), until, "expected a duration");
	assert_refused(&conf, SLICE("99999999999999999999d"), until, "expected a duration");
	assert_refused(&conf, SLICE("3456001s"), until, "sign only until 2027-02-24T08:00:00Z");
	conf.keys.bundle_s = 41 * DAY;
	assert_refused(&conf, NO_SLICE, until, "2027-02-25T08:00:00Z");
	assert_ok(trust_bundle_expiry(&conf, SLICE("1d"), until, NOW, &ends, &e));
	conf.keys.bundle_s = 39 * DAY;
	assert_ok(trust_bundle_expiry(&conf, NO_SLICE, until, NOW, &ends, &e));
	assert_int_equal(ends, NOW + 39 * DAY);
}

static int64_t next(struct fixture *f, int64_t now)
{
	int64_t version;
	struct batch *b = new_batch(f);
	assert_ok(trust_bundle_next(f->issuer.records, b, now, &f->arena, &version));
	assert_ok(commit(f, b));
	return version;
}

static void the_version_rises(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(next(f, NOW), NOW);
	assert_int_equal(next(f, NOW), NOW + 1);
	assert_int_equal(next(f, NOW - 1000), NOW + 2); /* a clock that was set back */
	fixture_reopen(f);
	assert_int_equal(next(f, NOW), NOW + 3);
	assert_int_equal(next(f, NOW + 100), NOW + 100);
}

static void of_two_at_once_one_fails(void **state)
{
	struct fixture *f = *state;
	int64_t one, two;
	struct batch *a = new_batch(f), *b = new_batch(f);
	assert_ok(trust_bundle_next(f->issuer.records, a, NOW, &f->arena, &one));
	assert_ok(trust_bundle_next(f->issuer.records, b, NOW, &f->arena, &two));
	assert_ok(commit(f, a));
	assert_int_equal(commit(f, b), ST_CONFLICT);
	assert_int_equal(next(f, NOW), one + 1);
}

/* ---- with libauth --------------------------------------------------------------------------- */

#define ISSUER "https://id.example \"quoted\""

static void sign_bundle(struct fixture *f, struct root *root, struct buf *out)
{
	static const struct slice none[1];
	const struct key_policy policy = { 7 * 86400, 90 * 86400, 3600 };
	AUTO_BUF struct buf payload = { 0 };
	struct trust_bundle b = { .issuer = SLICE(ISSUER), .version = 7, .issued_at = NOW,
				  .expires_at = NOW + 30 * DAY, .metadata = SLICE("{\"issuer\":\"x\"}"),
				  .lists = none };
	int64_t until;
	assert_ok(keys_jwks_dated(f->issuer.keys, &policy, &f->arena, &b.jwks, &until));
	assert_ok(trust_bundle_encode(&b, &payload));
	json_t *json = json_loadb((const char *)payload.p, payload.n, JSON_REJECT_DUPLICATES, NULL);
	assert_string_equal(json_string_value(json_object_get(json, "iss")), ISSUER);
	assert_int_equal(json_array_size(json_object_get(json, "status_lists")), 0);
	json_decref(json);
	assert_ok(root_sign(root, ROOT_BUNDLE_TYPE, buf_slice(&payload), out));
}

static struct auth_keyset *pin(const struct root *root)
{
	AUTO_BUF struct buf text = { 0 };
	struct auth_keyset *roots;
	buf_put_text(&text, "{\"keys\":[");
	assert_ok(root_put_jwk(root, &text));
	buf_put_text(&text, "],\"links\":[]}");
	assert_int_equal(auth_keyset_from_json(text.p, text.n, &roots, NULL), AUTH_OK);
	return roots;
}

/* An access token of this issuer's active key. */
static void sign_token(struct fixture *f, const char *more, int64_t now, struct buf *ret)
{
	struct slice payload = arena_format(
		&f->arena,
		"{\"iss\":\"https://id.example \\\"quoted\\\"\",\"sub\":\"s\",\"aud\":\"a\",\"client_id\":"
		"\"c\",\"iat\":%lld,\"exp\":%lld,\"jti\":\"j\"%s}",
		(long long)now, (long long)now + 300, more);
	struct sign_job job = { KEY_ES256, "at+jwt", payload, { 0 } };
	struct waiting w = waiting_begin();
	keys_sign(f->issuer.keys, &job, 1, &w.op);
	assert_ok(waiting_end(&w));
	*ret = job.token;
}

static struct auth_verifier *verifier_of(unsigned flags)
{
	struct auth_options o = AUTH_OPTIONS_INIT;
	struct auth_verifier *v;
	o.issuer = ISSUER;
	o.audience = "a";
	o.flags = flags;
	assert_int_equal(auth_verifier_new(&o, &v, NULL), AUTH_OK);
	return v;
}

static enum auth_status load(struct auth_verifier *v, const struct auth_keyset *roots,
			     const struct buf *bundle)
{
	struct auth_bundle_options how = AUTH_BUNDLE_OPTIONS_INIT;
	how.roots = roots;
	how.issuer = ISSUER;
	how.min_version = 1;
	return auth_verifier_load_bundle(v, bundle->p, bundle->n, &how, NOW, NULL);
}

static enum auth_status verdict(struct auth_verifier *v, const struct buf *token, int64_t now)
{
	struct auth_claims *claims = NULL;
	enum auth_status s = auth_verify(v, (const char *)token->p, token->n, now, &claims);
	auth_claims_free(claims);
	return s;
}

/* Weeks later: the key serves, and what has a status is unknown, which one policy lives with. */
static void libauth_goes_by_it(void **state)
{
	static const char STATUS[] = ",\"status\":{\"status_list\":{\"idx\":3,\"uri\":\"u1\"}}";
	struct fixture *f = *state;
	const int64_t later = NOW + 29 * DAY;
	AUTO_BUF struct buf bundle = { 0 }, plain = { 0 }, listed = { 0 };
	AUTO(root) struct root *root = NULL;
	AUTO(root) struct root *other = NULL;
	assert_ok(root_generate(&root));
	assert_ok(root_generate(&other));
	sign_bundle(f, root, &bundle);
	sign_token(f, "", later, &plain);
	sign_token(f, STATUS, later, &listed);
	struct auth_keyset *roots = pin(root), *others = pin(other);
	struct auth_verifier *strict = verifier_of(0),
			     *lenient = verifier_of(AUTH_ACCEPT_REVOCATION_UNKNOWN);
	assert_int_equal(load(strict, others, &bundle), AUTH_UNKNOWN_KEY);
	assert_int_equal(load(strict, roots, &bundle), AUTH_OK);
	assert_int_equal(load(lenient, roots, &bundle), AUTH_OK);
	assert_int_equal(verdict(strict, &plain, later), AUTH_OK);
	assert_int_equal(verdict(strict, &listed, later), AUTH_REVOCATION_UNKNOWN);
	assert_int_equal(verdict(lenient, &listed, later), AUTH_OK);
	auth_verifier_free(strict);
	auth_verifier_free(lenient);
	auth_keyset_free(roots);
	auth_keyset_free(others);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_long_it_serves),
		TEST(the_version_rises),
		TEST(of_two_at_once_one_fails),
		TEST(libauth_goes_by_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
