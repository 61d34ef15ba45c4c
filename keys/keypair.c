#include "keys/keypair.h"

#include "keys/seal.h"

#include "libauth/base/encode.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <sodium.h>

enum { COORDINATE_SIZE = 32, RSA_BYTES = RSA_BITS / 8 };

DEFINE_AUTO(pkey, EVP_PKEY *, EVP_PKEY_free)
DEFINE_AUTO(pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_AUTO(bignum, BIGNUM *, BN_free)
DEFINE_AUTO(private_number, BIGNUM *, BN_clear_free)
DEFINE_AUTO(params, OSSL_PARAM *, OSSL_PARAM_free)
DEFINE_AUTO(params_build, OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free)

static const char *const NAMES[] = {
	[KEY_ES256] = "ES256",
	[KEY_RS256] = "RS256",
	[KEY_EDDSA] = "EdDSA",
	[KEY_PS256] = "PS256",
	[KEY_SM2] = "SGD_SM3_SM2",
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

status key_algorithms_parse(struct slice names, unsigned *ret)
{
	unsigned set = 0;
	struct slice name;
	enum key_algorithm a;
	while (slice_next_word(&names, &name)) {
		TRY(key_algorithm_parse(name, &a));
		if (key_algorithms_have(set, a))
			return ST_INVALID;
		set |= 1U << a;
	}
	if (!set)
		return ST_INVALID;
	*ret = set;
	return ST_OK;
}

/* What OpenSSL calls the kind of key, and the curve. NULL: not a curve of OpenSSL's. */
static const char *type_of(enum key_algorithm alg)
{
	return alg == KEY_ES256 ? "EC" : alg == KEY_SM2 ? "SM2" : "RSA";
}

static const char *curve_of(enum key_algorithm alg)
{
	return alg == KEY_ES256 ? "prime256v1" : alg == KEY_SM2 ? "SM2" : NULL;
}

/* ---- public halves ---------------------------------------------------------------------- */

static status point_public(const EVP_PKEY *key, const char *wanted, struct arena *a,
			   struct slice *ret)
{
	uint8_t point[1 + 2 * COORDINATE_SIZE]; /* 04 | x | y */
	char curve[32];
	size_t n = 0;
	if (EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) != 1 ||
	    strcmp(curve, wanted) != 0)
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
	const char *curve = curve_of(alg);
	return curve ? point_public(key, curve, a, ret) : rsa_public(key, a, ret);
}

status keypair_check_public(enum key_algorithm alg, struct slice public_key)
{
	switch (alg) {
	case KEY_ES256:
	case KEY_SM2: return public_key.n == 2 * COORDINATE_SIZE ? ST_OK : ST_CORRUPT;
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
	case KEY_SM2:
		buf_format(b, "\"crv\":\"%s\",\"kty\":\"EC\"", alg == KEY_SM2 ? "SM2-P-256" : "P-256");
		put_member(b, "x", slice_first(public_key, COORDINATE_SIZE));
		put_member(b, "y", slice_from(public_key, COORDINATE_SIZE));
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

static status private_number(const EVP_PKEY *key, struct arena *a, struct slice *ret)
{
	AUTO(private_number) BIGNUM *d = NULL;
	uint8_t *p = arena_alloc(a, COORDINATE_SIZE);
	if (!p)
		return ST_NOMEM;
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &d) != 1 ||
	    BN_bn2binpad(d, p, COORDINATE_SIZE) != COORDINATE_SIZE)
		return ST_CORRUPT;
	*ret = slice_of(p, COORDINATE_SIZE);
	return ST_OK;
}

status keypair_of(enum key_algorithm alg, const EVP_PKEY *key, struct arena *a, struct keypair *ret)
{
	struct keypair pair;
	if (!EVP_PKEY_is_a(key, type_of(alg)))
		return ST_CORRUPT;
	TRY(public_of(alg, key, a, &pair.public_key));
	TRY(alg == KEY_SM2 ? private_number(key, a, &pair.private_key)
			   : private_der(key, a, &pair.private_key));
	*ret = pair;
	return ST_OK;
}

status keypair_generate(enum key_algorithm alg, struct arena *a, struct keypair *ret)
{
	if (alg == KEY_EDDSA)
		return eddsa_generate(a, ret);
	const char *curve = curve_of(alg);
	AUTO(pkey) EVP_PKEY *key = !curve ? EVP_RSA_gen(RSA_BITS) :
				   alg == KEY_SM2 ? EVP_PKEY_Q_keygen(NULL, NULL, "SM2") : EVP_EC_gen(curve);
	return key ? keypair_of(alg, key, a, ret) : ST_NOMEM;
}

static EVP_PKEY *der_load(enum key_algorithm alg, struct slice private_key)
{
	const uint8_t *der = private_key.p;
	int type = alg == KEY_ES256 ? EVP_PKEY_EC : EVP_PKEY_RSA;
	return d2i_PrivateKey(type, NULL, &der, (long)private_key.n);
}

/* As "SM2", not as "EC" with that curve, which OpenSSL 3.0 would sign by ECDSA with. It believes that
 * the halves fit, and signs with nothing where the public one is left out: so both, and a check. */
static EVP_PKEY *sm2_load(const struct keypair *pair)
{
	uint8_t point[1 + 2 * COORDINATE_SIZE] = { POINT_CONVERSION_UNCOMPRESSED };
	EVP_PKEY *key = NULL;
	if (pair->private_key.n != COORDINATE_SIZE || pair->public_key.n != 2 * COORDINATE_SIZE)
		return NULL;
	memcpy(point + 1, pair->public_key.p, pair->public_key.n);
	AUTO(private_number) BIGNUM *d = BN_bin2bn(pair->private_key.p, COORDINATE_SIZE, NULL);
	AUTO(params_build) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	if (!d || !build ||
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) != 1 ||
	    OSSL_PARAM_BLD_push_BN_pad(build, OSSL_PKEY_PARAM_PRIV_KEY, d, COORDINATE_SIZE) != 1)
		return NULL;
	AUTO(params) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	AUTO(pkey_ctx) EVP_PKEY_CTX *import = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
	if (!params || !import || EVP_PKEY_fromdata_init(import) != 1 ||
	    EVP_PKEY_fromdata(import, &key, EVP_PKEY_KEYPAIR, params) != 1)
		return NULL;
	AUTO(pkey_ctx) EVP_PKEY_CTX *check = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	if (check && EVP_PKEY_check(check) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

status keypair_load(enum key_algorithm alg, const struct keypair *pair, EVP_PKEY **ret)
{
	AUTO(pkey) EVP_PKEY *key = alg == KEY_SM2 ? sm2_load(pair) : der_load(alg, pair->private_key);
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
