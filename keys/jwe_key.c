#include "keys/jwe_key.h"

#include "libauth/base/encode.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

enum { JWKS_BYTES_MAX = 64 << 10, NUMBER_MAX = 1024, RSA_BITS_MIN = 2048, COORDINATE = 32 };

DEFINE_AUTO(json_set, json_t *, json_decref)
DEFINE_AUTO(bignum, BIGNUM *, BN_free)
DEFINE_AUTO(build, OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free)
DEFINE_AUTO(params, OSSL_PARAM *, OSSL_PARAM_free)
DEFINE_AUTO(pkey, EVP_PKEY *, EVP_PKEY_free)
DEFINE_AUTO(pkey_context, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)

static const struct jwe_key_type TYPES[] = {
	{ "RSA-OAEP-256", "RSA", NULL, { "wrapKey", "encrypt" }, "RSA" },
	{ "ECDH-ES", "EC", "P-256", { "deriveKey", "deriveBits" }, "P-256" },
	{ "ECDH-ES", "OKP", "X25519", { "deriveKey", "deriveBits" }, "X25519" },
};

static struct slice member(const json_t *jwk, const char *name)
{
	const json_t *v = json_object_get(jwk, name);
	return v && json_is_string(v) ? slice_of(json_string_value(v), json_string_length(v)) : NO_SLICE;
}

/* ---- which key ------------------------------------------------------------------------------ */

static const struct jwe_key_type *type_of(const json_t *jwk, struct slice alg)
{
	for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
		const struct jwe_key_type *t = &TYPES[i];
		if (slice_is(alg, t->alg) && slice_is(member(jwk, "kty"), t->kty) &&
		    (!t->crv || slice_is(member(jwk, "crv"), t->crv)))
			return t;
	}
	return NULL;
}

static bool ops_allow(const json_t *ops, const struct jwe_key_type *type)
{
	size_t i;
	json_t *op;
	json_array_foreach(ops, i, op)
		for (size_t k = 0; k < COUNT_OF(type->ops); k++)
			if (json_is_string(op) && strcmp(json_string_value(op), type->ops[k]) == 0)
				return true;
	return false;
}

/* RFC 7517 §4.2 to §4.4: nothing that it says speaks against this use, and something for it. */
static bool is_meant_for(const json_t *jwk, const struct jwe_key_type *type)
{
	const json_t *use = json_object_get(jwk, "use"), *ops = json_object_get(jwk, "key_ops"),
		     *alg = json_object_get(jwk, "alg");
	if (!use && !ops && !alg)
		return false;
	if (use && !slice_is(member(jwk, "use"), "enc"))
		return false;
	if (alg && !slice_is(member(jwk, "alg"), type->alg))
		return false;
	return !ops || ops_allow(ops, type);
}

/* ---- its numbers ---------------------------------------------------------------------------- */

struct number {
	uint8_t bytes[NUMBER_MAX];
	size_t n;
};

static status read_number(const json_t *jwk, const char *name, struct number *ret)
{
	struct slice text = member(jwk, name);
	if (!text.n || text.n > base64url_length(NUMBER_MAX))
		return ST_INVALID;
	return base64url_decode(text, ret->bytes, &ret->n);
}

static status make_key(const char *name, OSSL_PARAM_BLD *build, EVP_PKEY **ret)
{
	AUTO(params) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	AUTO(pkey_context) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
	AUTO(pkey) EVP_PKEY *key = NULL;
	if (!params || !c || EVP_PKEY_fromdata_init(c) != 1)
		return ST_NOMEM;
	if (EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return ST_INVALID; /* no point of the curve */
	*ret = TAKE(key);
	return ST_OK;
}

static status rsa_key(const json_t *jwk, EVP_PKEY **ret)
{
	struct number n, e;
	TRY(read_number(jwk, "n", &n));
	TRY(read_number(jwk, "e", &e));
	AUTO(bignum) BIGNUM *modulus = BN_bin2bn(n.bytes, (int)n.n, NULL);
	AUTO(bignum) BIGNUM *exponent = BN_bin2bn(e.bytes, (int)e.n, NULL);
	AUTO(build) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	if (!modulus || !exponent || !build)
		return ST_NOMEM;
	if (BN_num_bits(modulus) < RSA_BITS_MIN || !BN_is_odd(modulus) || !BN_is_odd(exponent) ||
	    BN_is_one(exponent) || BN_num_bits(exponent) > 64)
		return ST_INVALID;
	if (!OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) ||
	    !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent))
		return ST_NOMEM;
	return make_key("RSA", build, ret);
}

