/* An issuer's keys, as a verifier looks them up. See auth.h for the public part. */
#pragma once

#include "libauth/auth.h"
#include "libauth/key.h"

#include <stdatomic.h>

struct auth_keyset {
	atomic_uint shares;
	size_t n;
	struct key *keys; /* sorted by kid; those without one come first */
	uint8_t *text;    /* the JSON text, which lends the names */
};

struct auth_keyset *keyset_share(struct auth_keyset *keys);

/*
 * The key for a token (RFC 7515 §6): that of its kid; or, where the token names none (p == NULL),
 * the only one that takes the algorithm, if there is exactly one. SM2 keys must be named.
 *
 * Returns AUTH_UNKNOWN_KEY, or AUTH_UNSUPPORTED_ALGORITHM if the key does not take the algorithm.
 */
enum auth_status keyset_find(const struct auth_keyset *keys, struct slice kid,
			     const struct algorithm *algorithm, struct key **ret);
