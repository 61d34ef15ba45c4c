#include "tokens.h"

#include "libauth/base/encode.h"
#include "libauth/base/mem.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <stdio.h>

static const struct {
	const char *alg, *kty, *crv, *group, *digest;
	int coordinate;
} ALGS[] = {
	{ "ES256", "EC", "P-256", "P-256", "SHA256", 32 },
	{ "ES384", "EC", "P-384", "P-384", "SHA384", 48 },
	{ "ES512", "EC", "P-521", "P-521", "SHA512", 66 },
	{ "SGD_SM3_SM2", "EC", "SM2-P-256", NULL, "SM3", 32 },
	{ "RS256", "RSA", NULL, NULL, "SHA256", 0 },
	{ "RS384", "RSA", NULL, NULL, "SHA384", 0 },
	{ "RS512", "RSA", NULL, NULL, "SHA512", 0 },
	{ "PS256", "RSA", NULL, NULL, "SHA256", 0 },
	{ "PS384", "RSA", NULL, NULL, "SHA384", 0 },
	{ "PS512", "RSA", NULL, NULL, "SHA512", 0 },
	{ "EdDSA", "OKP", "Ed25519", NULL, NULL, 0 },
	{ "ML-DSA-44", "AKP", NULL, NULL, NULL, 0 },
	{ "ML-DSA-65", "AKP", NULL, NULL, NULL, 0 },
	{ "ML-DSA-87", "AKP", NULL, NULL, NULL, 0 },
};

static size_t row(const char *alg)
{
	for (size_t i = 0; i < COUNT_OF(ALGS); i++)
		if (!strcmp(ALGS[i].alg, alg))
			return i;
	fail_msg("no algorithm %s", alg);
	return 0;
}

static void put_number(struct buf *b, const char *name, const BIGNUM *n, int size)
{
	uint8_t bytes[1024];
	int used = size ? BN_bn2binpad(n, bytes, size) : BN_bn2bin(n, bytes);
	assert_true(used > 0);
	buf_format(b, ",\"%s\":\"", name);
	buf_put_base64url(b, slice_of(bytes, (size_t)used));
	buf_put_byte(b, '"');
}

static void put_key_number(struct buf *b, const EVP_PKEY *key, const char *name, const char *param,
			   int size)
{
	BIGNUM *n = NULL;
	assert_true(EVP_PKEY_get_bn_param(key, param, &n));
	put_number(b, name, n, size);
	BN_free(n);
}

static void put_public(struct buf *b, const EVP_PKEY *key, size_t i)
{
	if (ALGS[i].coordinate) {
		put_key_number(b, key, "x", OSSL_PKEY_PARAM_EC_PUB_X, ALGS[i].coordinate);
		put_key_number(b, key, "y", OSSL_PKEY_PARAM_EC_PUB_Y, ALGS[i].coordinate);
	} else if (strcmp(ALGS[i].kty, "RSA")) {
		uint8_t raw[2592];
		size_t n = sizeof raw;
		assert_true(EVP_PKEY_get_raw_public_key(key, raw, &n));
		buf_format(b, ",\"%s\":\"", ALGS[i].crv ? "x" : "pub");
		buf_put_base64url(b, slice_of(raw, n));
		buf_put_byte(b, '"');
	} else {
		put_key_number(b, key, "n", OSSL_PKEY_PARAM_RSA_N, 0);
		put_key_number(b, key, "e", OSSL_PKEY_PARAM_RSA_E, 0);
	}
}

static EVP_PKEY *generate(size_t i)
{
	if (ALGS[i].group)
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", ALGS[i].group);
	if (!strcmp(ALGS[i].kty, "RSA"))
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	if (!strcmp(ALGS[i].kty, "AKP"))
		return EVP_PKEY_Q_keygen(NULL, NULL, ALGS[i].alg);
	return EVP_PKEY_Q_keygen(NULL, NULL, ALGS[i].crv[0] == 'E' ? "ED25519" : "SM2");
}

void signer_init(struct signer *s, const char *alg, const char *kid)
{
	size_t i = row(alg);
	*s = (struct signer){ .key = generate(i), .alg = alg, .kid = kid };
	assert_non_null(s->key);
	AUTO_BUF struct buf b = { 0 };
	buf_format(&b, "{\"kty\":\"%s\"", ALGS[i].kty);
	if (ALGS[i].crv)
		buf_format(&b, ",\"crv\":\"%s\"", ALGS[i].crv);
	put_public(&b, s->key, i);
	if (kid)
		buf_format(&b, ",\"kid\":\"%s\"", kid);
	buf_format(&b, ",\"alg\":\"%s\",\"use\":\"sig\"}", alg);
	assert_true(b.n < sizeof s->jwk);
	memcpy(s->jwk, b.p, b.n);
}

