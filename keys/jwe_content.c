#include "keys/jwe_content.h"

#include "keys/algorithms.h"
#include "keys/hmac.h"

#include "libauth/base/big_endian.h"
#include "libauth/base/mem.h"

#include <limits.h>
#include <openssl/evp.h>

DEFINE_AUTO(cipher, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

/* OpenSSL counts in int. */
static bool fits(struct slice s) { return s.n <= INT_MAX - 64; }

/* RFC 7518 §5.3 */
static status gcm_seal(const uint8_t *key, const uint8_t *iv, struct slice associated,
		       struct slice plain, uint8_t *out, size_t *ret_n, uint8_t tag[JWE_TAG_SIZE])
{
	const struct algorithms *known = algorithms();
	AUTO(cipher) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	if (!known || !c)
		return ST_NOMEM;
	if (!fits(associated) || !fits(plain) ||
	    EVP_EncryptInit_ex2(c, known->aes_256_gcm, key, iv, NULL) != 1 ||
	    EVP_EncryptUpdate(c, NULL, &n, associated.p, (int)associated.n) != 1 ||
	    EVP_EncryptUpdate(c, out, &n, plain.p, (int)plain.n) != 1 ||
	    EVP_EncryptFinal_ex(c, out + n, &last) != 1 ||
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, JWE_TAG_SIZE, tag) != 1)
		return ST_BUG;
	*ret_n = plain.n;
	return ST_OK;
}

/* The plain text in AES-128-CBC, always padded. */
static status cbc_encrypt(const uint8_t *key, const uint8_t *iv, struct slice plain, uint8_t *out,
			  size_t *ret_n)
{
	AUTO(cipher) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	if (!c)
		return ST_NOMEM;
	if (!fits(plain) || EVP_EncryptInit_ex2(c, EVP_aes_128_cbc(), key, iv, NULL) != 1 ||
	    EVP_EncryptUpdate(c, out, &n, plain.p, (int)plain.n) != 1 ||
	    EVP_EncryptFinal_ex(c, out + n, &last) != 1)
		return ST_BUG;
	*ret_n = (size_t)n + (size_t)last;
	return ST_OK;
}

/* RFC 7518 §5.2: encrypt, then MAC; the key is one half for each. */
static status cbc_hmac_seal(const uint8_t *key, const uint8_t *iv, struct slice associated,
			    struct slice plain, uint8_t *out, size_t *ret_n, uint8_t tag[JWE_TAG_SIZE])
{
	enum { HALF = 16 };
	struct hmac h;
	size_t n;
	uint8_t bits[8], full[HMAC_SIZE];
	put_u64(bits, (uint64_t)associated.n * 8);
	TRY(cbc_encrypt(key + HALF, iv, plain, out, &n));
	TRY(hmac_begin(&h, SUITE_INTERNATIONAL, slice_of(key, HALF)));
	bool ok = hmac_put(&h, associated) && hmac_put(&h, slice_of(iv, HALF)) &&
		  hmac_put(&h, slice_of(out, n)) && hmac_put(&h, slice_of(bits, sizeof bits));
	TRY(hmac_end(&h, ok, full));
	memcpy(tag, full, JWE_TAG_SIZE);
	*ret_n = n;
	return ST_OK;
}

const struct jwe_content JWE_CONTENTS[JWE_CONTENT_COUNT] = {
	{ "A256GCM", 32, 12, 0, gcm_seal },
	{ "A128CBC-HS256", 32, 16, 16, cbc_hmac_seal },
};

const struct jwe_content *jwe_content_find(struct slice name)
{
	for (size_t i = 0; i < JWE_CONTENT_COUNT; i++)
		if (slice_is(name, JWE_CONTENTS[i].name))
			return &JWE_CONTENTS[i];
	return NULL;
}
