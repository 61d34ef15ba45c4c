/* What the options insist on: issuer, audience, times, type, scope, level, kinds of token. */
#include "tokens.h"

#include "libauth/base/mem.h"

#include <stdio.h>

enum { NOW = 1700000100 };

static struct signer key;

static int set_up(void **state)
{
	(void)state;
	signer_init(&key, "ES256", "k");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	signer_done(&key);
	return 0;
}

static struct auth_options options(void)
{
	struct auth_options o = AUTH_OPTIONS_INIT;
	o.issuer = "https://id.example";
	o.audience = "a";
	return o;
}

static void assert_token(const struct auth_options *o, const char *typ, const char *payload,
			 enum auth_status expected)
{
	char header[128];
	snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"kid\":\"k\"%s%s%s}", typ ? ",\"typ\":\"" : "",
		 typ ? typ : "", typ ? "\"" : "");
	struct auth_verifier *v = verifier(o, &key);
	char *token = sign(&key, header, payload);
	enum auth_status s = verdict(v, token, NOW);
	free(token);
	auth_verifier_free(v);
	if (s != expected)
		fail_msg("%s %s: %s", typ ? typ : "-", payload, auth_strerror(s));
}

#define WHO "\"iss\":\"https://id.example\",\"sub\":\"u\",\"client_id\":\"c\",\"jti\":\"t\""
#define TIMES "\"iat\":1700000000,\"exp\":1700000300"

/* An access token in which these claims stand besides iss, sub, client_id and jti. */
static void assert_access(const struct auth_options *o, const char *claims, enum auth_status expected)
{
	char payload[1024];
	snprintf(payload, sizeof payload, "{" WHO ",%s}", claims);
	assert_token(o, "at+jwt", payload, expected);
}

static void issuer(void **state)
{
	(void)state;
	struct auth_options o = options();
	static const char *const OTHERS[] = {
		"\"https://id.example/\"", "\"https://ID.example\"", "\"http://id.example\"",
		"\"https://id.example.evil\"", "\"\"", "\" https://id.example\"",
	};
	char payload[512];
	for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
		snprintf(payload, sizeof payload,
			 "{\"iss\":%s,\"sub\":\"u\",\"client_id\":\"c\",\"jti\":\"t\",\"aud\":\"a\"," TIMES "}",
			 OTHERS[i]);
		assert_token(&o, "at+jwt", payload, AUTH_WRONG_ISSUER);
	}
	assert_token(&o, "at+jwt", "{\"sub\":\"u\",\"aud\":\"a\"," TIMES "}", AUTH_WRONG_ISSUER);
	assert_token(&o, "at+jwt", "{\"iss\":[\"https://id.example\"]," TIMES "}", AUTH_BAD_CLAIM);
	o.issuer = NULL;
	o.flags = AUTH_ANY_ISSUER;
	assert_token(&o, "at+jwt", payload, AUTH_OK);
}

static void audience(void **state)
{
	(void)state;
	struct auth_options o = options();
	assert_access(&o, "\"aud\":\"a\"," TIMES, AUTH_OK);
	assert_access(&o, "\"aud\":[\"b\",\"a\"]," TIMES, AUTH_OK);
	assert_access(&o, "\"aud\":\"b\"," TIMES, AUTH_WRONG_AUDIENCE);
	assert_access(&o, "\"aud\":\"A\"," TIMES, AUTH_WRONG_AUDIENCE);
	assert_access(&o, "\"aud\":[\"b\",\"aa\"]," TIMES, AUTH_WRONG_AUDIENCE);
	assert_access(&o, TIMES, AUTH_WRONG_AUDIENCE);
	assert_access(&o, "\"aud\":[]," TIMES, AUTH_BAD_CLAIM);
	assert_access(&o, "\"aud\":[\"a\",1]," TIMES, AUTH_BAD_CLAIM);
	assert_access(&o, "\"aud\":{\"a\":\"a\"}," TIMES, AUTH_BAD_CLAIM);
	assert_access(&o, "\"aud\":null," TIMES, AUTH_BAD_CLAIM);
	o.flags = AUTH_SINGLE_AUDIENCE;
	assert_access(&o, "\"aud\":\"a\"," TIMES, AUTH_OK);
	assert_access(&o, "\"aud\":[\"a\"]," TIMES, AUTH_WRONG_AUDIENCE);
	o = options();
	o.audience = NULL;
	o.audiences = (const char *const[]){ "x", "y", NULL };
	assert_access(&o, "\"aud\":[\"b\",\"y\"]," TIMES, AUTH_OK);
	assert_access(&o, "\"aud\":\"a\"," TIMES, AUTH_WRONG_AUDIENCE);
	o.audiences = NULL;
	o.flags = AUTH_ANY_AUDIENCE;
	assert_access(&o, "\"aud\":\"whoever\"," TIMES, AUTH_OK);
	assert_access(&o, TIMES, AUTH_OK);
}

