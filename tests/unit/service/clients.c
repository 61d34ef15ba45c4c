/* The register of clients: what is filled in, what is refused, and what is stored. */
#include "fixture.h"

#include "authd/service/clients.h"
#include "authd/service/marks.h"
#include "authd/service/redirect_uri.h"
#include "keys/seal.h"

static const char JWKS[] =
	"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",\"alg\":\"EdDSA\","
	"\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"; /* RFC 8037, appendix A */

static void redirect_uris(void **state)
{
	static const char *const good[] = {
		"https://rp.example",
		"https://rp.example/",
		"https://rp.example/cb?a=b&c=%E4%B8%AD",
		"https://rp.example:8443/a/b.c/d..e",
		"https://xn--fiqs8s.example/cb",
		"https://192.0.2.1/cb",
		"https://[2001:db8::1]:444/cb",
		"http://127.0.0.1/cb",
		"http://127.0.0.1:9000/cb",
		"http://[::1]:9000/cb",
		"http://localhost/cb",
		"http://portal.localhost:8080/cb",
	};
	static const char *const bad[] = {
		"", "/cb", "rp.example/cb", "//rp.example/cb", "https:", "https://", "https:///cb",
		"HTTPS://rp.example/cb", "https://RP.example/cb", "http://rp.example/cb",
		"http://127.0.0.1.example/cb", "http://127.0.0.2/cb", "http://localhost.example/cb",
		"http://evillocalhost/cb", "http://.localhost/cb", "javascript:alert(1)", "data:text/html,x",
		"com.example.app:/cb", "https://rp.example/cb#", "https://rp.example/#x",
		"https://rp.example#", "https://user@rp.example/cb", "https://user:pw@rp.example/cb",
		"https://rp.example@evil.example/cb", "https://rp.example:a@evil.example/cb",
		"https://*.example/cb", "https://rp.example/*", "https://rp.example/c*b",
		"https://rp.example/../cb", "https://rp.example/a/..", "https://rp.example/./cb",
		"https://rp.example/%2e%2e/cb", "https://rp.example/..%2fcb", "https://rp.example/%5Ccb",
		"https://rp.example/%00", "https://rp.example/%0a", "https://rp.example/%7f",
		"https://rp.example/%4", "https://rp.example/%zz", "https://rp.example\\@evil.example/",
		"https://rp.example/a\\b", "https://rp.example/a b", " https://rp.example/cb",
		"https://rp.example/cb ", "https://rp.example/cb\n", "https://rp.example/\"><script>",
		"https://rp.example/\xe4\xb8\xad", "https://\xe4\xb8\xad.example/cb", "https://rp..example/",
		"https://.rp.example/", "https://rp.example./", "https://rp.example:/cb",
		"https://rp.example:0/", "https://rp.example:65536/", "https://rp.example:4x/",
		"https://rp.example:000443/", "https://[::1/cb", "https://[]/cb", "https://rp_x.example/",
	};
	(void)state;
	struct error e = { 0 };
	for (size_t k = 0; k < COUNT_OF(good); k++)
		if (redirect_uri_check(slice_str(good[k]), &e) != ST_OK)
			fail_msg("%s: %s", good[k], e.message);
	for (size_t k = 0; k < COUNT_OF(bad); k++)
		if (redirect_uri_check(slice_str(bad[k]), &e) != ST_INVALID)
			fail_msg("%s was let in", bad[k]);
	assert_int_equal(redirect_uri_check(slice_of("https://rp.example/\0", 20), &e), ST_INVALID);
	assert_int_equal(redirect_uri_check(slice_of("https://rp\0.example/", 20), &e), ST_INVALID);

	char longest[2002];
	memset(longest, 'a', sizeof longest);
	memcpy(longest, "https://rp.example/", 19);
	assert_ok(redirect_uri_check(slice_of(longest, 2000), &e));
	assert_int_equal(redirect_uri_check(slice_of(longest, 2001), &e), ST_INVALID);
}

