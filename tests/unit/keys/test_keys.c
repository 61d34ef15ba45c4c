#include "tests/unit/keys/test.h"

#include "keys/seal.h"

#include <fcntl.h>
#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sys/stat.h>

static const int64_t NOW = 1800000000;

static struct keys *create_and_open(const struct place *p)
{
	struct error e = { 0 };
	struct keys *k = NULL;
	if (keys_create(&p->options, NOW, &e) != ST_OK || keys_open(&p->options, &k, &e) != ST_OK)
		fail_msg("%s", e.message);
	return k;
}

/* ---- a verifier of its own: OpenSSL alone, from the JWKS alone --------------------------- */

static struct slice member(struct arena *a, const json_t *jwk, const char *name)
{
	struct slice bytes;
	const char *text = json_string_value(json_object_get(jwk, name));
	assert_non_null(text);
	assert_ok(arena_base64url_decode(a, slice_str(text), &bytes));
	return bytes;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *build)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	assert_int_equal(EVP_PKEY_fromdata_init(c), 1);
	assert_int_equal(EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(c);
	OSSL_PARAM_free(params);
	return key;
}

static EVP_PKEY *public_ec(struct arena *a, const json_t *jwk)
{
	struct slice x = member(a, jwk, "x"), y = member(a, jwk, "y");
	uint8_t point[65] = { 4 };
	assert_int_equal(x.n, 32);
	assert_int_equal(y.n, 32);
	memcpy(point + 1, x.p, 32);
	memcpy(point + 33, y.p, 32);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point);
	EVP_PKEY *key = from_params("EC", b);
	OSSL_PARAM_BLD_free(b);
	return key;
}

static EVP_PKEY *public_rsa(struct arena *a, const json_t *jwk)
{
	struct slice n = member(a, jwk, "n"), e = member(a, jwk, "e");
	BIGNUM *modulus = BN_bin2bn(n.p, (int)n.n, NULL), *exponent = BN_bin2bn(e.p, (int)e.n, NULL);
	assert_in_range(BN_num_bits(modulus), 2048, 4096);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, modulus);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, exponent);
	EVP_PKEY *key = from_params("RSA", b);
	OSSL_PARAM_BLD_free(b);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

static EVP_PKEY *public_key(struct arena *a, const json_t *jwk)
{
	const char *type = json_string_value(json_object_get(jwk, "kty"));
	if (strcmp(type, "EC") == 0)
		return public_ec(a, jwk);
	if (strcmp(type, "RSA") == 0)
		return public_rsa(a, jwk);
	struct slice x = member(a, jwk, "x");
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x.p, x.n);
}

/* r||s to DER, as OpenSSL wants it. */
static struct slice to_der(struct arena *a, struct slice raw)
{
	assert_int_equal(raw.n, 64);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	ECDSA_SIG_set0(sig, BN_bin2bn(raw.p, 32, NULL), BN_bin2bn(raw.p + 32, 32, NULL));
	uint8_t *der = NULL;
	int n = i2d_ECDSA_SIG(sig, &der);
	struct slice copy = arena_copy(a, slice_of(der, (size_t)n));
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	return copy;
}

struct jws {
	struct slice input, signature;
	json_t *header;
};

