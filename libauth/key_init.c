/* Making a key from the numbers of a JWK, and refusing those that are not sound. */
#include "libauth/key.h"

#include "libauth/base/mem.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <sodium.h>

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, RSA_EXPONENT_MAX = 8 /* bytes */ };

DEFINE_AUTO(bn, BIGNUM *, BN_free)
DEFINE_AUTO(pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_AUTO(pkey, EVP_PKEY *, EVP_PKEY_free)
DEFINE_AUTO(md_ctx, EVP_MD_CTX *, EVP_MD_CTX_free)
DEFINE_AUTO(md, EVP_MD *, EVP_MD_free)
DEFINE_AUTO(params, OSSL_PARAM *, OSSL_PARAM_free)
DEFINE_AUTO(params_build, OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free)

static const struct curve {
	const char *type, *group;
	size_t coordinate_size;
} CURVES[] = {
	[KIND_P256] = { "EC", "P-256", 32 },  [KIND_P384] = { "EC", "P-384", 48 },
	[KIND_P521] = { "EC", "P-521", 66 },  [KIND_RSA] = { NULL, NULL, 0 },
	[KIND_ED25519] = { NULL, NULL, 32 },  [KIND_SM2] = { "SM2", "SM2", 32 },
	[KIND_ML_DSA_44] = { NULL, NULL, 0 }, [KIND_ML_DSA_65] = { NULL, NULL, 0 },
	[KIND_ML_DSA_87] = { NULL, NULL, 0 },
};

size_t key_coordinate_size(enum key_kind kind) { return CURVES[kind].coordinate_size; }

/* The public key is validated by OpenSSL: a point on the curve, of its order, not at infinity. */
static status import(const char *type, OSSL_PARAM *params, EVP_PKEY **ret)
{
	AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	AUTO(pkey) EVP_PKEY *pkey = NULL;
	if (!ctx || EVP_PKEY_fromdata_init(ctx) <= 0)
		return ST_BUG;
	if (EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		return ST_INVALID;
	AUTO(pkey_ctx) EVP_PKEY_CTX *check = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (!check)
		return ST_NOMEM;
	if (EVP_PKEY_public_check(check) <= 0)
		return ST_INVALID;
	*ret = TAKE(pkey);
	return ST_OK;
}

/* ---- elliptic curves ------------------------------------------------------------------------ */

/*
 * Z = SM3(ENTL || ID || a || b || xG || yG || xA || yA), GB/T 32918.2 §5.5, with the identifier
 * 1234567812345678. Without an identifier OpenSSL would sign over nothing in its place.
 */
static status sm2_prefix(struct slice x, struct slice y, EVP_MD_CTX **ret)
{
	static const uint8_t BEFORE[] = /* ENTL, ID, a, b, xG, yG */
		"\x00\x80"
		"1234567812345678"
		"\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
		"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xfc"
		"\x28\xe9\xfa\x9e\x9d\x9f\x5e\x34\x4d\x5a\x9e\x4b\xcf\x65\x09\xa7"
		"\xf3\x97\x89\xf5\x15\xab\x8f\x92\xdd\xbc\xbd\x41\x4d\x94\x0e\x93"
		"\x32\xc4\xae\x2c\x1f\x19\x81\x19\x5f\x99\x04\x46\x6a\x39\xc9\x94"
		"\x8f\xe3\x0b\xbf\xf2\x66\x0b\xe1\x71\x5a\x45\x89\x33\x4c\x74\xc7"
		"\xbc\x37\x36\xa2\xf4\xf6\x77\x9c\x59\xbd\xce\xe3\x6b\x69\x21\x53"
		"\xd0\xa9\x87\x7c\xc6\x2a\x47\x40\x02\xdf\x32\xe5\x21\x39\xf0\xa0";
	AUTO(md) EVP_MD *sm3 = EVP_MD_fetch(NULL, "SM3", NULL);
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t z[32];
	if (!sm3)
		return ST_BUG;
	if (!ctx)
		return ST_NOMEM;
	if (!EVP_DigestInit_ex2(ctx, sm3, NULL) ||
	    !EVP_DigestUpdate(ctx, BEFORE, sizeof BEFORE - 1) ||
	    !EVP_DigestUpdate(ctx, x.p, x.n) || !EVP_DigestUpdate(ctx, y.p, y.n) ||
	    !EVP_DigestFinal_ex(ctx, z, NULL) || !EVP_DigestInit_ex2(ctx, sm3, NULL) ||
	    !EVP_DigestUpdate(ctx, z, sizeof z))
		return ST_BUG;
	*ret = TAKE(ctx);
	return ST_OK;
}

static status import_point(const struct curve *curve, struct slice x, struct slice y,
			   EVP_PKEY **ret)
{
	uint8_t point[1 + 2 * KEY_COORDINATE_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
	memcpy(point + 1, x.p, x.n);
	memcpy(point + 1 + x.n, y.p, y.n);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)curve->group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + x.n + y.n),
		OSSL_PARAM_construct_end(),
	};
	ERR_set_mark();
	status s = import(curve->type, params, ret);
	ERR_pop_to_mark();
	return s;
}

