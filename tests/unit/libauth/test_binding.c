/* DPoP proofs, those of RFC 9449 and altered ones, and what a token is bound to. */
#include "tokens.h"

#include "libauth/base/encode.h"
#include "libauth/base/mem.h"

#include <jansson.h>
#include <stdio.h>

enum { NOW = 1700000100 };

#define URI "https://api.example/orders"

static struct auth_dpop request(void)
{
	struct auth_dpop r = AUTH_DPOP_INIT;
	r.method = "POST";
	r.uri = URI "?page=2#top";
	return r;
}

static enum auth_status prove(const char *proof, const struct auth_dpop *r, int64_t now)
{
	struct auth_claims *claims = NULL;
	enum auth_status s = auth_verify_dpop(proof, strlen(proof), r, now, &claims);
	assert_int_equal(s == AUTH_OK, claims && auth_claims_jkt(claims));
	auth_claims_free(claims);
	return s;
}

#define assert_answer(have, want) assert_string_equal(auth_strerror(have), auth_strerror(want))

/* The proofs of the RFC. */
static void published(void **state)
{
	(void)state;
	json_t *file = json_load_file(VECTORS "/dpop/rfc9449_examples.json", 0, NULL), *row;
	const char *jkt = json_string_value(json_object_get(file, "jkt"));
	size_t i;
	assert_non_null(jkt);
	assert_true(json_array_size(json_object_get(file, "proofs")) >= 3);
	json_array_foreach(json_object_get(file, "proofs"), i, row) {
		const char *proof = json_string_value(json_object_get(row, "proof"));
		struct auth_claims *claims;
		struct auth_dpop r = AUTH_DPOP_INIT;
		json_t *claim = json_object_get(row, "payload");
		int64_t at = json_integer_value(json_object_get(claim, "iat"));
		r.method = json_string_value(json_object_get(claim, "htm"));
		r.uri = json_string_value(json_object_get(claim, "htu"));
		r.nonce = json_string_value(json_object_get(claim, "nonce"));
		if (json_object_get(claim, "ath"))
			r.access_token = json_string_value(json_object_get(file, "access_token"));
		assert_answer(auth_verify_dpop(proof, strlen(proof), &r, at, &claims), AUTH_OK);
		assert_string_equal(auth_claims_jkt(claims), jkt);
		auth_claims_free(claims);
		r.method = "PATCH";
		assert_answer(prove(proof, &r, at), AUTH_WRONG_BINDING);
	}
	json_decref(file);
}

static char *proof_of(const struct signer *s, const char *claims)
{
	char header[4300];
	snprintf(header, sizeof header, "{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":%s}", s->alg, s->jwk);
	return sign(s, header, claims);
}

static void each_algorithm(void **state)
{
	(void)state;
	static const char *const ALGS[] = { "ES256", "ES384", "RS256", "PS256", "EdDSA", "SGD_SM3_SM2" };
	const struct auth_dpop r = request();
	for (size_t i = 0; i < COUNT_OF(ALGS); i++) {
		struct signer s;
		signer_init(&s, ALGS[i], "k");
		AUTO_MEM char *proof = proof_of(&s, "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"" URI
						    "\",\"iat\":1700000100}");
		assert_answer(prove(proof, &r, NOW), AUTH_OK);
		signer_done(&s);
	}
}

static void claims_of_a_proof(void **state)
{
	(void)state;
	static const struct {
		const char *claims;
		enum auth_status answer;
	} ROWS[] = {
		{ "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"" URI "\",\"iat\":1700000030}", AUTH_OK },
		{ "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"" URI "\",\"iat\":1700000110}", AUTH_OK },
		{ "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"" URI "\",\"iat\":1700000029}", AUTH_TOO_OLD },
		{ "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"" URI "\",\"iat\":1700000111}",
		  AUTH_NOT_YET_VALID },
		{ "{\"htm\":\"POST\",\"htu\":\"" URI "\",\"iat\":1700000100}", AUTH_MISSING_CLAIM },
		{ "{\"jti\":\"\",\"htm\":\"POST\",\"htu\":\"" URI "\",\"iat\":1700000100}",
		  AUTH_MISSING_CLAIM },
		{ "{\"jti\":\"j\",\"htu\":\"" URI "\",\"iat\":1700000100}", AUTH_MISSING_CLAIM },
		{ "{\"jti\":\"j\",\"htm\":\"POST\",\"iat\":1700000100}", AUTH_MISSING_CLAIM },
		{ "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"" URI "\"}", AUTH_MISSING_CLAIM },
		{ "{\"jti\":\"j\",\"htm\":\"post\",\"htu\":\"" URI "\",\"iat\":1700000100}",
		  AUTH_WRONG_BINDING },
		{ "{\"jti\":\"j\",\"htm\":\"GET\",\"htu\":\"" URI "\",\"iat\":1700000100}",
		  AUTH_WRONG_BINDING },
	};
	struct signer s;
	const struct auth_dpop r = request();
	signer_init(&s, "ES256", "k");
	for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
		AUTO_MEM char *proof = proof_of(&s, ROWS[i].claims);
		assert_answer(prove(proof, &r, NOW), ROWS[i].answer);
	}
	signer_done(&s);
}

