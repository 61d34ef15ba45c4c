/*
 * Signatures that held: a bounded memory of tokens, so that the same one again costs a hash.
 *
 * Only the signature is remembered. Claims, times and status are looked at each time, so a token that
 * has expired or been revoked never passes by way of this. An entry is a keyed hash over the token,
 * under a secret that goes with the key set: new keys forget everything at once.
 *                                                         Threads: internally synchronized, no lock.
 */
#pragma once

#include "libauth/base/slice.h"

#include <stdatomic.h>
#include <stdbool.h>

struct remembered_tag {
	uint64_t high, low;
};

struct remembered_place {
	atomic_uint_least64_t high, low;
};

struct remembered {
	struct remembered_place *places; /* NULL: nothing is remembered */
	size_t n;                        /* a power of two */
};

/* About so many tokens; 0: none. false without memory. */
bool remembered_init(struct remembered *r, size_t tokens);
void remembered_done(struct remembered *r);

struct remembered_tag remembered_tag(const uint8_t secret[16], struct slice token);
bool remembered_has(const struct remembered *r, struct remembered_tag tag);
void remembered_put(struct remembered *r, struct remembered_tag tag);
