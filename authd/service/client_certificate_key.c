/* self_signed_tls_client_auth: a certificate against the client's own JWK set (RFC 8705 §2.2.2). */
#include "authd/service/client_certificate.h"
#include "authd/service/json_fields.h"
#include "libauth/base/encode.h"

#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

static bool member_is(const json_t *jwk, const char *name, struct slice bytes)
{
	const json_t *value = json_object_get(jwk, name);
	char text[1024];
	size_t n = base64url_length(bytes.n);
	if (!json_is_string(value) || n > sizeof text)
		return false;
	base64url_encode(bytes, text);
	return slice_equal(slice_of(text, n), slice_of(json_string_value(value), json_string_length(value)));
}

static bool number_is(const json_t *jwk, const char *name, EVP_PKEY *key, const char *param)
{
	uint8_t bytes[512];
	BIGNUM *number = NULL;
	bool same = EVP_PKEY_get_bn_param(key, param, &number) == 1 &&
		    BN_num_bytes(number) <= (int)sizeof bytes &&
		    member_is(jwk, name, slice_of(bytes, (size_t)BN_bn2bin(number, bytes)));
	BN_free(number);
	return same;
}

/* SEC 1 §2.3.3: 04, x, y; the JWK has both in full length (RFC 7518 §6.2.1.2). The curve is settled by
 * their length among those that JOSE has with this library. */
static bool point_is(const json_t *jwk, EVP_PKEY *key)
{
	uint8_t point[1 + 2 * 66];
	size_t n;
	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &n) != 1 ||
	    n < 3 || point[0] != 4)
		return false;
	struct slice x = slice_of(point + 1, n / 2), y = slice_of(point + 1 + n / 2, n / 2);
	return member_is(jwk, "x", x) && member_is(jwk, "y", y);
}

static bool is_edwards(const json_t *jwk, EVP_PKEY *key)
{
	uint8_t bytes[64];
	size_t n = sizeof bytes;
	return EVP_PKEY_get_raw_public_key(key, bytes, &n) == 1 && member_is(jwk, "x", slice_of(bytes, n));
}

static bool key_is(const json_t *jwk, EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "RSA"))
		return number_is(jwk, "n", key, OSSL_PKEY_PARAM_RSA_N) &&
		       number_is(jwk, "e", key, OSSL_PKEY_PARAM_RSA_E);
	return EVP_PKEY_is_a(key, "EC") ? point_is(jwk, key) : is_edwards(jwk, key);
}

/* RFC 7517 §4.7: the first is the key's own; base64 with padding, not base64url. */
static bool certificate_is(const json_t *x5c, struct slice der, struct arena *a)
{
	const json_t *first = json_array_get(x5c, 0);
	uint8_t *text = arena_alloc(a, der.n / 3 * 4 + 5);
	if (!json_is_string(first) || !text)
		return false;
	int n = EVP_EncodeBlock(text, der.p, (int)der.n);
	return slice_equal(slice_of(text, (size_t)n),
			   slice_of(json_string_value(first), json_string_length(first)));
}

static bool set_has(const json_t *keys, EVP_PKEY *key, struct slice der, struct arena *a)
{
	size_t i;
	const json_t *jwk;
	json_array_foreach((json_t *)keys, i, jwk) {
		const json_t *x5c = json_object_get(jwk, "x5c");
		if (x5c ? certificate_is(x5c, der, a) : key_is(jwk, key))
			return true;
	}
	return false;
}

status client_certificate_check_key(struct slice jwks_text, struct slice der, struct arena *a,
				    const char **ret_reason)
{
	const unsigned char *p = der.p;
	enum { DER_MAX = 16 << 10 };
	X509 *certificate = der.n <= DER_MAX ? d2i_X509(NULL, &p, (long)der.n) : NULL;
	EVP_PKEY *key = certificate ? X509_get0_pubkey(certificate) : NULL;
	AUTO(json) json_t *jwks = json_loadb((const char *)jwks_text.p, jwks_text.n,
					     JSON_REJECT_DUPLICATES, NULL);
	bool is_registered = key && set_has(json_object_get(jwks, "keys"), key, der, a);
	X509_free(certificate);
	ERR_clear_error();
	*ret_reason = "the certificate is none that the client registered";
	return is_registered ? ST_OK : ST_INVALID;
}
