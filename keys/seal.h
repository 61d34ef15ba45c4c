/*
 * Authenticated encryption and keyed hashes, the only ones in the tree.
 *
 *	sealed = nonce (12) | ciphertext | tag (16)     AES-256-GCM, NIST SP 800-38D
 *
 * The secret's suite says in which algorithms; these are the international ones, keys/sm4.h has those
 * of the SM suite in the same sizes. What one suite has sealed or derived is nothing to the other: a
 * secret whose suite was altered opens nothing.
 *
 * The associated data says what the bytes are and where they stand, so that a sealed value moved
 * to another place does not open.
 *
 * Nonces are random: NIST SP 800-38D §8.3 allows 2^32 seals under one key. A key that seals more in
 * its life uses seal_wide().                                                 Threads: all may call.
 */
#pragma once

#include "libauth/base/arena.h"
#include "libauth/base/secret.h"
#include "libauth/base/status.h"

enum { SEAL_OVERHEAD = 28, MAC_SIZE = 32 };

/* ret is in the arena. */
status seal(const struct secret *key, struct slice associated, struct slice plain, struct arena *a,
	    struct slice *ret);
/* Returns ST_INVALID when the bytes were not sealed under this key and associated data. */
status unseal(const struct secret *key, struct slice associated, struct slice sealed,
	      struct arena *a, struct slice *ret);

/*
 * The same without that limit: XAES-256-GCM (C2SP). 2^80 seals under one key, for about a microsecond.
 *
 *	sealed = nonce (24) | ciphertext | tag (16)
 *
 * The first half of the nonce makes the message a key of its own (in the SM suite by HMAC-SM3), the
 * other half is its nonce.
 */
enum { SEAL_WIDE_OVERHEAD = 40 };
status seal_wide(const struct secret *key, struct slice associated, struct slice plain,
		 struct arena *a, struct slice *ret);
status unseal_wide(const struct secret *key, struct slice associated, struct slice sealed,
		   struct arena *a, struct slice *ret);

/* HMAC-SHA-256, or HMAC-SM3, over n parts; each part goes in with its length before it, so no two lists of parts
 * give the same input. */
status mac(const struct secret *key, const struct slice *parts, size_t n, uint8_t ret[MAC_SIZE]);

/* HKDF (RFC 5869) with the suite's hash, the label as info and no salt; a secret of the same suite. */
status derive(const struct secret *key, const char *label, struct secret *ret);

status sha256(struct slice bytes, uint8_t ret[32]);
status sm3(struct slice bytes, uint8_t ret[32]); /* GB/T 32905 */
status random_bytes(void *p, size_t n);

/*
 * For who seals very often, as a bulk import does: random bytes drawn ahead, each given out once and
 * wiped here, and a cipher's context kept. Begins as zeros. Not to be carried across fork().
 *                                                                          Threads: one at a time.
 */
struct sealer {
	uint8_t bytes[2048];
	size_t left;
	void *context;
};
void sealer_done(struct sealer *s);
/* As random_bytes(), and as seal(); without a sealer, the same. */
status sealer_random(struct sealer *s, void *p, size_t n);
status seal_with(struct sealer *s, const struct secret *key, struct slice associated,
		 struct slice plain, struct arena *a, struct slice *ret);
