#include "keys/seal.h"

#include "keys/algorithms.h"
#include "keys/gcm.h"
#include "keys/hmac.h"
#include "keys/sm4.h"

#include "libauth/base/big_endian.h"

#include <errno.h>
#include <sys/random.h>

enum { NONCE_SIZE = GCM_NONCE_SIZE, TAG_SIZE = GCM_TAG_SIZE };

static bool fits(struct slice s) { return s.n <= GCM_MAX; }

static bool encrypt(EVP_CIPHER_CTX *c, struct slice associated, struct slice plain, uint8_t *out)
{
	int n = 0, last = 0;
	if (associated.n && EVP_EncryptUpdate(c, NULL, &n, associated.p, (int)associated.n) != 1)
		return false;
	if (plain.n && EVP_EncryptUpdate(c, out, &n, plain.p, (int)plain.n) != 1)
		return false;
	return EVP_EncryptFinal_ex(c, out + plain.n, &last) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, out + plain.n) == 1;
}

static status gcm_seal(EVP_CIPHER_CTX *c, const struct secret *key, const uint8_t nonce[GCM_NONCE_SIZE],
		       struct slice associated, struct slice plain, uint8_t *out)
{
	const struct algorithms *known = algorithms();
	if (!known || !c)
		return ST_NOMEM;
	const EVP_CIPHER *cipher = cipher_for(c, known->aes_256_gcm);
	bool begun = EVP_EncryptInit_ex2(c, cipher, key->bytes, nonce, NULL) == 1;
	return begun && encrypt(c, associated, plain, out) ? ST_OK : ST_BUG;
}

status nonce_seal(EVP_CIPHER_CTX *c, const struct secret *key, const uint8_t nonce[GCM_NONCE_SIZE],
		  struct slice associated, struct slice plain, uint8_t *out)
{
	if (!fits(plain) || !fits(associated))
		return ST_BUG;
	return key->suite == SUITE_SM ? sm4_seal(c, key, nonce, associated, plain, out)
				      : gcm_seal(c, key, nonce, associated, plain, out);
}

static status seal_in(EVP_CIPHER_CTX *c, struct sealer *sealer, const struct secret *key,
		      struct slice associated, struct slice plain, struct arena *a, struct slice *ret)
{
	if (!fits(plain))
		return ST_BUG;
	uint8_t *out = arena_alloc(a, plain.n + SEAL_OVERHEAD);
	if (!out)
		return ST_NOMEM;
	TRY(sealer_random(sealer, out, NONCE_SIZE));
	TRY(nonce_seal(c, key, out, associated, plain, out + NONCE_SIZE));
	*ret = slice_of(out, plain.n + SEAL_OVERHEAD);
	return ST_OK;
}

/* The context is made anew each time: there is nothing to share between threads. */
status seal(const struct secret *key, struct slice associated, struct slice plain, struct arena *a,
	    struct slice *ret)
{
	AUTO(cipher) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	return seal_in(c, NULL, key, associated, plain, a, ret);
}

status seal_with(struct sealer *s, const struct secret *key, struct slice associated,
		 struct slice plain, struct arena *a, struct slice *ret)
{
	if (!s)
		return seal(key, associated, plain, a, ret);
	if (!s->context)
		s->context = EVP_CIPHER_CTX_new();
	return seal_in(s->context, s, key, associated, plain, a, ret);
}

/* False also when the tag does not fit. */
static bool decrypt(EVP_CIPHER_CTX *c, struct slice associated, struct slice sealed, uint8_t *out)
{
	int n = 0, last = 0;
	uint8_t tag[TAG_SIZE];
	memcpy(tag, sealed.p + sealed.n, TAG_SIZE);
	if (associated.n && EVP_DecryptUpdate(c, NULL, &n, associated.p, (int)associated.n) != 1)
		return false;
	if (sealed.n && EVP_DecryptUpdate(c, out, &n, sealed.p, (int)sealed.n) != 1)
		return false;
	return EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1 &&
	       EVP_DecryptFinal_ex(c, out + sealed.n, &last) == 1;
}

/* On ST_INVALID, out holds what must not be seen. */
static status gcm_unseal(EVP_CIPHER_CTX *c, const struct secret *key, struct slice associated,
			 struct slice sealed, uint8_t *out)
{
	const struct algorithms *known = algorithms();
	if (!known || !c)
		return ST_NOMEM;
	if (EVP_DecryptInit_ex2(c, known->aes_256_gcm, key->bytes, sealed.p, NULL) != 1)
		return ST_BUG;
	struct slice ciphertext = slice_of(sealed.p + NONCE_SIZE, sealed.n - SEAL_OVERHEAD);
	return decrypt(c, associated, ciphertext, out) ? ST_OK : ST_INVALID;
}

status unseal(const struct secret *key, struct slice associated, struct slice sealed,
	      struct arena *a, struct slice *ret)
{
	if (sealed.n < SEAL_OVERHEAD || !fits(sealed) || !fits(associated))
		return ST_INVALID;
	size_t n = sealed.n - SEAL_OVERHEAD;
	AUTO(cipher) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t *out = arena_alloc(a, n + 1);
	if (!out)
		return ST_NOMEM;
	status s = key->suite == SUITE_SM ? sm4_unseal(c, key, associated, sealed, out)
					  : gcm_unseal(c, key, associated, sealed, out);
	if (s != ST_OK) {
		secret_wipe(out, n); /* never seen: it is not authentic */
		return s;
	}
	*ret = slice_of(out, n);
	return ST_OK;
}

