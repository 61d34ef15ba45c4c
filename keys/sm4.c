#include "keys/sm4.h"

#include "keys/algorithms.h"
#include "keys/hmac.h"
#include "keys/seal.h"

enum { BLOCK = 16 };

/* The first 32 bytes of HKDF-Expand; for the cipher, half of them. */
static status expand(const struct secret *key, const char *label, struct secret *ret)
{
	struct hmac h;
	ret->suite = SUITE_SM;
	TRY(hmac_begin(&h, SUITE_SM, secret_slice(key)));
	bool ok = hmac_put(&h, slice_str(label)) && hmac_put(&h, SLICE("\1"));
	return hmac_end(&h, ok, ret->bytes);
}

static status make_tag(const struct secret *key, struct slice associated, struct slice nonce,
		       struct slice ciphertext, uint8_t ret[MAC_SIZE])
{
	AUTO_SECRET struct secret own;
	const struct slice parts[] = { associated, nonce, ciphertext };
	TRY(expand(key, "authd HMAC-SM3", &own));
	return mac(&own, parts, COUNT_OF(parts), ret);
}

/* Counter mode is its own inverse. The counter has the last 32 bits: GCM_MAX bytes are fewer blocks. */
static status apply(EVP_CIPHER_CTX *c, const struct secret *key, const uint8_t *nonce, struct slice in,
		    uint8_t *out)
{
	const struct algorithms *known = algorithms();
	AUTO_SECRET struct secret own;
	uint8_t counter[BLOCK] = { 0 };
	int n = 0;
	if (!known || !c)
		return ST_NOMEM;
	memcpy(counter, nonce, GCM_NONCE_SIZE);
	TRY(expand(key, "authd SM4-CTR", &own));
	if (EVP_EncryptInit_ex2(c, cipher_for(c, known->sm4_ctr), own.bytes, counter, NULL) != 1)
		return ST_BUG;
	return !in.n || EVP_EncryptUpdate(c, out, &n, in.p, (int)in.n) == 1 ? ST_OK : ST_BUG;
}

status sm4_seal(EVP_CIPHER_CTX *c, const struct secret *key, const uint8_t nonce[GCM_NONCE_SIZE],
		struct slice associated, struct slice plain, uint8_t *out)
{
	uint8_t tag[MAC_SIZE];
	TRY(apply(c, key, nonce, plain, out));
	TRY(make_tag(key, associated, slice_of(nonce, GCM_NONCE_SIZE), slice_of(out, plain.n), tag));
	memcpy(out + plain.n, tag, GCM_TAG_SIZE);
	return ST_OK;
}

status sm4_unseal(EVP_CIPHER_CTX *c, const struct secret *key, struct slice associated,
		  struct slice sealed, uint8_t *out)
{
	uint8_t tag[MAC_SIZE];
	struct slice nonce = slice_first(sealed, GCM_NONCE_SIZE), rest = slice_from(sealed, GCM_NONCE_SIZE);
	struct slice ciphertext = slice_first(rest, rest.n - GCM_TAG_SIZE);
	TRY(make_tag(key, associated, nonce, ciphertext, tag));
	if (!slice_equal_secret(slice_of(tag, GCM_TAG_SIZE), slice_from(rest, ciphertext.n)))
		return ST_INVALID;
	return apply(c, key, nonce.p, ciphertext, out);
}