static void times(void **state)
{
	(void)state;
	static const struct {
		const char *claims;
		enum auth_status expected;
	} CASES[] = {
		{ "\"iat\":1700000000,\"exp\":1700000041", AUTH_OK }, /* 59 s ago */
		{ "\"iat\":1700000000,\"exp\":1700000040", AUTH_EXPIRED },
		{ "\"iat\":1700000000,\"exp\":1700000040.999", AUTH_EXPIRED },
		{ "\"iat\":1700000000,\"exp\":0", AUTH_EXPIRED },
		{ "\"iat\":1700000000,\"exp\":9007199254740991", AUTH_OK },
		{ "\"iat\":1700000000,\"exp\":9007199254740992", AUTH_BAD_CLAIM },
		{ "\"iat\":1700000000,\"exp\":99999999999999999999999999", AUTH_BAD_CLAIM },
		{ "\"iat\":1700000000,\"exp\":-1", AUTH_BAD_CLAIM },
		{ "\"iat\":1700000000,\"exp\":2e9", AUTH_BAD_CLAIM },
		{ "\"iat\":1700000000,\"exp\":\"1700000300\"", AUTH_BAD_CLAIM },
		{ "\"iat\":1700000000,\"exp\":null", AUTH_BAD_CLAIM },
		{ "\"iat\":1700000000,\"exp\":[1700000300]", AUTH_BAD_CLAIM },
		{ "\"iat\":1700000000", AUTH_MISSING_CLAIM },
		{ "\"exp\":1700000300", AUTH_MISSING_CLAIM }, /* iat */
		{ "\"iat\":1700000160,\"exp\":1700000300", AUTH_OK },
		{ "\"iat\":1700000161,\"exp\":1700000300", AUTH_NOT_YET_VALID },
		{ "\"nbf\":1700000108,\"iat\":1700000000,\"exp\":1700000300", AUTH_OK },
		{ "\"nbf\":1700000160,\"iat\":1700000000,\"exp\":1700000300", AUTH_OK },
		{ "\"nbf\":1700000161,\"iat\":1700000000,\"exp\":1700000300", AUTH_NOT_YET_VALID },
		{ "\"nbf\":\"0\",\"iat\":1700000000,\"exp\":1700000300", AUTH_BAD_CLAIM },
	};
	struct auth_options o = options();
	char claims[256];
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		snprintf(claims, sizeof claims, "\"aud\":\"a\",%s", CASES[i].claims);
		assert_access(&o, claims, CASES[i].expected);
	}
	o.leeway_s = 0;
	assert_access(&o, "\"aud\":\"a\",\"iat\":1700000100,\"exp\":1700000101", AUTH_OK);
	assert_access(&o, "\"aud\":\"a\",\"iat\":1700000100,\"exp\":1700000100", AUTH_EXPIRED);
	o.flags = AUTH_IGNORE_EXPIRY;
	assert_access(&o, "\"aud\":\"a\",\"iat\":1,\"exp\":2", AUTH_OK);
	assert_access(&o, "\"aud\":\"a\",\"iat\":1", AUTH_MISSING_CLAIM);
}