static void a_redirect_uri_is_the_registered_one(void **state)
{
	static const struct {
		const char *registered, *asked;
		bool matches;
	} cases[] = {
		{ "https://rp.example/cb", "https://rp.example/cb", true },
		{ "https://rp.example/cb", "https://rp.example/cb/", false },
		{ "https://rp.example/cb", "https://rp.example/cb?x=1", false },
		{ "https://rp.example/cb", "https://rp.example:443/cb", false },
		{ "https://127.0.0.1/cb", "https://127.0.0.1:8443/cb", false },
		{ "http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", true },
		{ "http://127.0.0.1:1/cb", "http://127.0.0.1:51004/cb", true },
		{ "http://[::1]/cb?a=b", "http://[::1]:51004/cb?a=b", true },
		{ "http://127.0.0.1/cb", "http://127.0.0.1:/cb", false },
		{ "http://127.0.0.1/cb", "http://127.0.0.1:65536/cb", false },
		{ "http://127.0.0.1/cb", "http://127.0.0.1:80@evil.example/cb", false },
		{ "http://127.0.0.1/cb", "http://127.0.0.1:80/other", false },
		{ "http://127.0.0.1/cb", "http://127.0.0.1:80/cb#x", false },
		{ "http://127.0.0.1/cb", "http://[::1]:80/cb", false },
		{ "http://localhost/cb", "http://localhost:80/cb", false },
		{ "http://127.0.0.1/cb", "", false },
	};
	(void)state;
	for (size_t k = 0; k < COUNT_OF(cases); k++) {
		struct slice registered = slice_str(cases[k].registered);
		const struct client c = { .redirect_uris = { &registered, 1 } };
		if (redirect_uri_matches(&c, slice_str(cases[k].asked)) != cases[k].matches)
			fail_msg("%s for %s", cases[k].asked, cases[k].registered);
	}
}

static void an_answer_is_put_on_a_redirect_uri(void **state)
{
	(void)state;
	const struct answer_param params[] = { { "code", SLICE("a b") }, { "state", NO_SLICE }, { "iss", SLICE("c") } };
	AUTO_BUF struct buf plain = { 0 }, query = { 0 };
	redirect_uri_put(&plain, SLICE("https://rp.example/cb"), params, COUNT_OF(params));
	assert_slice(buf_slice(&plain), "https://rp.example/cb?code=a%20b&iss=c");
	redirect_uri_put(&query, SLICE("https://rp.example/cb?x=1"), params, COUNT_OF(params));
	assert_slice(buf_slice(&query), "https://rp.example/cb?x=1&code=a%20b&iss=c");
	assert_slice(redirect_uri_host(SLICE("https://rp.example:8443/cb")), "rp.example");
	assert_slice(redirect_uri_authority(SLICE("https://rp.example:8443/cb")), "rp.example:8443");
}

static struct client_list list(struct fixture *f, size_t n, ...)
{
	struct client_list l = { arena_array(&f->arena, struct slice, n + 1), n };
	va_list args;
	va_start(args, n);
	for (size_t k = 0; k < n; k++)
		l.items[k] = slice_str(va_arg(args, const char *));
	va_end(args);
	return l;
}

static struct client portal(struct fixture *f)
{
	return (struct client){ .client_name = SLICE("省政务服务网"),
				.require_pkce = true,
				.redirect_uris = list(f, 1, "https://portal.example.gov.cn/cb") };
}

static status add(struct fixture *f, struct client *c, struct slice *ret_secret)
{
	struct error e = { 0 };
	struct batch *b = new_batch(f);
	status s = clients_register(&f->issuer, b, &f->arena, NOW, c, ret_secret, &e);
	if (s == ST_INVALID)
		assert_true(e.message[0]);
	return s == ST_OK ? commit(f, b) : s;
}

static void a_portal_gets_what_it_leaves_out(void **state)
{
	struct fixture *f = *state;
	struct client c = portal(f), got;
	struct slice secret;
	assert_ok(add(f, &c, &secret));
	assert_int_equal(c.client_id.n, 32);
	assert_int_equal(secret.n, 43);
	assert_ok(clients_get(&f->issuer, c.client_id, &f->arena, &got));
	assert_slice(got.client_name, "省政务服务网");
	assert_slice(got.sector, "portal.example.gov.cn");
	assert_slice(got.scope, "openid");
	assert_slice(got.id_token_signed_response_alg, "RS256");
	assert_int_equal(got.token_endpoint_auth_method, CLIENT_AUTH_SECRET_BASIC);
	assert_int_equal(got.grant_types.n, 1);
	assert_slice(got.grant_types.items[0], "authorization_code");
	assert_int_equal(got.created_at, NOW);
	uint8_t hash[32];
	assert_ok(sha256(secret, hash));
	assert_int_equal(got.secret_hash.n, 32);
	assert_memory_equal(got.secret_hash.p, hash, 32);
}