static status p256_key(const json_t *jwk, EVP_PKEY **ret)
{
	struct number x, y;
	uint8_t point[1 + 2 * COORDINATE] = { 4 };
	TRY(read_number(jwk, "x", &x));
	TRY(read_number(jwk, "y", &y));
	if (x.n != COORDINATE || y.n != COORDINATE) /* RFC 7518 §6.2.1.2: in their full length */
		return ST_INVALID;
	memcpy(point + 1, x.bytes, COORDINATE);
	memcpy(point + 1 + COORDINATE, y.bytes, COORDINATE);
	AUTO(build) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	if (!build ||
	    !OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point))
		return ST_NOMEM;
	return make_key("EC", build, ret);
}

/* A point of small order gives a secret of zeros, which OpenSSL refuses when it is agreed upon. */
static status x25519_key(const json_t *jwk, EVP_PKEY **ret)
{
	struct number x;
	TRY(read_number(jwk, "x", &x));
	if (x.n != COORDINATE)
		return ST_INVALID;
	*ret = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, x.bytes, x.n);
	return *ret ? ST_OK : ST_NOMEM;
}

static status read_key(const json_t *jwk, const struct jwe_key_type *type, struct jwe_key *ret)
{
	struct slice kid = member(jwk, "kid");
	/* Who publishes its private half has no key any more. */
	if (kid.n > JWE_KID_MAX || json_object_get(jwk, "d") || (json_object_get(jwk, "kid") && !kid.p))
		return ST_INVALID;
	struct jwe_key key = { .type = type };
	memcpy(key.kid, kid.n ? (const char *)kid.p : "", kid.n);
	if (!type->crv)
		TRY(rsa_key(jwk, &key.pkey));
	else
		TRY(slice_is(slice_str(type->kty), "EC") ? p256_key(jwk, &key.pkey)
							 : x25519_key(jwk, &key.pkey));
	*ret = key;
	return ST_OK;
}

status jwe_key_find(struct slice jwks, struct slice alg, struct jwe_key *ret, struct error *e)
{
	if (jwks.n > JWKS_BYTES_MAX)
		return error_set(e, ST_INVALID, "a key set has at most %d bytes", JWKS_BYTES_MAX);
	AUTO(json_set) json_t *set =
		json_loadb((const char *)jwks.p, jwks.n, JSON_REJECT_DUPLICATES, NULL);
	json_t *keys = json_object_get(set, "keys"), *jwk;
	size_t i;
	if (!json_is_array(keys))
		return error_set(e, ST_INVALID, "there is no key set");
	json_array_foreach(keys, i, jwk) {
		const struct jwe_key_type *type = type_of(jwk, alg);
		if (!type || !is_meant_for(jwk, type))
			continue;
		status s = read_key(jwk, type, ret);
		return s == ST_INVALID ? error_set(e, s, "its key for encryption is not sound") : s;
	}
	return error_set(e, ST_NOT_FOUND, "no key in it says that it is for encryption by %.*s",
			 SLICE_FMT(alg));
}

/* ---- a key of our own ----------------------------------------------------------------------- */

static void put_member(struct buf *out, const char *name, const uint8_t *bytes)
{
	buf_format(out, ",\"%s\":\"", name);
	buf_put_base64url(out, slice_of(bytes, COORDINATE));
	buf_put_byte(out, '"');
}

status jwe_key_put(const struct jwe_key_type *type, const EVP_PKEY *key, struct buf *out)
{
	uint8_t point[1 + 2 * COORDINATE];
	size_t n = 0;
	bool two = slice_is(slice_str(type->kty), "EC");
	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &n) != 1 ||
	    n != (two ? sizeof point : COORDINATE))
		return ST_BUG;
	buf_format(out, "{\"kty\":\"%s\",\"crv\":\"%s\"", type->kty, type->crv);
	put_member(out, "x", point + two);
	if (two)
		put_member(out, "y", point + 1 + COORDINATE);
	buf_put_byte(out, '}');
	return buf_status(out);
}