/* ---- hashes, and keyed ones ---------------------------------------------------------------- */

static status hash(struct slice bytes, const EVP_MD *md, uint8_t ret[32])
{
	return EVP_Digest(bytes.p, bytes.n, ret, NULL, md, NULL) == 1 ? ST_OK : ST_NOMEM;
}

status sha256(struct slice bytes, uint8_t ret[32])
{
	const struct algorithms *known = algorithms();
	return known ? hash(bytes, known->sha256, ret) : ST_NOMEM;
}

status sm3(struct slice bytes, uint8_t ret[32])
{
	const struct algorithms *known = algorithms();
	return known ? hash(bytes, known->sm3, ret) : ST_NOMEM;
}

status hmac_begin(struct hmac *h, enum suite suite, struct slice key)
{
	uint8_t block[HMAC_BLOCK] = { 0 };
	const struct algorithms *known = algorithms();
	if (!known)
		return ST_NOMEM;
	const EVP_MD *md = hash_of(known, suite);
	if (key.n > HMAC_BLOCK)
		TRY(hash(key, md, block));
	else if (key.n)
		memcpy(block, key.p, key.n);

	EVP_MD_CTX *c = EVP_MD_CTX_new();
	for (size_t i = 0; i < HMAC_BLOCK; i++) {
		h->outer[i] = block[i] ^ 0x5c;
		block[i] ^= 0x36;
	}
	bool ok = c && EVP_DigestInit_ex2(c, md, NULL) == 1 &&
		  EVP_DigestUpdate(c, block, sizeof block) == 1;
	secret_wipe(block, sizeof block);
	h->context = c;
	if (ok)
		return ST_OK;
	EVP_MD_CTX_free(c);
	secret_wipe(h, sizeof *h);
	return ST_NOMEM;
}

bool hmac_put(struct hmac *h, struct slice bytes)
{
	return !bytes.n || EVP_DigestUpdate(h->context, bytes.p, bytes.n) == 1;
}

status hmac_end(struct hmac *h, bool ok, uint8_t ret[HMAC_SIZE])
{
	uint8_t inner[HMAC_SIZE];
	EVP_MD_CTX *c = h->context;
	ok = ok && EVP_DigestFinal_ex(c, inner, NULL) == 1 && EVP_DigestInit_ex2(c, NULL, NULL) == 1 &&
	     EVP_DigestUpdate(c, h->outer, sizeof h->outer) == 1 &&
	     EVP_DigestUpdate(c, inner, sizeof inner) == 1 && EVP_DigestFinal_ex(c, ret, NULL) == 1;
	EVP_MD_CTX_free(c);
	secret_wipe(h, sizeof *h);
	secret_wipe(inner, sizeof inner);
	return ok ? ST_OK : ST_BUG;
}

status mac(const struct secret *key, const struct slice *parts, size_t n, uint8_t ret[MAC_SIZE])
{
	struct hmac h;
	TRY(hmac_begin(&h, key->suite, secret_slice(key)));
	bool ok = true;
	for (size_t i = 0; i < n; i++) {
		uint8_t length[8];
		put_u64(length, parts[i].n);
		ok = ok && hmac_put(&h, slice_of(length, sizeof length)) && hmac_put(&h, parts[i]);
	}
	return hmac_end(&h, ok, ret);
}

static status hmac_once(enum suite suite, struct slice key, struct slice first, struct slice second,
			uint8_t ret[HMAC_SIZE])
{
	struct hmac h;
	TRY(hmac_begin(&h, suite, key));
	return hmac_end(&h, hmac_put(&h, first) && hmac_put(&h, second), ret);
}

status hkdf(enum suite suite, struct slice salt, struct slice key, struct slice info,
	    uint8_t ret[HMAC_SIZE])
{
	AUTO_SECRET struct secret extracted = { 0 };
	TRY(hmac_once(suite, salt, key, NO_SLICE, extracted.bytes));
	return hmac_once(suite, secret_slice(&extracted), info, SLICE("\1"), ret);
}

status derive(const struct secret *key, const char *label, struct secret *ret)
{
	enum suite suite = key->suite;
	TRY(hkdf(suite, NO_SLICE, secret_slice(key), slice_str(label), ret->bytes));
	ret->suite = suite;
	return ST_OK;
}

/* The kernel's generator: no state of ours to lose across fork(), a third of RAND_bytes()'s time. */
status random_bytes(void *p, size_t n)
{
	uint8_t *at = p;
	while (n) {
		ssize_t got = getrandom(at, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return ST_IO;
		at += got;
		n -= (size_t)got;
	}
	return ST_OK;
}

status sealer_random(struct sealer *s, void *p, size_t n)
{
	if (!s || n > sizeof s->bytes)
		return random_bytes(p, n);
	if (s->left < n) {
		TRY(random_bytes(s->bytes, sizeof s->bytes));
		s->left = sizeof s->bytes;
	}
	s->left -= n;
	memcpy(p, s->bytes + s->left, n);
	secret_wipe(s->bytes + s->left, n);
	return ST_OK;
}

void sealer_done(struct sealer *s)
{
	EVP_CIPHER_CTX_free(s->context);
	secret_wipe(s, sizeof *s);
}