static void ages(void **state)
{
	(void)state;
	struct auth_options o = options();
	o.max_age_s = 100;
	assert_access(&o, "\"aud\":\"a\"," TIMES, AUTH_MISSING_CLAIM);
	assert_access(&o, "\"auth_time\":1699999940,\"aud\":\"a\"," TIMES, AUTH_OK);
	assert_access(&o, "\"auth_time\":1699999939,\"aud\":\"a\"," TIMES, AUTH_TOO_OLD);
	assert_access(&o, "\"auth_time\":1700000161,\"aud\":\"a\"," TIMES, AUTH_NOT_YET_VALID);
	assert_access(&o, "\"auth_time\":\"x\",\"aud\":\"a\"," TIMES, AUTH_BAD_CLAIM);
	o = options();
	o.max_token_age_s = 39;
	assert_access(&o, "\"aud\":\"a\"," TIMES, AUTH_TOO_OLD);
	o.max_token_age_s = 40;
	assert_access(&o, "\"aud\":\"a\"," TIMES, AUTH_OK);
	o = options();
	o.max_lifetime_s = 139;
	assert_access(&o, "\"aud\":\"a\"," TIMES, AUTH_LIVES_TOO_LONG);
	o.max_lifetime_s = 140;
	assert_access(&o, "\"aud\":\"a\"," TIMES, AUTH_OK);
}

static void extreme_clocks(void **state)
{
	(void)state;
	static const int64_t CLOCKS[] = { INT64_MIN, -1, 0, INT64_MAX };
	struct auth_options o = options();
	o.max_age_s = o.max_token_age_s = o.max_lifetime_s = 100;
	struct auth_verifier *v = verifier(&o, &key);
	char *token = sign_access(&key, "{" WHO ",\"aud\":\"a\",\"auth_time\":1700000000," TIMES "}");
	for (size_t i = 0; i < COUNT_OF(CLOCKS); i++)
		assert_int_not_equal(verdict(v, token, CLOCKS[i]), AUTH_OK);
	free(token);
	auth_verifier_free(v);
}

static void scopes(void **state)
{
	(void)state;
	struct auth_options o = options();
	o.scopes = (const char *const[]){ "read", "write", NULL };
	assert_access(&o, "\"scope\":\"write x read\",\"aud\":\"a\"," TIMES, AUTH_OK);
	assert_access(&o, "\"scope\":\"write reader\",\"aud\":\"a\"," TIMES, AUTH_MISSING_SCOPE);
	assert_access(&o, "\"scope\":\"\",\"aud\":\"a\"," TIMES, AUTH_MISSING_SCOPE);
	assert_access(&o, "\"aud\":\"a\"," TIMES, AUTH_MISSING_SCOPE);
	assert_access(&o, "\"scope\":[\"read\",\"write\"],\"aud\":\"a\"," TIMES, AUTH_BAD_CLAIM);
}

static void levels(void **state)
{
	(void)state;
	struct auth_options o = options();
	o.min_acr = "urn:authd:acr:rn4";
	assert_access(&o, "\"acr\":\"urn:authd:acr:rn4\",\"aud\":\"a\"," TIMES, AUTH_OK);
	assert_access(&o, "\"acr\":\"urn:authd:acr:rn5\",\"aud\":\"a\"," TIMES, AUTH_OK);
	assert_access(&o, "\"acr\":\"urn:authd:acr:rn3\",\"aud\":\"a\"," TIMES, AUTH_LEVEL_TOO_LOW);
	assert_access(&o, "\"acr\":\"urn:authd:acr:rn9\",\"aud\":\"a\"," TIMES, AUTH_LEVEL_TOO_LOW);
	assert_access(&o, "\"aud\":\"a\"," TIMES, AUTH_LEVEL_TOO_LOW);
	assert_access(&o, "\"acr\":5,\"aud\":\"a\"," TIMES, AUTH_BAD_CLAIM);
	o.min_acr = "silver";
	o.acr_ladder = (const char *const[]){ "bronze", "silver", "gold", NULL };
	assert_access(&o, "\"acr\":\"gold\",\"aud\":\"a\"," TIMES, AUTH_OK);
	assert_access(&o, "\"acr\":\"bronze\",\"aud\":\"a\"," TIMES, AUTH_LEVEL_TOO_LOW);
}