status key_init_ec(struct key *key, enum key_kind kind, struct slice x, struct slice y)
{
	const struct curve *curve = &CURVES[kind];
	/* RFC 7518 §6.2.1.2: the full size of a coordinate. */
	if (x.n != curve->coordinate_size || y.n != curve->coordinate_size)
		return ST_INVALID;
	key->kind = kind;
	key->signature_size = 2 * curve->coordinate_size;
	TRY(import_point(curve, x, y, &key->pkey));
	return kind == KIND_SM2 ? sm2_prefix(x, y, &key->sm2_prefix) : ST_OK;
}

status key_init_ed25519(struct key *key, struct slice x)
{
	if (sodium_init() < 0)
		return ST_BUG;
	/* Canonical, on the curve, and not of a small order. */
	if (x.n != sizeof key->ed25519 || !crypto_core_ed25519_is_valid_point(x.p))
		return ST_INVALID;
	memcpy(key->ed25519, x.p, x.n);
	key->kind = KIND_ED25519;
	key->signature_size = crypto_sign_BYTES;
	return ST_OK;
}

/* ---- ML-DSA --------------------------------------------------------------------------------- */

/* FIPS 204, table 2 */
static const struct ml_dsa {
	const char *type;
	size_t public_size, signature_size;
} ML_DSA[] = {
	{ "ML-DSA-44", 1312, 2420 },
	{ "ML-DSA-65", 1952, 3309 },
	{ "ML-DSA-87", 2592, 4627 },
};

status key_init_ml_dsa(struct key *key, enum key_kind kind, struct slice pub)
{
	const struct ml_dsa *row = &ML_DSA[kind - KIND_ML_DSA_44];
	if (pub.n != row->public_size)
		return ST_INVALID;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)pub.p, pub.n),
		OSSL_PARAM_construct_end(),
	};
	key->kind = kind;
	key->signature_size = row->signature_size;
	ERR_set_mark();
	status s = import(row->type, params, &key->pkey);
	ERR_pop_to_mark();
	return s;
}

/* ---- RSA ------------------------------------------------------------------------------------ */

/* Whether 65537^k = r for some k, modulo the small prime p. */
static bool is_power_of_65537(BN_ULONG r, BN_ULONG p)
{
	BN_ULONG power = 1;
	do {
		if (power == r)
			return true;
		power = power * (65537 % p) % p;
	} while (power != 1);
	return false;
}

/*
 * ROCA (CVE-2017-15361): primes of the form k M + 65537^a mod M leave their mark on the modulus,
 * which then is a power of 65537 modulo each small prime. A sound one is so once in 2^27 or less.
 */
static bool has_roca_mark(const BIGNUM *n)
{
	static const uint8_t PRIMES[] = {
		3,  5,  7,  11, 13, 17, 19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
		73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
	};
	for (size_t i = 0; i < COUNT_OF(PRIMES); i++)
		if (!is_power_of_65537(BN_mod_word(n, PRIMES[i]), PRIMES[i]))
			return false;
	return true;
}

static bool is_sound_rsa(const BIGNUM *n, const BIGNUM *e)
{
	int bits = BN_num_bits(n);
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX || !BN_is_odd(n) || has_roca_mark(n))
		return false;
	return BN_is_odd(e) && !BN_is_one(e) && BN_num_bytes(e) <= RSA_EXPONENT_MAX;
}

static status import_rsa(const BIGNUM *n, const BIGNUM *e, EVP_PKEY **ret)
{
	AUTO(params_build) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	if (!build || !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) ||
	    !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
		return ST_NOMEM;
	AUTO(params) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	if (!params)
		return ST_NOMEM;
	ERR_set_mark();
	status s = import("RSA", params, ret);
	ERR_pop_to_mark();
	return s;
}

status key_init_rsa(struct key *key, struct slice n_bytes, struct slice e_bytes)
{
	/* RFC 7518 §2: Base64urlUInt has no leading zero byte. */
	if (!n_bytes.n || !n_bytes.p[0] || n_bytes.n > RSA_BITS_MAX / 8)
		return ST_INVALID;
	if (!e_bytes.n || !e_bytes.p[0] || e_bytes.n > RSA_EXPONENT_MAX)
		return ST_INVALID;
	AUTO(bn) BIGNUM *n = BN_bin2bn(n_bytes.p, (int)n_bytes.n, NULL);
	AUTO(bn) BIGNUM *e = BN_bin2bn(e_bytes.p, (int)e_bytes.n, NULL);
	if (!n || !e)
		return ST_NOMEM;
	if (!is_sound_rsa(n, e))
		return ST_INVALID;
	key->kind = KIND_RSA;
	key->signature_size = n_bytes.n;
	return import_rsa(n, e, &key->pkey);
}