static void jws_parse(struct arena *a, struct slice token, struct jws *ret)
{
	size_t first = slice_find(token, '.');
	size_t second = first + 1 + slice_find(slice_from(token, first + 1), '.');
	struct slice header;
	assert_ok(arena_base64url_decode(a, slice_first(token, first), &header));
	assert_ok(arena_base64url_decode(a, slice_from(token, second + 1), &ret->signature));
	ret->input = slice_first(token, second);
	ret->header = json_loadb((const char *)header.p, header.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(ret->header);
}

static json_t *find_key(json_t *set, const char *kid)
{
	size_t i;
	json_t *jwk;
	json_array_foreach(json_object_get(set, "keys"), i, jwk)
		if (strcmp(json_string_value(json_object_get(jwk, "kid")), kid) == 0)
			return jwk;
	return NULL;
}

static json_t *load_jwks(struct keys *k)
{
	AUTO_ARENA struct arena a = { 0 };
	struct slice text;
	assert_ok(keys_jwks(k, &a, &text));
	json_t *set = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(set);
	return set;
}

static bool verifies(json_t *set, struct slice token)
{
	AUTO_ARENA struct arena a = { 0 };
	struct jws jws;
	jws_parse(&a, token, &jws);
	json_t *jwk = find_key(set, json_string_value(json_object_get(jws.header, "kid")));
	const char *alg = json_string_value(json_object_get(jws.header, "alg"));
	bool ok = jwk && strcmp(json_string_value(json_object_get(jwk, "alg")), alg) == 0;
	if (ok) {
		EVP_PKEY *key = public_key(&a, jwk);
		EVP_MD_CTX *c = EVP_MD_CTX_new();
		struct slice sig = strcmp(alg, "ES256") == 0 ? to_der(&a, jws.signature) : jws.signature;
		const EVP_MD *md = strcmp(alg, "EdDSA") == 0 ? NULL : EVP_sha256();
		ok = EVP_DigestVerifyInit(c, NULL, md, NULL, key) == 1 &&
		     EVP_DigestVerify(c, sig.p, sig.n, jws.input.p, jws.input.n) == 1;
		EVP_MD_CTX_free(c);
		EVP_PKEY_free(key);
	}
	json_decref(jws.header);
	return ok;
}

/* ---- signing ---------------------------------------------------------------------------- */

static void each_algorithm_signs_what_its_jwk_verifies(void **state)
{
	(void)state;
	AUTO_PLACE struct place p;
	place_init(&p);
	AUTO(keys) struct keys *k = create_and_open(&p);
	json_t *set = load_jwks(k);
	for (int alg = 0; alg < KEY_ALGORITHM_COUNT; alg++) {
		for (int i = 0; i < 20; i++) {
			AUTO_BUF struct buf token = { 0 };
			const char *type = i % 3 == 0 ? "at+jwt" : i % 3 == 1 ? "JWT" : "logout+jwt";
			assert_ok(sign_text(k, (enum key_algorithm)alg, type, "{\"sub\":\"a\"}", &token));
			assert_true(verifies(set, buf_slice(&token)));
			token.p[token.n / 2] ^= 1; /* in the payload or the signature */
			AUTO_ARENA struct arena a = { 0 };
			struct slice unused;
			if (arena_base64url_decode(&a, slice_from(buf_slice(&token), token.n - 4), &unused) == ST_OK)
				continue;
		}
	}
	json_decref(set);
}

static void the_header_names_algorithm_key_and_type(void **state)
{
	(void)state;
	AUTO_PLACE struct place p;
	place_init(&p);
	AUTO(keys) struct keys *k = create_and_open(&p);
	AUTO_ARENA struct arena a = { 0 };
	AUTO_BUF struct buf token = { 0 };
	buf_put_text(&token, "before ");
	assert_ok(sign_text(k, KEY_ES256, "at+jwt", "{}", &token));
	assert_true(slice_starts(buf_slice(&token), SLICE("before ")));
	struct jws jws;
	jws_parse(&a, slice_from(buf_slice(&token), 7), &jws);
	assert_string_equal(json_string_value(json_object_get(jws.header, "alg")), "ES256");
	assert_string_equal(json_string_value(json_object_get(jws.header, "typ")), "at+jwt");
	assert_int_equal(json_object_size(jws.header), 3);
	assert_int_equal(jws.signature.n, 64);
	json_decref(jws.header);
}

/* ---- JWKS ------------------------------------------------------------------------------- */

static void the_jwks_has_public_members_alone(void **state)
{
	(void)state;
	static const char *const private_members[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };
	AUTO_PLACE struct place p;
	place_init(&p);
	AUTO(keys) struct keys *k = create_and_open(&p);
	json_t *set = load_jwks(k), *jwk;
	size_t i;
	assert_int_equal(json_array_size(json_object_get(set, "keys")), KEY_ALGORITHM_COUNT);
	json_array_foreach(json_object_get(set, "keys"), i, jwk) {
		for (size_t m = 0; m < COUNT_OF(private_members); m++)
			assert_null(json_object_get(jwk, private_members[m]));
		assert_string_equal(json_string_value(json_object_get(jwk, "use")), "sig");
		assert_string_equal(json_string_value(json_object_get(jwk, "alg")),
				    key_algorithm_name((enum key_algorithm)i));
	}
	json_decref(set);
}

static void symmetric_secrets_stay_the_same(void **state)
{
	(void)state;
	AUTO_PLACE struct place p;
	place_init(&p);
	AUTO(keys) struct keys *k = create_and_open(&p);
	AUTO(keys) struct keys *again = NULL;
	assert_ok(keys_open(&p.options, &again, NULL));
	struct secret seen[SECRET_USE_COUNT];
	for (int use = 0; use < SECRET_USE_COUNT; use++) {
		struct secret other;
		uint32_t version = 0, versions[4];
		assert_ok(keys_secret(k, (enum secret_use)use, 0, &seen[use], &version));
		assert_int_equal(version, 1);
		assert_ok(keys_secret(again, (enum secret_use)use, 1, &other, NULL));
		assert_memory_equal(seen[use].bytes, other.bytes, SECRET_SIZE);
		assert_int_equal(keys_secret(k, (enum secret_use)use, 2, &other, NULL), ST_NOT_FOUND);
		assert_int_equal(keys_secret_versions(k, (enum secret_use)use, versions, 4), 1);
		assert_int_equal(keys_secret_versions(k, (enum secret_use)use, versions, 0), 0);
		for (int before = 0; before < use; before++)
			assert_memory_not_equal(seen[use].bytes, seen[before].bytes, SECRET_SIZE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_algorithm_signs_what_its_jwk_verifies),
		cmocka_unit_test(the_header_names_algorithm_key_and_type),
		cmocka_unit_test(the_jwks_has_public_members_alone),
		cmocka_unit_test(symmetric_secrets_stay_the_same),
	};
	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