static void demanded_claims(void **state)
{
	(void)state;
	struct auth_options o = options();
	o.claims = (const char *const[]){ "extra", NULL };
	assert_access(&o, "\"aud\":\"a\"," TIMES, AUTH_MISSING_CLAIM);
	assert_access(&o, "\"extra\":{},\"aud\":\"a\"," TIMES, AUTH_OK);
	o = options();
	assert_token(&o, "at+jwt",
		     "{\"iss\":\"https://id.example\",\"aud\":\"a\",\"sub\":\"u\",\"jti\":\"t\"," TIMES "}",
		     AUTH_MISSING_CLAIM); /* RFC 9068 §2.2: client_id */
}

static void authorized_party(void **state)
{
	(void)state;
	struct auth_options o = options();
	o.kind = AUTH_ID_TOKEN;
	o.authorized_party = "a";
	static const struct {
		const char *claims;
		enum auth_status expected;
	} CASES[] = {
		{ "\"aud\":\"a\"", AUTH_OK },
		{ "\"aud\":\"a\",\"azp\":\"a\"", AUTH_OK },
		{ "\"aud\":\"a\",\"azp\":\"b\"", AUTH_WRONG_PARTY },
		{ "\"aud\":[\"a\",\"b\"],\"azp\":\"a\"", AUTH_OK },
		{ "\"aud\":[\"a\",\"b\"],\"azp\":\"b\"", AUTH_WRONG_PARTY },
		{ "\"aud\":[\"a\",\"b\"]", AUTH_WRONG_PARTY },
		{ "\"aud\":\"a\",\"azp\":[\"a\"]", AUTH_BAD_CLAIM },
	};
	char payload[512];
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		snprintf(payload, sizeof payload, "{" WHO "," TIMES ",%s}", CASES[i].claims);
		assert_token(&o, "JWT", payload, CASES[i].expected);
	}
}

/* ---- kinds ---------------------------------------------------------------------------------- */

static void id_tokens(void **state)
{
	(void)state;
	struct auth_options o = options();
	o.kind = AUTH_ID_TOKEN;
	static const char GOOD[] = "{" WHO ",\"aud\":\"a\"," TIMES "}";
	assert_token(&o, "JWT", GOOD, AUTH_OK);
	assert_token(&o, "jwt", GOOD, AUTH_OK);
	assert_token(&o, NULL, GOOD, AUTH_OK);
	assert_token(&o, "", GOOD, AUTH_WRONG_TYPE);
	assert_token(&o, "at+jwt", GOOD, AUTH_WRONG_TYPE);
	assert_token(&o, "logout+jwt", GOOD, AUTH_WRONG_TYPE);
	assert_token(&o, NULL, "{" WHO ",\"aud\":\"a\",\"events\":{}," TIMES "}", AUTH_BAD_CLAIM);
	assert_token(&o, NULL, "{\"iss\":\"https://id.example\",\"aud\":\"a\"," TIMES "}",
		     AUTH_MISSING_CLAIM);
}

static void client_assertions(void **state)
{
	(void)state;
	struct auth_options o = options();
	o.kind = AUTH_CLIENT_ASSERTION;
	o.issuer = "c";
	o.audience = "https://id.example";
	o.flags = AUTH_SINGLE_AUDIENCE;
	static const struct {
		const char *claims;
		enum auth_status expected;
	} CASES[] = {
		{ "\"iss\":\"c\",\"sub\":\"c\",\"jti\":\"1\",\"aud\":\"https://id.example\"", AUTH_OK },
		{ "\"iss\":\"c\",\"sub\":\"d\",\"jti\":\"1\",\"aud\":\"https://id.example\"", AUTH_BAD_CLAIM },
		{ "\"iss\":\"d\",\"sub\":\"d\",\"jti\":\"1\",\"aud\":\"https://id.example\"", AUTH_WRONG_ISSUER },
		{ "\"iss\":\"c\",\"jti\":\"1\",\"aud\":\"https://id.example\"", AUTH_MISSING_CLAIM },
		{ "\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"https://id.example\"", AUTH_MISSING_CLAIM },
		{ "\"iss\":\"c\",\"sub\":\"c\",\"jti\":\"1\",\"aud\":[\"https://id.example\"]",
		  AUTH_WRONG_AUDIENCE },
		{ "\"iss\":\"c\",\"sub\":\"c\",\"jti\":\"1\",\"aud\":\"https://id.example/token\"",
		  AUTH_WRONG_AUDIENCE },
	};
	char payload[512];
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		snprintf(payload, sizeof payload, "{%s,\"exp\":1700000200}", CASES[i].claims);
		assert_token(&o, "JWT", payload, CASES[i].expected);
		assert_token(&o, NULL, payload, CASES[i].expected);
		assert_token(&o, "client-authentication+jwt", payload, CASES[i].expected);
		assert_token(&o, "at+jwt", payload, AUTH_WRONG_TYPE);
	}
}

