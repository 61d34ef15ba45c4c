/* SGD_SM3_SM2: what is signed, by libauth and by the standard's numbers; and what libauth refuses. */
#include "tests/unit/keys/verifier.h"

#include "keys/signer.h"
#include "libauth/auth.h"

#include <openssl/ecdsa.h>

/* GM/T 0003.5 A.2. */
#define D "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
#define X "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
#define Y "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
#define KID "cUe_vINNYdT5XO-lhIZbSJhQ6NPzYzfgfgDEqG_vPwQ"
/* The order of the group. */
#define N "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define N_LESS_1 "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122"

static const char CLAIMS[] = "{\"iss\":\"https://id.example\",\"aud\":\"portal\",\"sub\":\"s\","
			     "\"exp\":1800000300,\"iat\":1800000000}";
static const char JWKS[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"SM2-P-256\",\"kid\":\"" KID "\","
			   "\"x\":\"CfnfMR5UIaFQ3X0WHkvFxnIXn60YM_wHa7CP81bzUCA\","
			   "\"y\":\"zOpJDOJndaUtxupxjMGqYArtBfvzXghKZjL2By2prRM\"}]}";

struct sm2 {
	struct arena arena;
	struct ring_key key;
	struct signer *signer;
	EVP_PKEY *openssl;
	struct auth_verifier *verifier;
};

static struct slice bytes_of(struct arena *a, const char *hex)
{
	uint8_t *p = arena_alloc(a, strlen(hex) / 2);
	return slice_of(p, unhex(hex, p));
}

static int set_up(void **state)
{
	struct sm2 *t = calloc(1, sizeof *t);
	struct auth_options options = AUTH_OPTIONS_INIT;
	struct auth_keyset *set = NULL;
	t->key = (struct ring_key){ .algorithm = KEY_SM2,
				    .pair = { bytes_of(&t->arena, X Y), bytes_of(&t->arena, D) } };
	assert_ok(keypair_kid(KEY_SM2, t->key.pair.public_key, t->key.kid));
	assert_string_equal(t->key.kid, KID);
	assert_ok(signer_new(&t->key, &t->signer));
	assert_ok(keypair_load(KEY_SM2, &t->key.pair, &t->openssl));
	options.kind = AUTH_ID_TOKEN;
	options.issuer = "https://id.example";
	options.audience = "portal";
	assert_int_equal(auth_keyset_from_json(JWKS, strlen(JWKS), &set, NULL), AUTH_OK);
	assert_int_equal(auth_verifier_new(&options, &t->verifier, NULL), AUTH_OK);
	assert_int_equal(auth_verifier_set_keys(t->verifier, set), AUTH_OK);
	auth_keyset_free(set);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct sm2 *t = *state;
	signer_free(t->signer);
	EVP_PKEY_free(t->openssl);
	auth_verifier_free(t->verifier);
	arena_done(&t->arena);
	free(t);
	return 0;
}

static enum auth_status verdict(struct sm2 *t, struct slice token)
{
	struct auth_claims *claims = NULL;
	enum auth_status s = auth_verify(t->verifier, (const char *)token.p, token.n, NOW, &claims);
	auth_claims_free(claims);
	return s;
}

/* One signature in 128 has an r or s that begins with a zero byte. */
static void every_signature_has_64_bytes_and_verifies(void **state)
{
	struct sm2 *t = *state;
	for (size_t i = 0, n = 0; n < 3; i++) {
		AUTO_ARENA struct arena a = { 0 };
		AUTO_BUF struct buf token = { 0 };
		struct jws jws;
		assert_in_range(i, 0, 5000);
		assert_ok(signer_sign(t->signer, "JWT", slice_str(CLAIMS), &token));
		jws_parse(&a, buf_slice(&token), &jws);
		json_decref(jws.header);
		assert_int_equal(jws.signature.n, 64);
		bool padded = !jws.signature.p[0] || !jws.signature.p[32];
		n += padded;
		if (i < 20 || padded)
			assert_int_equal(verdict(t, buf_slice(&token)), AUTH_OK);
	}
}

/* ---- what is refused ---------------------------------------------------------------------- */

static void put_signed_text(struct buf *b, const char *header)
{
	buf_put_base64url(b, slice_str(header));
	buf_put_byte(b, '.');
	buf_put_base64url(b, slice_str(CLAIMS));
}

#define HEADER(alg) "{\"alg\":\"" alg "\",\"kid\":\"" KID "\",\"typ\":\"JWT\"}"

static enum auth_status verdict_of(struct sm2 *t, const char *header, struct slice signature)
{
	AUTO_BUF struct buf token = { 0 };
	put_signed_text(&token, header);
	buf_put_byte(&token, '.');
	buf_put_base64url(&token, signature);
	assert_ok(buf_status(&token));
	return verdict(t, buf_slice(&token));
}

/* By OpenSSL: DER, and r || s. */
static void sign_as(struct sm2 *t, const char *id, const char *header, struct arena *a,
		    struct slice *ret_der, struct slice *ret_raw)
{
	AUTO_BUF struct buf text = { 0 };
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	EVP_PKEY_CTX *how;
	uint8_t *der = arena_alloc(a, 80), *raw = arena_alloc(a, 64);
	size_t n = 80;
	put_signed_text(&text, header);
	assert_int_equal(EVP_DigestSignInit(c, &how, EVP_sm3(), NULL, t->openssl), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_id(how, id, strlen(id)), 1);
	assert_int_equal(EVP_DigestSign(c, der, &n, text.p, text.n), 1);
	EVP_MD_CTX_free(c);
	const uint8_t *at = der;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)n);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32), 32);
	ECDSA_SIG_free(pair);
	*ret_der = slice_of(der, n);
	*ret_raw = slice_of(raw, 64);
}

