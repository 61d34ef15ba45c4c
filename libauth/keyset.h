/* Issuers' keys, as a verifier looks them up. See auth.h for the public part. */
#pragma once

#include "libauth/answer.h"
#include "libauth/base/arena.h"
#include "libauth/key.h"

#include <stdatomic.h>

struct auth_keyset {
	atomic_uint shares;
	size_t n;
	struct key *keys; /* sorted by kid, then issuer; those without a kid come first */
	struct arena arena; /* the JSON texts, which lend the names */
};

struct auth_keyset *keyset_share(struct auth_keyset *keys);

/* The keys that one token may be of: more than one only if several issuers use its kid. */
struct key_range {
	struct key *keys;
	size_t n;
};
/*
 * The keys for a token (RFC 7515 §6): those of its kid; or, where the token names none (p == NULL),
 * the only one that takes the algorithm, if there is exactly one. SM2 keys must be named. Whether
 * each takes the algorithm, and serves now, is left to be asked.       Returns AUTH_UNKNOWN_KEY.
 */
enum auth_status keyset_find(const struct auth_keyset *keys, struct slice kid,
			     const struct algorithm *algorithm, struct key_range *ret);

/* An issuer's keys to put into a set. */
struct keyset_source {
	struct slice issuer;           /* NO_SLICE: not said */
	const struct auth_value *jwks; /* read from memory that lives as long as the set's arena */
	int64_t expires;               /* none of its keys serves longer */
};
/*
 * Add the keys of one issuer, as auth_keyset_from_json() describes it; then sort when all are in.
 * Return ST_INVALID or ST_TOO_LARGE with a message, or a fault; the set is then only to be freed.
 */
status keyset_add(struct auth_keyset *keys, const struct keyset_source *source, struct error *e);
status keyset_sort(struct auth_keyset *keys, struct error *e);

/* An empty set with one share; NULL without memory. */
struct auth_keyset *keyset_new(void);
DEFINE_AUTO(keyset, struct auth_keyset *, auth_keyset_free)