static void logout_tokens(void **state)
{
	(void)state;
	struct auth_options o = options();
	o.kind = AUTH_LOGOUT_TOKEN;
#define EVENTS "\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}"
	static const struct {
		const char *claims;
		enum auth_status expected;
	} CASES[] = {
		{ "\"sub\":\"u\",\"jti\":\"1\"," EVENTS, AUTH_OK },
		{ "\"sid\":\"s\",\"jti\":\"1\"," EVENTS, AUTH_OK },
		{ "\"jti\":\"1\"," EVENTS, AUTH_MISSING_CLAIM },
		{ "\"sub\":\"u\"," EVENTS, AUTH_MISSING_CLAIM },
		{ "\"sub\":\"u\",\"jti\":\"1\"", AUTH_MISSING_CLAIM },
		{ "\"sub\":\"u\",\"jti\":\"1\",\"events\":{}", AUTH_BAD_CLAIM },
		{ "\"sub\":\"u\",\"jti\":\"1\",\"events\":[]", AUTH_BAD_CLAIM },
		{ "\"sub\":\"u\",\"jti\":\"1\",\"events\":{\"other\":{}}", AUTH_BAD_CLAIM },
		{ "\"sub\":\"u\",\"jti\":\"1\",\"nonce\":\"n\"," EVENTS, AUTH_BAD_CLAIM },
	};
	char payload[512];
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		snprintf(payload, sizeof payload,
			 "{\"iss\":\"https://id.example\",\"aud\":\"a\"," TIMES ",%s}", CASES[i].claims);
		assert_token(&o, "logout+jwt", payload, CASES[i].expected);
		assert_token(&o, "JWT", payload, AUTH_WRONG_TYPE);
	}
}

static void other_types(void **state)
{
	(void)state;
	struct auth_options o = options();
	o.kind = AUTH_OTHER_TOKEN;
	o.types = (const char *const[]){ "oauth-authz-req+jwt", "", NULL };
	static const char GOOD[] = "{\"iss\":\"https://id.example\",\"aud\":\"a\",\"exp\":1700000300}";
	assert_token(&o, "oauth-authz-req+jwt", GOOD, AUTH_OK);
	assert_token(&o, NULL, GOOD, AUTH_OK);
	assert_token(&o, "JWT", GOOD, AUTH_WRONG_TYPE);
}

/* ---- hashes --------------------------------------------------------------------------------- */

/* RFC 7636 B's verifier stands in for a token: SHA-256 of it is known there. */
static void half_hashes(void **state)
{
	(void)state;
	static const char VALUE[] = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
	struct auth_options o = options();
	o.kind = AUTH_ID_TOKEN;
	struct auth_verifier *v = verifier(&o, &key);
	struct auth_claims *c = NULL;
	char *token = sign(&key, "{\"alg\":\"ES256\",\"kid\":\"k\"}",
			   "{" WHO ",\"aud\":\"a\"," TIMES ",\"at_hash\":\"E9Melhoa2OwvFrEMTJguCA\","
			   "\"s_hash\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\",\"c_hash\":1}");
	assert_int_equal(auth_verify(v, token, strlen(token), NOW, &c), AUTH_OK);
	assert_int_equal(auth_claims_check_hash(c, "at_hash", VALUE, strlen(VALUE)), AUTH_OK);
	assert_int_equal(auth_claims_check_hash(c, "at_hash", VALUE, 1), AUTH_WRONG_HASH);
	assert_int_equal(auth_claims_check_hash(c, "s_hash", VALUE, strlen(VALUE)), AUTH_WRONG_HASH);
	assert_int_equal(auth_claims_check_hash(c, "c_hash", VALUE, strlen(VALUE)), AUTH_WRONG_HASH);
	assert_int_equal(auth_claims_check_hash(c, "x_hash", VALUE, strlen(VALUE)), AUTH_NO_CLAIM);
	assert_int_equal(auth_claims_check_nonce(c, "n"), AUTH_WRONG_NONCE);
	assert_int_equal(auth_claims_check_nonce(c, ""), AUTH_WRONG_NONCE);
	auth_claims_free(c);
	free(token);
	auth_verifier_free(v);
}

