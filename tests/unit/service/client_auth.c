/* Who is the client: each method, each way to get it wrong. */
#include "fixture.h"

#include "authd/service/client_auth.h"
#include "authd/service/clients.h"
#include "authd/service/foreign_jwt.h"
#include "keys/seal.h"
#include "libauth/base/encode.h"

#include <openssl/evp.h>

/* A registered client; the secret, if the method has one, comes back. */
static struct slice add_client(struct fixture *f, const char *id, enum client_auth method,
			       struct slice jwks)
{
	struct slice uri = SLICE("https://portal.example/cb"), secret;
	struct slice grant = SLICE("authorization_code");
	struct error e = { 0 };
	struct client c = {
		.client_id = slice_str(id),
		.client_name = slice_str(id),
		.token_endpoint_auth_method = method,
		.redirect_uris = { &uri, 1 },
		.grant_types = { &grant, 1 },
		.scope = SLICE("openid"),
		.id_token_signed_response_alg = SLICE("ES256"),
		.jwks = jwks,
		.require_pkce = true,
	};
	struct batch *b = new_batch(f);
	if (clients_register(&f->issuer, b, &f->arena, NOW, &c, &secret, &e) != ST_OK)
		fail_msg("%s", e.message);
	assert_ok(commit(f, b));
	return secret;
}

static struct slice basic(struct fixture *f, const char *id, struct slice secret)
{
	struct slice pair = arena_format(&f->arena, "%s:%.*s", id, SLICE_FMT(secret));
	uint8_t *text = arena_alloc(&f->arena, pair.n * 2 + 8);
	int n = EVP_EncodeBlock(text, pair.p, (int)pair.n);
	return arena_format(&f->arena, "Basic %.*s", n, (char *)text);
}

static enum client_auth_outcome outcome(struct fixture *f, struct client_credentials c)
{
	struct client_authentication auth;
	c.endpoint = "/token";
	assert_ok(client_auth_begin(&f->issuer, &c, NOW, &f->arena, &auth));
	if (auth.outcome == CLIENT_AUTH_OK && auth.needs_replay_mark) {
		assert_ok(cache_submit_wait(f->issuer.cache, &auth.replay, 1, &f->arena));
		assert_ok(client_auth_end(&auth));
	}
	if (auth.outcome != CLIENT_AUTH_OK)
		assert_non_null(auth.reason);
	return auth.outcome;
}

static void secrets_by_the_registered_method(void **state)
{
	struct fixture *f = *state;
	struct slice a = add_client(f, "by-basic", CLIENT_AUTH_SECRET_BASIC, NO_SLICE);
	struct slice b = add_client(f, "by-post", CLIENT_AUTH_SECRET_POST, NO_SLICE);
	struct slice post = SLICE("by-post"), in_basic = SLICE("by-basic");

	assert_int_equal(outcome(f, (struct client_credentials){ .authorization = basic(f, "by-basic", a) }),
			 CLIENT_AUTH_OK);
	assert_int_equal(outcome(f, (struct client_credentials){ .client_id = post, .client_secret = b }),
			 CLIENT_AUTH_OK);

	const struct client_credentials refused[] = {
		{ 0 },
		{ .authorization = basic(f, "by-basic", b) },
		{ .authorization = basic(f, "by-basic", SLICE("")) },
		{ .authorization = basic(f, "by-post", b) },          /* not its method */
		{ .client_id = in_basic, .client_secret = a },        /* not its method */
		{ .client_id = post, .client_secret = a },
		{ .client_id = post },                                /* as if it were public */
		{ .client_id = SLICE("nobody"), .client_secret = b },
		{ .authorization = SLICE("Basic !!!!") },
		{ .authorization = SLICE("Basic bm9jb2xvbg==") },
		{ .authorization = SLICE("Bearer x") },
	};
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		assert_int_equal(outcome(f, refused[i]), CLIENT_AUTH_REFUSED);

	assert_int_equal(outcome(f, (struct client_credentials){ .authorization = basic(f, "by-basic", a),
								  .client_secret = a }),
			 CLIENT_AUTH_SEVERAL);
	assert_int_equal(outcome(f, (struct client_credentials){ .authorization = basic(f, "by-basic", a),
								  .client_id = post }),
			 CLIENT_AUTH_MALFORMED);
}

static void public_clients_name_themselves(void **state)
{
	struct fixture *f = *state;
	add_client(f, "public", CLIENT_AUTH_NONE, NO_SLICE);
	assert_int_equal(outcome(f, (struct client_credentials){ .client_id = SLICE("public") }), CLIENT_AUTH_OK);
	assert_int_equal(outcome(f, (struct client_credentials){ .client_id = SLICE("public"),
								  .client_secret = SLICE("x") }),
			 CLIENT_AUTH_REFUSED);
}

