/* A token of each algorithm, its claims, and every byte of it altered. */
#include "tokens.h"

#include "libauth/base/mem.h"

#include <stdio.h>

enum { NOW = 1700000100 };

static const char PAYLOAD[] =
	"{\"iss\":\"https://id.example\",\"sub\":\"u-1\",\"aud\":[\"https://a.example\",\"b\"],"
	"\"client_id\":\"c-1\",\"iat\":1700000000,\"nbf\":1700000000,\"exp\":1700000300,"
	"\"jti\":\"t-1\",\"scope\":\"openid profile\",\"acr\":\"urn:authd:acr:rn3\","
	"\"auth_time\":1699999999.5,\"sid\":\"s-1\",\"nonce\":\"n-1\",\"azp\":\"c-1\","
	"\"act\":{\"sub\":\"p-1\",\"role\":\"agent\"},\"name\":\"\\u5f20\\u4e09 \\\"x\\\" \\ud83d\\ude00\","
	"\"n\":42,\"ok\":true}";

static struct auth_options options(void)
{
	struct auth_options o = AUTH_OPTIONS_INIT;
	o.issuer = "https://id.example";
	o.audience = "https://a.example";
	return o;
}

static void each_algorithm(void **state)
{
	(void)state;
	static const char *const ALGS[] = { "ES256", "ES384", "ES512", "RS256",	 "RS384", "RS512",
					    "PS256", "PS384", "PS512", "EdDSA", "SGD_SM3_SM2" };
	for (size_t i = 0; i < COUNT_OF(ALGS); i++) {
		struct signer s;
		struct auth_options o = options();
		signer_init(&s, ALGS[i], "k1");
		struct auth_verifier *v = verifier(&o, &s);
		char *token = sign_access(&s, PAYLOAD);
		for (int again = 0; again < 3; again++)
			assert_verdict(v, token, NOW, AUTH_OK);
		o.algorithms = (const char *const[]){ "ES256", NULL };
		struct auth_verifier *es256 = verifier(&o, &s);
		assert_verdict(es256, token, NOW, i ? AUTH_UNSUPPORTED_ALGORITHM : AUTH_OK);
		auth_verifier_free(es256);
		auth_verifier_free(v);
		free(token);
		signer_done(&s);
	}
}

static void its_claims(void **state)
{
	(void)state;
	struct signer s;
	struct auth_options o = options();
	struct auth_claims *c = NULL;
	int64_t n = 0;
	signer_init(&s, "ES256", "k1");
	struct auth_verifier *v = verifier(&o, &s);
	char *token = sign_access(&s, PAYLOAD);
	assert_int_equal(auth_verify(v, token, strlen(token), NOW, &c), AUTH_OK);
	auth_verifier_free(v); /* claims live on */
	free(token);

	assert_string_equal(auth_claims_iss(c), "https://id.example");
	assert_string_equal(auth_claims_sub(c), "u-1");
	assert_string_equal(auth_claims_jti(c), "t-1");
	assert_string_equal(auth_claims_client_id(c), "c-1");
	assert_string_equal(auth_claims_azp(c), "c-1");
	assert_string_equal(auth_claims_scope(c), "openid profile");
	assert_string_equal(auth_claims_acr(c), "urn:authd:acr:rn3");
	assert_string_equal(auth_claims_sid(c), "s-1");
	assert_string_equal(auth_claims_nonce(c), "n-1");
	assert_string_equal(auth_claims_alg(c), "ES256");
	assert_string_equal(auth_claims_kid(c), "k1");
	assert_int_equal(auth_claims_exp(c), 1700000300);
	assert_int_equal(auth_claims_iat(c), 1700000000);
	assert_int_equal(auth_claims_nbf(c), 1700000000);
	assert_int_equal(auth_claims_auth_time(c), 1699999999);
	assert_int_equal(auth_claims_aud_count(c), 2);
	assert_string_equal(auth_claims_aud(c, 1), "b");
	assert_null(auth_claims_aud(c, 2));
	assert_true(auth_claims_has_aud(c, "b") && !auth_claims_has_aud(c, "c"));
	assert_true(auth_claims_has_scope(c, "profile") && !auth_claims_has_scope(c, "pro"));
	assert_false(auth_claims_has_scope(c, "") || auth_claims_has_scope(c, NULL));
	assert_string_equal(auth_claims_string(c, "name"), "张三 \"x\" 😀");
	assert_null(auth_claims_string(c, "exp"));
	assert_int_equal(auth_claims_integer(c, "n", &n), AUTH_OK);
	assert_int_equal(n, 42);
	assert_int_equal(auth_claims_integer(c, "sub", &n), AUTH_NO_CLAIM);
	assert_int_equal(auth_claims_check_nonce(c, "n-1"), AUTH_OK);
	assert_int_equal(auth_claims_check_nonce(c, "n-2"), AUTH_WRONG_NONCE);
	assert_int_equal(auth_claims_check_nonce(c, NULL), AUTH_WRONG_NONCE);

	const struct auth_value *act = auth_claims_value(c, "act");
	assert_string_equal(auth_value_string(auth_value_member(act, "role")), "agent");
	assert_int_equal(auth_value_count(act), 2);
	assert_string_equal(auth_value_name(auth_value_next(act, auth_value_first(act))), "role");
	assert_null(auth_value_next(act, auth_value_next(act, auth_value_first(act))));
	assert_true(auth_value_true(auth_claims_value(c, "ok")));
	assert_null(auth_value_string(auth_value_member(auth_claims_value(c, "none"), "sub")));
	assert_int_equal(auth_value_type(auth_claims_value(c, NULL)), AUTH_TYPE_OBJECT);
	auth_claims_free(c);
	signer_done(&s);
}

