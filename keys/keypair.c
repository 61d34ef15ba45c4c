#include "keys/keypair.h"

#include "keys/seal.h"

#include "libauth/base/encode.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <sodium.h>

enum { P256_SIZE = 32, RSA_BYTES = RSA_BITS / 8 };

DEFINE_AUTO(pkey, EVP_PKEY *, EVP_PKEY_free)
DEFINE_AUTO(bignum, BIGNUM *, BN_free)

static const char *const NAMES[] = {
	[KEY_ES256] = "ES256",
	[KEY_RS256] = "RS256",
	[KEY_EDDSA] = "EdDSA",
	[KEY_PS256] = "PS256",
};

const char *key_algorithm_name(enum key_algorithm a)
{
	return (unsigned)a < COUNT_OF(NAMES) ? NAMES[a] : "unknown";
}

status key_algorithm_parse(struct slice name, enum key_algorithm *ret)
{
	for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
		if (!slice_is(name, NAMES[i]))
			continue;
		*ret = (enum key_algorithm)i;
		return ST_OK;
	}
	return ST_INVALID;
}

/* ---- public halves ---------------------------------------------------------------------- */

static status p256_public(const EVP_PKEY *key, struct arena *a, struct slice *ret)
{
	uint8_t point[1 + 2 * P256_SIZE]; /* 04 | x | y */
	char curve[32];
	size_t n = 0;
	if (EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) != 1 ||
	    strcmp(curve, "prime256v1") != 0)
		return ST_CORRUPT;
	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &n) != 1 ||
	    n != sizeof point || point[0] != 4)
		return ST_CORRUPT;
	*ret = arena_copy(a, slice_of(point + 1, n - 1));
	return ret->p ? ST_OK : ST_NOMEM;
}

static status rsa_public(const EVP_PKEY *key, struct arena *a, struct slice *ret)
{
	AUTO(bignum) BIGNUM *modulus = NULL;
	AUTO(bignum) BIGNUM *exponent = NULL;
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &modulus) != 1 ||
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1)
		return ST_CORRUPT;
	if (BN_num_bits(modulus) < RSA_BITS || !BN_is_word(exponent, RSA_F4))
		return ST_CORRUPT;
	size_t n = (size_t)BN_num_bytes(modulus);
	uint8_t *p = arena_alloc(a, n);
	if (!p)
		return ST_NOMEM;
	BN_bn2bin(modulus, p);
	*ret = slice_of(p, n);
	return ST_OK;
}

static status public_of(enum key_algorithm alg, const EVP_PKEY *key, struct arena *a,
			struct slice *ret)
{
	return alg == KEY_ES256 ? p256_public(key, a, ret) : rsa_public(key, a, ret);
}

status keypair_check_public(enum key_algorithm alg, struct slice public_key)
{
	switch (alg) {
	case KEY_ES256: return public_key.n == 2 * P256_SIZE ? ST_OK : ST_CORRUPT;
	case KEY_EDDSA: return public_key.n == crypto_sign_PUBLICKEYBYTES ? ST_OK : ST_CORRUPT;
	case KEY_RS256:
	case KEY_PS256:
		return public_key.n >= RSA_BYTES && public_key.p[0] != 0 ? ST_OK : ST_CORRUPT;
	case KEY_ALGORITHM_COUNT: break;
	}
	return ST_CORRUPT;
}

static void put_member(struct buf *b, const char *name, struct slice bytes)
{
	buf_format(b, ",\"%s\":\"", name);
	buf_put_base64url(b, bytes);
	buf_put_byte(b, '"');
}