/* ---- options -------------------------------------------------------------------------------- */

static void refuse_options(const struct auth_options *o)
{
	struct auth_verifier *v = NULL;
	struct auth_error e = { "" };
	assert_int_equal(auth_verifier_new(o, &v, &e), AUTH_BAD_OPTIONS);
	assert_null(v);
	assert_true(strlen(e.message) > 8);
	assert_int_equal(auth_verifier_new(o, &v, NULL), AUTH_BAD_OPTIONS);
}

static void bad_options(void **state)
{
	(void)state;
	static const char *const NONE[] = { NULL }, *const HS256[] = { "HS256", NULL };
	struct auth_options o = { 0 };
	refuse_options(&o);
	o = options(), o.size--, refuse_options(&o);
	o = options(), o.issuer = NULL, refuse_options(&o);
	o = options(), o.audience = NULL, refuse_options(&o);
	o = options(), o.audience = NULL, o.audiences = NONE, refuse_options(&o);
	o = options(), o.audiences = HS256, refuse_options(&o);
	o = options(), o.algorithms = HS256, refuse_options(&o);
	o = options(), o.algorithms = NONE, refuse_options(&o);
	o = options(), o.types = NONE, refuse_options(&o);
	o = options(), o.kind = AUTH_OTHER_TOKEN, refuse_options(&o);
	o = options(), o.kind = (enum auth_kind)9, refuse_options(&o);
	o = options(), o.flags = 1U << 31, refuse_options(&o);
	o = options(), o.min_acr = "rn3", refuse_options(&o);
	o = options(), o.leeway_s = -1, refuse_options(&o);
	o = options(), o.leeway_s = 3601, refuse_options(&o);
	o = options(), o.max_age_s = -2, refuse_options(&o);
	o = options(), o.max_lifetime_s = INT64_MAX, refuse_options(&o);
}

static void without_keys(void **state)
{
	(void)state;
	struct auth_options o = options();
	struct auth_verifier *v = verifier(&o, &key);
	char *token = sign_access(&key, "{" WHO ",\"aud\":\"a\"," TIMES "}");
	assert_verdict(v, token, NOW, AUTH_OK);
	assert_int_equal(auth_verifier_set_keys(v, NULL), AUTH_OK);
	assert_verdict(v, token, NOW, AUTH_NO_KEYS);
	free(token);
	auth_verifier_free(v);
	auth_verifier_free(NULL);
	auth_claims_free(NULL);
	auth_keyset_free(NULL);
}

/* Every answer has a sentence of its own. */
static void sentences(void **state)
{
	(void)state;
	const char *unknown = auth_strerror((enum auth_status)99);
	int known = 0;
	for (int i = -10; i < 60; i++) {
		const char *text = auth_strerror((enum auth_status)i);
		assert_non_null(text);
		if (!strcmp(text, unknown))
			continue;
		known++;
		for (int k = -10; k < i; k++)
			assert_string_not_equal(text, auth_strerror((enum auth_status)k));
	}
	assert_int_equal(known, 1 + 3 + 7 + 14 + 2 + 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(issuer),	     cmocka_unit_test(audience),
		cmocka_unit_test(times),	     cmocka_unit_test(ages),
		cmocka_unit_test(extreme_clocks),    cmocka_unit_test(scopes),
		cmocka_unit_test(levels),	     cmocka_unit_test(demanded_claims),
		cmocka_unit_test(authorized_party),  cmocka_unit_test(id_tokens),
		cmocka_unit_test(client_assertions), cmocka_unit_test(logout_tokens),
		cmocka_unit_test(other_types),	     cmocka_unit_test(half_hashes),
		cmocka_unit_test(bad_options),	     cmocka_unit_test(without_keys),
		cmocka_unit_test(sentences),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