static void uris(void **state)
{
	(void)state;
	static const struct {
		const char *htu;
		enum auth_status answer;
	} ROWS[] = {
		{ "https://api.example/orders", AUTH_OK },
		{ "https://api.example/orders?x=y", AUTH_OK },
		{ "HTTPS://API.Example:443/orders", AUTH_OK },
		{ "https://api.example:8443/orders", AUTH_WRONG_BINDING },
		{ "https://api.example:80/orders", AUTH_WRONG_BINDING },
		{ "https://api.example/Orders", AUTH_WRONG_BINDING },
		{ "https://api.example/orders/", AUTH_WRONG_BINDING },
		{ "https://api.example/", AUTH_WRONG_BINDING },
		{ "https://api.example", AUTH_WRONG_BINDING },
		{ "http://api.example/orders", AUTH_WRONG_BINDING },
		{ "https://api.example.evil/orders", AUTH_WRONG_BINDING },
		{ "https:/api.example/orders", AUTH_WRONG_BINDING },
		{ "//api.example/orders", AUTH_WRONG_BINDING },
		{ "/orders", AUTH_WRONG_BINDING },
		{ "", AUTH_WRONG_BINDING },
	};
	struct signer s;
	struct auth_dpop r = request();
	signer_init(&s, "ES256", "k");
	for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
		char claims[300];
		snprintf(claims, sizeof claims,
			 "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"%s\",\"iat\":1700000100}", ROWS[i].htu);
		AUTO_MEM char *proof = proof_of(&s, claims);
		assert_answer(prove(proof, &r, NOW), ROWS[i].answer);
	}
	AUTO_MEM char *root = proof_of(&s, "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"https://a.example\","
					   "\"iat\":1700000100}");
	r.uri = "https://a.example:443/";
	assert_answer(prove(root, &r, NOW), AUTH_OK);
	signer_done(&s);
}

static void nonce_and_token(void **state)
{
	(void)state;
	struct signer s;
	struct auth_dpop r = request();
	signer_init(&s, "ES256", "k");
	/* SHA-256 of "token" */
	AUTO_MEM char *proof = proof_of(&s, "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"" URI
					    "\",\"iat\":1700000100,\"nonce\":\"n\",\"ath\":"
					    "\"PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A\"}");
	AUTO_MEM char *bare =
		proof_of(&s, "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"" URI "\",\"iat\":1700000100}");
	assert_answer(prove(proof, &r, NOW), AUTH_OK);
	r.access_token = "token";
	assert_answer(prove(proof, &r, NOW), AUTH_OK);
	assert_answer(prove(bare, &r, NOW), AUTH_MISSING_CLAIM);
	r.access_token = "other";
	assert_answer(prove(proof, &r, NOW), AUTH_WRONG_HASH);
	r.access_token = NULL;
	r.nonce = "n";
	assert_answer(prove(proof, &r, NOW), AUTH_OK);
	assert_answer(prove(bare, &r, NOW), AUTH_WRONG_NONCE);
	r.nonce = "m";
	assert_answer(prove(proof, &r, NOW), AUTH_WRONG_NONCE);
	signer_done(&s);
}