void keypair_put_members(enum key_algorithm alg, struct slice public_key, struct buf *b)
{
	switch (alg) {
	case KEY_ES256:
		buf_put_text(b, "\"crv\":\"P-256\",\"kty\":\"EC\"");
		put_member(b, "x", slice_first(public_key, P256_SIZE));
		put_member(b, "y", slice_from(public_key, P256_SIZE));
		return;
	case KEY_RS256:
	case KEY_PS256:
		buf_put_text(b, "\"e\":\"AQAB\",\"kty\":\"RSA\"");
		put_member(b, "n", public_key);
		return;
	case KEY_EDDSA: /* RFC 8037 §2 */
		buf_put_text(b, "\"crv\":\"Ed25519\",\"kty\":\"OKP\"");
		put_member(b, "x", public_key);
		return;
	case KEY_ALGORITHM_COUNT: break;
	}
	b->failed = true;
}

status keypair_kid(enum key_algorithm alg, struct slice public_key, char ret[KID_SIZE + 1])
{
	AUTO_BUF struct buf text = { 0 };
	buf_put_byte(&text, '{');
	keypair_put_members(alg, public_key, &text);
	buf_put_byte(&text, '}');
	TRY(buf_status(&text));
	uint8_t hash[32];
	TRY(sha256(buf_slice(&text), hash));
	base64url_encode(slice_of(hash, sizeof hash), ret);
	ret[KID_SIZE] = '\0';
	return ST_OK;
}

/* ---- private halves --------------------------------------------------------------------- */

static status eddsa_generate(struct arena *a, struct keypair *ret)
{
	uint8_t *seed = arena_alloc(a, crypto_sign_SEEDBYTES);
	uint8_t *public_key = arena_alloc(a, crypto_sign_PUBLICKEYBYTES);
	if (!seed || !public_key)
		return ST_NOMEM;
	TRY(random_bytes(seed, crypto_sign_SEEDBYTES));
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	crypto_sign_seed_keypair(public_key, secret, seed);
	secret_wipe(secret, sizeof secret);
	ret->private_key = slice_of(seed, crypto_sign_SEEDBYTES);
	ret->public_key = slice_of(public_key, crypto_sign_PUBLICKEYBYTES);
	return ST_OK;
}

static status private_der(const EVP_PKEY *key, struct arena *a, struct slice *ret)
{
	uint8_t *der = NULL;
	int n = i2d_PrivateKey(key, &der);
	if (n <= 0)
		return ST_NOMEM;
	*ret = arena_copy(a, slice_of(der, (size_t)n));
	OPENSSL_clear_free(der, (size_t)n);
	return ret->p ? ST_OK : ST_NOMEM;
}

status keypair_of(enum key_algorithm alg, const EVP_PKEY *key, struct arena *a, struct keypair *ret)
{
	struct keypair pair;
	if (!EVP_PKEY_is_a(key, alg == KEY_ES256 ? "EC" : "RSA"))
		return ST_CORRUPT;
	TRY(public_of(alg, key, a, &pair.public_key));
	TRY(private_der(key, a, &pair.private_key));
	*ret = pair;
	return ST_OK;
}

status keypair_generate(enum key_algorithm alg, struct arena *a, struct keypair *ret)
{
	if (alg == KEY_EDDSA)
		return eddsa_generate(a, ret);
	AUTO(pkey) EVP_PKEY *key = alg == KEY_ES256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(RSA_BITS);
	return key ? keypair_of(alg, key, a, ret) : ST_NOMEM;
}

status keypair_load(enum key_algorithm alg, const struct keypair *pair, EVP_PKEY **ret)
{
	const uint8_t *der = pair->private_key.p;
	int type = alg == KEY_ES256 ? EVP_PKEY_EC : EVP_PKEY_RSA;
	AUTO(pkey) EVP_PKEY *key = d2i_PrivateKey(type, NULL, &der, (long)pair->private_key.n);
	if (!key)
		return ST_CORRUPT;
	AUTO_ARENA struct arena scratch = { 0 };
	struct slice public_key;
	TRY(public_of(alg, key, &scratch, &public_key));
	if (!slice_equal(public_key, pair->public_key))
		return ST_CORRUPT;
	*ret = TAKE(key);
	return ST_OK;
}