static void other_kinds_of_client(void **state)
{
	struct fixture *f = *state;
	struct slice secret;
	struct client app = portal(f), machine = { .client_name = SLICE("交换平台") }, by_key = portal(f);
	app.token_endpoint_auth_method = CLIENT_AUTH_NONE;
	app.require_pkce = false;
	app.scope = SLICE("openid offline_access");
	assert_ok(add(f, &app, &secret));
	assert_null(secret.p);
	assert_true(app.require_pkce && app.rotate_refresh);
	assert_int_equal(app.grant_types.n, 2);

	assert_ok(add(f, &machine, &secret));
	assert_slice(machine.grant_types.items[0], "client_credentials");
	assert_true(slice_equal(machine.sector, machine.client_id));

	by_key.token_endpoint_auth_method = CLIENT_AUTH_PRIVATE_KEY_JWT;
	by_key.jwks = slice_str(JWKS);
	assert_ok(add(f, &by_key, &secret));
	assert_null(secret.p);
	assert_null(by_key.secret_hash.p);
}

static void hosts_and_sectors(void **state)
{
	struct fixture *f = *state;
	struct slice secret;
	struct client c = portal(f);
	c.redirect_uris = list(f, 2, "https://a.example/cb", "https://b.example/cb");
	assert_int_equal(add(f, &c, &secret), ST_INVALID);
	c.sector = SLICE("Example");
	assert_int_equal(add(f, &c, &secret), ST_INVALID);
	c.sector = SLICE("example");
	assert_ok(add(f, &c, &secret));
	c = portal(f);
	c.redirect_uris = list(f, 2, "https://a.example/cb", "https://a.example:444/other");
	assert_ok(add(f, &c, &secret));
	assert_slice(c.sector, "a.example");
}

static void a_client_id_is_taken_once(void **state)
{
	struct fixture *f = *state;
	struct slice secret;
	struct client one = portal(f), two = portal(f);
	one.client_id = two.client_id = SLICE("portal");
	assert_ok(add(f, &one, &secret));
	assert_int_equal(add(f, &two, &secret), ST_EXISTS);
}

/* Each row spoils one thing. */
static void what_is_refused(void **state)
{
	struct fixture *f = *state;
	struct slice secret;
	char long_name[202];
	memset(long_name, 'x', sizeof long_name);
#define REFUSED(...)                                                       \
	do {                                                               \
		struct client c = portal(f);                               \
		__VA_ARGS__;                                               \
		assert_int_equal(add(f, &c, &secret), ST_INVALID);         \
	} while (0)
	REFUSED(c.client_name = NO_SLICE);
	REFUSED(c.client_name = SLICE("a\nb"));
	REFUSED(c.client_name = SLICE("\xff"));
	REFUSED(c.client_name = slice_of(long_name, 201));
	REFUSED(c.client_name_en = SLICE("a\x1b[31m"));
	REFUSED(c.client_id = SLICE("a/b"));
	REFUSED(c.client_id = SLICE("中"));
	REFUSED(c.client_id = slice_of(long_name, 101));
	REFUSED(c.scope = SLICE("openid \"x\""));
	REFUSED(c.scope = SLICE("openid\tprofile"));
	REFUSED(c.redirect_uris = list(f, 1, "http://portal.example/cb"));
	REFUSED(c.post_logout_redirect_uris = list(f, 1, "https://portal.example/#x"));
	REFUSED(c.grant_types = list(f, 1, "client_credentials"));
	REFUSED(c.redirect_uris.n = 0; c.grant_types = list(f, 1, "authorization_code"));
	REFUSED(c.grant_types = list(f, 2, "authorization_code", "refresh_token"));
	REFUSED(c.scope = SLICE("openid offline_access");
		c.grant_types = list(f, 1, "authorization_code"));
	REFUSED(c.redirect_uris.n = 0; c.token_endpoint_auth_method = CLIENT_AUTH_NONE);
	REFUSED(c.redirect_uris.n = 0; c.scope = SLICE("offline_access"));
	REFUSED(c.audiences = list(f, 1, "api"));
	REFUSED(c.audiences = list(f, 1, "https://api.example/#x"));
	REFUSED(c.id_token_signed_response_alg = SLICE("none"));
	REFUSED(c.id_token_signed_response_alg = SLICE("HS256"));
	REFUSED(c.jwks = slice_str(JWKS); c.jwks_uri = SLICE("https://portal.example.gov.cn/jwks"));
	REFUSED(c.logo_uri = SLICE("javascript:alert(1)"));
	REFUSED(c.policy_uri = SLICE("http://localhost/policy"));
	REFUSED(c.initiate_login_uri = SLICE("http://portal.example.gov.cn/login"));
	REFUSED(c.frontchannel_logout_uri = SLICE("https://portal.example.gov.cn:444/out"));
	REFUSED(c.request_uris = list(f, 1, "https://portal.example.gov.cn/r#a#b"));
	REFUSED(c.response_types = list(f, 1, "token"));
	REFUSED(c.subject_type = SLICE("pairwise public"));
	REFUSED(c.application_type = SLICE("console"));
	REFUSED(c.contacts = list(f, 1, "a b@example.gov.cn"));
	REFUSED(c.purpose = SLICE("a\nb"));
	REFUSED(c.redirect_uris = list(f, 1, "com.example.app:/cb"));
	REFUSED(c.application_type = SLICE("native"); c.redirect_uris = list(f, 1, "app:/cb"));
	REFUSED(c.token_endpoint_auth_method = CLIENT_AUTH_PRIVATE_KEY_JWT);
	REFUSED(c.token_endpoint_auth_method = CLIENT_AUTH_PRIVATE_KEY_JWT; c.jwks = slice_str(JWKS);
		c.token_endpoint_auth_signing_alg = SLICE("HS256"));
	REFUSED(c.token_endpoint_auth_method = CLIENT_AUTH_SECRET_JWT;
		c.token_endpoint_auth_signing_alg = SLICE("RS256"));
	REFUSED(c.token_endpoint_auth_method = CLIENT_AUTH_SECRET_JWT;
		c.token_endpoint_auth_signing_alg = SLICE("HS384"));
#define WITH_JWKS(text)                                                                 \
	REFUSED(c.token_endpoint_auth_method = CLIENT_AUTH_PRIVATE_KEY_JWT; c.jwks = SLICE(text))
	WITH_JWKS("{}");
	WITH_JWKS("{\"keys\":[]}");
	WITH_JWKS("[]");
	WITH_JWKS("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}");
	WITH_JWKS("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\","
		  "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\","
		  "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}");
}

