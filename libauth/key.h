/*
 * One public key, parsed once, and the signatures it can check.
 *
 * OpenSSL's contexts cost microseconds to make and serve one thread at a time, so each key keeps a
 * few idle ones: a verification takes one by an atomic exchange and puts it back.
 *                                                        Threads: any number may verify at once.
 */
#pragma once

#include "libauth/algorithm.h"
#include "libauth/base/status.h"

#include <openssl/evp.h>
#include <stdatomic.h>

enum {
	KEY_IDLE_CONTEXTS = 16,
	KEY_SIGNATURE_MAX = HAS_ML_DSA ? 4627 : 1024, /* ML-DSA-87, RSA of 8192 bits */
	KEY_ML_DSA_MAX = 2592, /* bytes of a public key */
	KEY_COORDINATE_MAX = 66,  /* P-521 */
};

struct key_context;

struct key {
	struct slice kid;                  /* NO_SLICE: it has none; lent by the key set */
	struct slice issuer;               /* whose it is; NO_SLICE: the key set does not say */
	int64_t not_before, expires;       /* it serves from the one until the other */
	enum key_kind kind;
	const struct algorithm *algorithm; /* the one it is for; NULL: any of its kind */
	size_t signature_size;             /* bytes; nothing longer or shorter is a signature */
	uint8_t ed25519[32];
	EVP_PKEY *pkey;                    /* of the other kinds */
	EVP_MD_CTX *sm2_prefix;            /* SM3 fed with Z, GB/T 32918.2 §5.5 */
	_Atomic(struct key_context *) idle[KEY_IDLE_CONTEXTS];
};

/* Size of a coordinate of the curve in bytes; 0 for RSA. */
size_t key_coordinate_size(enum key_kind kind);

/*
 * Fill in kind, the parsed key and signature_size from the numbers of a JWK.
 * Return ST_INVALID for a key that is not sound, ST_NOMEM, or ST_BUG.
 */
status key_init_ec(struct key *key, enum key_kind kind, struct slice x, struct slice y);
status key_init_rsa(struct key *key, struct slice n, struct slice e);
status key_init_ed25519(struct key *key, struct slice x);
status key_init_ml_dsa(struct key *key, enum key_kind kind, struct slice pub);
/* Takes a zeroed or half-built key. */
void key_done(struct key *key);

/* Whether the algorithm may be used with this key. */
bool key_takes(const struct key *key, const struct algorithm *algorithm);

/* Whether now lies in the time for which the key was published. */
static inline bool key_serves(const struct key *key, int64_t now)
{
	return now >= key->not_before && now < key->expires;
}

/*
 * Check a signature in the form JOSE gives it (RFC 7518 §3.4: r and s side by side). The caller has
 * seen that the key takes the algorithm and that the signature has the key's size.
 * Returns ST_INVALID for a signature that does not hold, ST_NOMEM or ST_BUG.
 */
status key_verify(struct key *key, const struct algorithm *algorithm, struct slice message,
		  struct slice signature);
