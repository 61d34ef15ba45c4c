/*
 * Sealing in the SM suite, for keys/ alone; seal() and seal_wide() draw the nonce.
 *
 *	nonce (12) | ciphertext | tag (16)      the form of keys/gcm.h, so that nobody above knows which
 *
 * SM4 in counter mode (GB/T 32907, GB/T 17964), then HMAC-SM3 (GB/T 15852.2) over associated data,
 * nonce and ciphertext, each with its length before it, cut to 128 bits. The keys of the two are
 * derived from the secret, each by a step of HKDF-SM3 of its own (RFC 5869 §2.3): the secret is
 * random, so there is nothing to extract (§3.3). OpenSSL 3.0 has no SM4-GCM.
 *                                                                       Threads: one a context.
 */
#pragma once

#include "keys/gcm.h"

/* out: room for plain and GCM_TAG_SIZE more. */
status sm4_seal(EVP_CIPHER_CTX *c, const struct secret *key, const uint8_t nonce[GCM_NONCE_SIZE],
		struct slice associated, struct slice plain, uint8_t *out);
/* sealed: nonce, ciphertext and tag. ST_INVALID where the tag does not fit: then nothing is decrypted. */
status sm4_unseal(EVP_CIPHER_CTX *c, const struct secret *key, struct slice associated,
		  struct slice sealed, uint8_t *out);