void signer_done(struct signer *s) { EVP_PKEY_free(s->key); }

/* DER to r and s side by side. */
static size_t raw_signature(uint8_t *signature, size_t n, int coordinate)
{
	const uint8_t *p = signature;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)n);
	assert_non_null(sig);
	assert_true(BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, coordinate) > 0);
	assert_true(BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + coordinate, coordinate) > 0);
	ECDSA_SIG_free(sig);
	return 2 * (size_t)coordinate;
}

static size_t sign_message(const struct signer *s, struct slice message, uint8_t *ret, size_t room)
{
	size_t i = row(s->alg), n = room;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pkey_ctx = NULL;
	assert_true(EVP_DigestSignInit_ex(ctx, &pkey_ctx, ALGS[i].digest, NULL, NULL, s->key, NULL));
	if (s->alg[0] == 'P') {
		assert_true(EVP_PKEY_CTX_set_rsa_padding(pkey_ctx, RSA_PKCS1_PSS_PADDING) > 0);
		assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey_ctx, RSA_PSS_SALTLEN_DIGEST) > 0);
	}
	if (s->alg[0] == 'S')
		assert_true(EVP_PKEY_CTX_set1_id(pkey_ctx, "1234567812345678", 16) > 0);
	assert_true(EVP_DigestSign(ctx, ret, &n, message.p, message.n));
	EVP_MD_CTX_free(ctx);
	return ALGS[i].coordinate ? raw_signature(ret, n, ALGS[i].coordinate) : n;
}

char *sign_bytes(const struct signer *s, struct slice header, struct slice payload)
{
	AUTO_BUF struct buf b = { 0 };
	uint8_t signature[4627];
	buf_put_base64url(&b, header);
	buf_put_byte(&b, '.');
	buf_put_base64url(&b, payload);
	size_t n = sign_message(s, buf_slice(&b), signature, sizeof signature);
	buf_put_byte(&b, '.');
	buf_put_base64url(&b, slice_of(signature, n));
	char *token = strndup((const char *)b.p, b.n);
	assert_non_null(token);
	return token;
}

char *sign(const struct signer *s, const char *header, const char *payload)
{
	return sign_bytes(s, slice_str(header), slice_str(payload));
}

char *sign_access(const struct signer *s, const char *payload)
{
	char header[256];
	snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", s->alg,
		 s->kid);
	return sign(s, header, payload);
}

char *jwks(const struct signer *const *signers, size_t n)
{
	AUTO_BUF struct buf b = { 0 };
	buf_put_text(&b, "{\"keys\":[");
	for (size_t i = 0; i < n; i++) {
		buf_put_text(&b, i ? "," : "");
		buf_put_text(&b, signers[i]->jwk);
	}
	buf_put_text(&b, "]}");
	return strndup((const char *)b.p, b.n);
}

struct auth_keyset *keyset(const struct signer *s)
{
	struct auth_error e = { "" };
	struct auth_keyset *keys = NULL;
	char *text = jwks(&s, 1);
	if (auth_keyset_from_json(text, strlen(text), &keys, &e) != AUTH_OK)
		fail_msg("%s: %s", text, e.message);
	free(text);
	return keys;
}

struct auth_verifier *verifier(const struct auth_options *options, const struct signer *s)
{
	struct auth_error e = { "" };
	struct auth_verifier *v = NULL;
	if (auth_verifier_new(options, &v, &e) != AUTH_OK)
		fail_msg("%s", e.message);
	struct auth_keyset *keys = keyset(s);
	assert_int_equal(auth_verifier_set_keys(v, keys), AUTH_OK);
	auth_keyset_free(keys);
	return v;
}

enum auth_status verdict(struct auth_verifier *v, const char *token, int64_t now)
{
	struct auth_claims *claims = NULL;
	enum auth_status s = auth_verify(v, token, strlen(token), now, &claims);
	assert_int_equal(s == AUTH_OK, claims != NULL);
	auth_claims_free(claims);
	return s;
}

char *read_file(const char *path, size_t *ret_n)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot open %s", path);
	fseek(f, 0, SEEK_END);
	long n = ftell(f);
	rewind(f);
	char *text = malloc((size_t)n + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)n, f), n);
	fclose(f);
	text[n] = '\0';
	*ret_n = (size_t)n;
	return text;
}
