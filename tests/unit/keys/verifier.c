#include "tests/unit/keys/verifier.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

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

static EVP_PKEY *public_ec(struct arena *a, const json_t *jwk, const char *type, const char *group)
{
	struct slice x = member(a, jwk, "x"), y = member(a, jwk, "y");
	uint8_t point[65] = { 4 };
	assert_int_equal(x.n, 32);
	assert_int_equal(y.n, 32);
	memcpy(point + 1, x.p, 32);
	memcpy(point + 33, y.p, 32);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point);
	EVP_PKEY *key = from_params(type, b);
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

EVP_PKEY *public_key(struct arena *a, const json_t *jwk)
{
	const char *type = json_string_value(json_object_get(jwk, "kty"));
	const char *curve = json_string_value(json_object_get(jwk, "crv"));
	if (strcmp(type, "EC") == 0 && strcmp(curve, "SM2-P-256") == 0)
		return public_ec(a, jwk, "SM2", "SM2");
	if (strcmp(type, "EC") == 0)
		return public_ec(a, jwk, "EC", curve);
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

void jws_parse(struct arena *a, struct slice token, struct jws *ret)
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

json_t *find_key(json_t *set, const char *kid)
{
	size_t i;
	json_t *jwk;
	json_array_foreach(json_object_get(set, "keys"), i, jwk)
		if (strcmp(json_string_value(json_object_get(jwk, "kid")), kid) == 0)
			return jwk;
	return NULL;
}

json_t *load_jwks(struct keys *k)
{
	AUTO_ARENA struct arena a = { 0 };
	struct slice text;
	assert_ok(keys_jwks(k, &a, &text));
	json_t *set = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(set);
	return set;
}

bool verifies(json_t *set, struct slice token)
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
		bool sm2 = strcmp(alg, "SGD_SM3_SM2") == 0, raw = sm2 || strcmp(alg, "ES256") == 0;
		struct slice sig = raw ? to_der(&a, jws.signature) : jws.signature;
		const EVP_MD *md = strcmp(alg, "EdDSA") == 0 ? NULL : sm2 ? EVP_sm3() : EVP_sha256();
		EVP_PKEY_CTX *pss = NULL;
		ok = EVP_DigestVerifyInit(c, &pss, md, NULL, key) == 1;
		if (sm2)
			ok = ok && EVP_PKEY_CTX_set1_id(pss, "1234567812345678", 16) == 1;
		if (strcmp(alg, "PS256") == 0)
			ok = ok && EVP_PKEY_CTX_set_rsa_padding(pss, RSA_PKCS1_PSS_PADDING) == 1 &&
			     EVP_PKEY_CTX_set_rsa_pss_saltlen(pss, RSA_PSS_SALTLEN_DIGEST) == 1;
		ok = ok && EVP_DigestVerify(c, sig.p, sig.n, jws.input.p, jws.input.n) == 1;
		EVP_MD_CTX_free(c);
		EVP_PKEY_free(key);
	}
	json_decref(jws.header);
	return ok;
}