static void keys_of_a_proof(void **state)
{
	(void)state;
	static const char CLAIMS[] =
		"{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"" URI "\",\"iat\":1700000100}";
	const struct auth_dpop r = request();
	struct signer s, other;
	char header[5200];
	signer_init(&s, "ES256", "k");
	signer_init(&other, "ES256", "k");
	AUTO_MEM char *good = proof_of(&s, CLAIMS);
	for (size_t i = 0; i < strlen(good); i++) {
		char was = good[i];
		good[i] = was == 'A' ? 'B' : 'A';
		assert_int_not_equal(prove(good, &r, NOW), AUTH_OK);
		good[i] = was;
	}
	const struct {
		const char *typ, *more, *jwk;
		enum auth_status answer;
	} ROWS[] = {
		{ "dpop+jwt", "", s.jwk, AUTH_OK },
		{ "JWT", "", s.jwk, AUTH_WRONG_TYPE },
		{ "dpop+jwt", "", other.jwk, AUTH_BAD_SIGNATURE },
		{ "dpop+jwt", ",\"crit\":[\"x\"]", s.jwk, AUTH_UNSUPPORTED_HEADER },
		{ "dpop+jwt", "", "{\"kty\":\"oct\",\"k\":\"AAAA\"}", AUTH_BAD_KEYS },
		{ "dpop+jwt", "", "7", AUTH_BAD_KEYS },
	};
	for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
		snprintf(header, sizeof header, "{\"typ\":\"%s\",\"alg\":\"ES256\"%s,\"jwk\":%s}",
			 ROWS[i].typ, ROWS[i].more, ROWS[i].jwk);
		AUTO_MEM char *proof = sign(&s, header, CLAIMS);
		assert_answer(prove(proof, &r, NOW), ROWS[i].answer);
	}
	/* A proof with its private key in it. */
	char with_private[4200];
	snprintf(with_private, sizeof with_private, "%.*s,\"d\":\"AAAA\"}", (int)strlen(s.jwk) - 1, s.jwk);
	snprintf(header, sizeof header, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%s}", with_private);
	AUTO_MEM char *private = sign(&s, header, CLAIMS);
	assert_answer(prove(private, &r, NOW), AUTH_BAD_KEYS);
	AUTO_MEM char *keyless = sign(&s, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\"}", CLAIMS);
	assert_answer(prove(keyless, &r, NOW), AUTH_MALFORMED);
	AUTO_MEM char *mac = sign(&s, "{\"typ\":\"dpop+jwt\",\"alg\":\"HS256\"}", CLAIMS);
	assert_answer(prove(mac, &r, NOW), AUTH_UNSUPPORTED_ALGORITHM);
	struct auth_dpop bad = r;
	bad.uri = NULL;
	assert_answer(prove(good, &bad, NOW), AUTH_BAD_OPTIONS);
	signer_done(&s);
	signer_done(&other);
}

/* ---- bound access tokens -------------------------------------------------------------------- */

static struct auth_claims *bound(struct auth_verifier *v, const struct signer *s, const char *cnf,
				 enum auth_status *ret)
{
	char payload[600];
	struct auth_claims *claims = NULL;
	snprintf(payload, sizeof payload,
		 "{\"iss\":\"i\",\"sub\":\"u\",\"aud\":\"a\",\"client_id\":\"c\",\"iat\":%d,\"exp\":%d,"
		 "\"jti\":\"j\"%s}",
		 NOW, NOW + 60, cnf);
	AUTO_MEM char *token = sign_access(s, payload);
	*ret = auth_verify(v, token, strlen(token), NOW, &claims);
	return claims;
}

static void bound_tokens(void **state)
{
	(void)state;
	struct signer s;
	struct auth_options o = AUTH_OPTIONS_INIT;
	enum auth_status answer;
	o.issuer = "i";
	o.audience = "a";
	signer_init(&s, "EdDSA", "k");
	struct auth_verifier *plain = verifier(&o, &s);
	o.flags = AUTH_BOUND;
	struct auth_verifier *v = verifier(&o, &s);
	static const char KEY[] = ",\"cnf\":{\"jkt\":\"thumb\"}";
	/* SHA-256 of "token" */
	static const char CERTIFICATE[] =
		",\"cnf\":{\"x5t#S256\":\"PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A\"}";

	assert_null(bound(plain, &s, KEY, &answer));
	assert_answer(answer, AUTH_WRONG_BINDING);
	struct auth_claims *c = bound(v, &s, KEY, &answer);
	assert_answer(auth_claims_check_key(c, "thumb"), AUTH_OK);
	assert_answer(auth_claims_check_key(c, "Thumb"), AUTH_WRONG_BINDING);
	assert_answer(auth_claims_check_key(c, NULL), AUTH_WRONG_BINDING);
	assert_answer(auth_claims_check_certificate(c, "token", 5), AUTH_NO_CLAIM);
	auth_claims_free(c);
	c = bound(v, &s, CERTIFICATE, &answer);
	assert_answer(auth_claims_check_certificate(c, "token", 5), AUTH_OK);
	assert_answer(auth_claims_check_certificate(c, "tokem", 5), AUTH_WRONG_BINDING);
	assert_answer(auth_claims_check_key(c, "thumb"), AUTH_NO_CLAIM);
	auth_claims_free(c);
	c = bound(v, &s, "", &answer);
	assert_answer(auth_claims_check_key(c, "thumb"), AUTH_NO_CLAIM);
	assert_null(auth_claims_jkt(c));
	auth_claims_free(c);
	auth_verifier_free(plain);
	auth_verifier_free(v);
	signer_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published),	   cmocka_unit_test(each_algorithm),
		cmocka_unit_test(claims_of_a_proof), cmocka_unit_test(uris),
		cmocka_unit_test(nonce_and_token), cmocka_unit_test(keys_of_a_proof),
		cmocka_unit_test(bound_tokens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