static void another_identifier_is_refused(void **state)
{
	struct sm2 *t = *state;
	AUTO_ARENA struct arena a = { 0 };
	struct slice der, raw;
	sign_as(t, "1234567812345678", HEADER("SGD_SM3_SM2"), &a, &der, &raw);
	assert_int_equal(verdict_of(t, HEADER("SGD_SM3_SM2"), raw), AUTH_OK);
	sign_as(t, "", HEADER("SGD_SM3_SM2"), &a, &der, &raw);
	assert_int_equal(verdict_of(t, HEADER("SGD_SM3_SM2"), raw), AUTH_BAD_SIGNATURE);
	sign_as(t, "ALICE123@YAHOO.COM", HEADER("SGD_SM3_SM2"), &a, &der, &raw);
	assert_int_equal(verdict_of(t, HEADER("SGD_SM3_SM2"), raw), AUTH_BAD_SIGNATURE);
}

static void another_form_is_refused(void **state)
{
	struct sm2 *t = *state;
	AUTO_ARENA struct arena a = { 0 };
	struct slice der, raw;
	sign_as(t, "1234567812345678", HEADER("SGD_SM3_SM2"), &a, &der, &raw);
	uint8_t longer[65] = { 0 };
	memcpy(longer + 1, raw.p, 64);
	assert_int_equal(verdict_of(t, HEADER("SGD_SM3_SM2"), der), AUTH_BAD_SIGNATURE);
	assert_int_equal(verdict_of(t, HEADER("SGD_SM3_SM2"), slice_first(raw, 63)), AUTH_BAD_SIGNATURE);
	assert_int_equal(verdict_of(t, HEADER("SGD_SM3_SM2"), slice_of(longer, 65)), AUTH_BAD_SIGNATURE);
	assert_int_equal(verdict_of(t, HEADER("SGD_SM3_SM2"), NO_SLICE), AUTH_MALFORMED);
}

/* GM/T 0003.2 §7.1: 1 <= r, s <= n - 1, and r + s is not n. */
static void numbers_out_of_range_are_refused(void **state)
{
	struct sm2 *t = *state;
	static const char *const SIGNATURES[] = { ZERO ONE, ONE ZERO, N ONE, ONE N, ZERO ZERO, N N,
						  ONE N_LESS_1, N_LESS_1 ONE, ONE ONE };
	for (size_t i = 0; i < COUNT_OF(SIGNATURES); i++) {
		AUTO_ARENA struct arena a = { 0 };
		assert_int_equal(verdict_of(t, HEADER("SGD_SM3_SM2"), bytes_of(&a, SIGNATURES[i])),
				 AUTH_BAD_SIGNATURE);
	}
}

/* The header chooses among what the key is for, and nothing else. */
static void another_algorithm_is_refused(void **state)
{
	struct sm2 *t = *state;
	static const struct {
		const char *header;
		enum auth_status expected;
	} ROWS[] = {
		{ HEADER("none"), AUTH_UNSUPPORTED_ALGORITHM },
		{ HEADER("HS256"), AUTH_UNSUPPORTED_ALGORITHM },
		{ HEADER("SM2"), AUTH_UNSUPPORTED_ALGORITHM },
		{ HEADER("ES256"), AUTH_UNSUPPORTED_ALGORITHM },
		{ "{\"alg\":\"SGD_SM3_SM2\",\"typ\":\"JWT\"}", AUTH_UNKNOWN_KEY },
		{ "{\"alg\":\"SGD_SM3_SM2\",\"alg\":\"SGD_SM3_SM2\",\"kid\":\"" KID "\"}", AUTH_MALFORMED },
		{ "{\"alg\":\"SGD_SM3_SM2\",\"kid\":\"" KID "\",\"crit\":[\"x\"],\"x\":1}", AUTH_UNSUPPORTED_HEADER },
	};
	for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
		AUTO_ARENA struct arena a = { 0 };
		struct slice der, raw;
		sign_as(t, "1234567812345678", ROWS[i].header, &a, &der, &raw);
		enum auth_status s = verdict_of(t, ROWS[i].header, raw);
		if (s != ROWS[i].expected)
			fail_msg("%s: %s", ROWS[i].header, auth_strerror(s));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_signature_has_64_bytes_and_verifies),
		cmocka_unit_test(another_identifier_is_refused),
		cmocka_unit_test(another_form_is_refused),
		cmocka_unit_test(numbers_out_of_range_are_refused),
		cmocka_unit_test(another_algorithm_is_refused),
	};
	return cmocka_run_group_tests_name("sm2", tests, set_up, tear_down);
}