/* The issuer's own ring serves as a client's key pair here: it signs and has a JWKS. */
static struct slice assertion(struct fixture *f, const char *claims, const char *type)
{
	struct sign_job job = { .algorithm = KEY_ES256, .type = type, .payload = slice_str(claims) };
	struct waiting w = waiting_begin();
	keys_sign(f->issuer.keys, &job, 1, &w.op);
	assert_ok(waiting_end(&w));
	struct slice text = arena_copy(&f->arena, buf_slice(&job.token));
	buf_done(&job.token);
	return text;
}

static enum client_auth_outcome by_assertion(struct fixture *f, struct slice text)
{
	return outcome(f, (struct client_credentials){
		.assertion_type = SLICE("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
		.assertion = text });
}

#define CLAIMS(sub, aud, jti, exp) \
	"{\"iss\":\"" sub "\",\"sub\":\"" sub "\",\"aud\":" aud ",\"jti\":\"" jti "\",\"iat\":1799999990," \
	"\"exp\":" exp "}"

static void assertions_count_once(void **state)
{
	struct fixture *f = *state;
	struct slice jwks;
	assert_ok(keys_jwks(f->issuer.keys, &f->arena, &jwks));
	add_client(f, "by-key", CLIENT_AUTH_PRIVATE_KEY_JWT, jwks);
	add_client(f, "public-2", CLIENT_AUTH_NONE, NO_SLICE);

	struct slice good = assertion(f, CLAIMS("by-key", "\"https://id.example.gov.cn\"", "1", "1800000060"), "JWT");
	assert_int_equal(by_assertion(f, good), CLIENT_AUTH_OK);
	assert_int_equal(by_assertion(f, good), CLIENT_AUTH_REFUSED);
	assert_int_equal(by_assertion(f, assertion(f, CLAIMS("by-key", "\"https://id.example.gov.cn/token\"", "2",
							     "1800000060"), "JWT")),
			 CLIENT_AUTH_OK);

	const char *const refused[] = {
		CLAIMS("by-key", "\"https://other.example\"", "3", "1800000060"),
		CLAIMS("by-key", "\"https://id.example.gov.cn\"", "4", "1799999900"), /* past */
		CLAIMS("by-key", "\"https://id.example.gov.cn\"", "5", "1800007300"), /* too far ahead */
		CLAIMS("nobody", "\"https://id.example.gov.cn\"", "6", "1800000060"),
		CLAIMS("public-2", "\"https://id.example.gov.cn\"", "7", "1800000060"), /* not its method */
		"{\"iss\":\"by-key\",\"sub\":\"by-key\",\"aud\":\"https://id.example.gov.cn\",\"exp\":1800000060}",
		("{\"iss\":\"other\",\"sub\":\"by-key\","
		 "\"aud\":\"https://id.example.gov.cn\",\"jti\":\"8\",\"exp\":1800000060}"),
		"{\"iss\":\"by-key\",\"aud\":\"https://id.example.gov.cn\",\"jti\":\"9\",\"exp\":1800000060}",
	};
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		assert_int_equal(by_assertion(f, assertion(f, refused[i], "JWT")), CLIENT_AUTH_REFUSED);
	/* an access token is no assertion */
	assert_int_equal(by_assertion(f, assertion(f, CLAIMS("by-key", "\"https://id.example.gov.cn\"", "10",
							     "1800000060"), "at+jwt")),
			 CLIENT_AUTH_REFUSED);
	assert_int_equal(by_assertion(f, SLICE("a.b.c")), CLIENT_AUTH_REFUSED);
	assert_int_equal(outcome(f, (struct client_credentials){ .assertion_type = SLICE("other"),
								  .assertion = good }),
			 CLIENT_AUTH_MALFORMED);
}

/* Another node's clock may be behind: there it would be taken for a little longer. */
static void a_mark_outlives_its_assertion(void **state)
{
	struct fixture *f = *state;
	struct slice good = assertion(f, CLAIMS("by-key", "\"https://id.example.gov.cn\"", "11", "1800000060"), "JWT");
	const struct client_credentials c = {
		.assertion_type = SLICE("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
		.assertion = good,
		.endpoint = "/token",
	};
	struct client_authentication auth;
	assert_ok(client_auth_begin(&f->issuer, &c, NOW, &f->arena, &auth));
	assert_true(auth.needs_replay_mark);
	assert_int_equal(auth.replay.expires_in_s, 60 + AUTH_LEEWAY_DEFAULT + CLOCKS_APART_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_by_the_registered_method),
		cmocka_unit_test(public_clients_name_themselves),
		cmocka_unit_test(assertions_count_once),
		cmocka_unit_test(a_mark_outlives_its_assertion),
	};
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