static void listing_and_disabling(void **state)
{
	static const char *const ids[] = { "c", "a", "b" };
	struct fixture *f = *state;
	struct slice secret;
	for (size_t k = 0; k < COUNT_OF(ids); k++) {
		struct client c = portal(f);
		c.client_id = slice_str(ids[k]);
		assert_ok(add(f, &c, &secret));
	}
	struct client *found, got;
	size_t n;
	assert_ok(clients_list(&f->issuer, NO_SLICE, 2, &f->arena, &found, &n));
	assert_int_equal(n, 2);
	assert_slice(found[0].client_id, "a");
	assert_slice(found[1].client_id, "b");
	assert_ok(clients_list(&f->issuer, SLICE("b"), 2, &f->arena, &found, &n));
	assert_int_equal(n, 1);
	assert_slice(found[0].client_id, "c");

	struct batch *b = new_batch(f);
	assert_int_equal(clients_set_disabled(&f->issuer, b, &f->arena, NOW, SLICE("z"), true),
			 ST_NOT_FOUND);
	assert_ok(clients_set_disabled(&f->issuer, b, &f->arena, NOW + 5, SLICE("a"), true));
	assert_ok(commit(f, b));
	assert_ok(clients_get(&f->issuer, SLICE("a"), &f->arena, &got));
	assert_true(got.disabled);
	assert_int_equal(got.updated_at, NOW + 5);
	bool ended;
	assert_ok(mark_check(&f->issuer, MARK_CLIENT, SLICE("a"), (int64_t)(NOW + 5) * 1000000, &f->arena, &ended));
	assert_true(ended);
	assert_ok(mark_check(&f->issuer, MARK_CLIENT, SLICE("a"), (int64_t)(NOW + 6) * 1000000, &f->arena, &ended));
	assert_false(ended); /* what it gets after --undo */
	assert_int_equal(clients_get(&f->issuer, NO_SLICE, &f->arena, &got), ST_NOT_FOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(redirect_uris),
		cmocka_unit_test(a_redirect_uri_is_the_registered_one),
		cmocka_unit_test(an_answer_is_put_on_a_redirect_uri),
		TEST(a_portal_gets_what_it_leaves_out),
		TEST(other_kinds_of_client),
		TEST(hosts_and_sectors),
		TEST(a_client_id_is_taken_once),
		TEST(what_is_refused),
		TEST(listing_and_disabling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