static void each_byte_altered(void **state)
{
	(void)state;
	static const char *const ALGS[] = { "ES256", "RS256", "PS256", "EdDSA", "SGD_SM3_SM2" };
	for (size_t i = 0; i < COUNT_OF(ALGS); i++) {
		struct signer s;
		struct auth_options o = options();
		signer_init(&s, ALGS[i], "k1");
		struct auth_verifier *v = verifier(&o, &s);
		char *token = sign_access(&s, PAYLOAD);
		size_t n = strlen(token);
		for (size_t at = 0; at < n; at++) {
			char was = token[at];
			static const char OTHERS[] = "A_.=z";
			token[at] = OTHERS[at % (sizeof OTHERS - 1)];
			if (token[at] == was)
				token[at] = 'Q';
			assert_int_not_equal(verdict(v, token, NOW), AUTH_OK);
			token[at] = was;
		}
		assert_verdict(v, token, NOW, AUTH_OK);
		for (size_t cut = 0; cut < n; cut++) { /* cut off, and one byte left out */
			struct auth_claims *c = NULL;
			assert_int_not_equal(auth_verify(v, token, cut, NOW, &c), AUTH_OK);
		}
		auth_verifier_free(v);
		free(token);
		signer_done(&s);
	}
}

/* Where OpenSSL has ML-DSA it is verified, elsewhere it does not exist. */
static void ml_dsa(void **state)
{
	(void)state;
	static const char *const ALGS[] = { "ML-DSA-44", "ML-DSA-65", "ML-DSA-87" };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "ML-DSA-65", NULL);
	bool exists = ctx;
	EVP_PKEY_CTX_free(ctx);
	if (!exists) {
		struct auth_options o = options();
		struct auth_verifier *v;
		o.algorithms = (const char *const[]){ "ML-DSA-65", NULL };
		assert_int_equal(auth_verifier_new(&o, &v, NULL), AUTH_BAD_OPTIONS);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(ALGS); i++) {
		struct signer s, other;
		struct auth_options o = options();
		signer_init(&s, ALGS[i], "k1");
		signer_init(&other, ALGS[i], "k1");
		struct auth_verifier *v = verifier(&o, &s);
		char *token = sign_access(&s, PAYLOAD), *forged = sign_access(&other, PAYLOAD);
		for (int again = 0; again < 3; again++) {
			assert_verdict(v, token, NOW, AUTH_OK);
			assert_verdict(v, forged, NOW, AUTH_BAD_SIGNATURE);
		}
		for (size_t at = 0; at < strlen(token); at += 7) {
			char was = token[at];
			token[at] = was == 'A' ? 'B' : 'A';
			assert_int_not_equal(verdict(v, token, NOW), AUTH_OK);
			token[at] = was;
		}
		auth_verifier_free(v);
		free(token);
		free(forged);
		signer_done(&s);
		signer_done(&other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_algorithm), cmocka_unit_test(ml_dsa),
		cmocka_unit_test(its_claims),
		cmocka_unit_test(each_byte_altered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
