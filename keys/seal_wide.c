#include "keys/algorithms.h"
#include "keys/gcm.h"
#include "keys/seal.h"

enum { BLOCK = 16, PREFIX = 12, NONCE_SIZE = PREFIX + GCM_NONCE_SIZE };
_Static_assert(NONCE_SIZE + GCM_TAG_SIZE == SEAL_WIDE_OVERHEAD, "nonce and tag");

/* Times x in GF(2^128), NIST SP 800-38B §6.1; without a branch on the bit. */
static void twice(const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
	for (size_t i = 0; i < BLOCK; i++)
		out[i] = (uint8_t)(in[i] << 1 | (i + 1 < BLOCK ? in[i + 1] >> 7 : 0));
	out[BLOCK - 1] ^= (uint8_t)(0x87 & -(in[0] >> 7));
}

/*
 * The key of one message: the KDF in counter mode of NIST SP 800-108r1 over CMAC, two blocks that
 * hold a counter, the label "X" and the first half of the nonce.
 */
static status aes_message_key(const struct secret *key, const uint8_t nonce[PREFIX], struct secret *ret)
{
	const struct algorithms *known = algorithms();
	AUTO(cipher) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	if (!known || !c)
		return ST_NOMEM;

	static const uint8_t zeros[BLOCK];
	uint8_t l[BLOCK], subkey[BLOCK], blocks[2][BLOCK] = { { 0, 1, 'X' }, { 0, 2, 'X' } };
	int n;
	bool ok = EVP_EncryptInit_ex2(c, known->aes_256_ecb, key->bytes, NULL, NULL) == 1 &&
		  EVP_EncryptUpdate(c, l, &n, zeros, BLOCK) == 1 && n == BLOCK;
	if (ok)
		twice(l, subkey);
	for (size_t k = 0; ok && k < 2; k++) {
		memcpy(blocks[k] + 4, nonce, PREFIX);
		for (size_t i = 0; i < BLOCK; i++)
			blocks[k][i] ^= subkey[i];
	}
	ok = ok && EVP_EncryptUpdate(c, ret->bytes, &n, blocks[0], sizeof blocks) == 1 &&
	     n == sizeof blocks;
	secret_wipe(l, sizeof l);
	secret_wipe(subkey, sizeof subkey);
	secret_wipe(blocks, sizeof blocks);
	return ok ? ST_OK : ST_BUG;
}

static status message_key(const struct secret *key, const uint8_t nonce[PREFIX], struct secret *ret)
{
	const struct slice parts[] = { SLICE("authd message key"), slice_of(nonce, PREFIX) };
	ret->suite = key->suite;
	return key->suite == SUITE_SM ? mac(key, parts, COUNT_OF(parts), ret->bytes)
				      : aes_message_key(key, nonce, ret);
}

status seal_wide(const struct secret *key, struct slice associated, struct slice plain,
		 struct arena *a, struct slice *ret)
{
	AUTO_SECRET struct secret once;
	AUTO(cipher) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	if (plain.n > GCM_MAX)
		return ST_BUG;
	uint8_t *out = arena_alloc(a, plain.n + SEAL_WIDE_OVERHEAD);
	if (!out)
		return ST_NOMEM;
	TRY(random_bytes(out, NONCE_SIZE));
	TRY(message_key(key, out, &once));
	TRY(nonce_seal(c, &once, out + PREFIX, associated, plain, out + NONCE_SIZE));
	*ret = slice_of(out, plain.n + SEAL_WIDE_OVERHEAD);
	return ST_OK;
}

status unseal_wide(const struct secret *key, struct slice associated, struct slice sealed,
		   struct arena *a, struct slice *ret)
{
	if (sealed.n < SEAL_WIDE_OVERHEAD)
		return ST_INVALID;
	AUTO_SECRET struct secret once;
	TRY(message_key(key, sealed.p, &once));
	return unseal(&once, associated, slice_from(sealed, PREFIX), a, ret);
}
