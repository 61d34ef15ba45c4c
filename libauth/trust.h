/*
 * What a verifier goes by at one moment: keys, and status lists. It never changes; a verifier that
 * learns something makes a new one and swaps it in (swap.h).                Threads: immutable.
 */
#pragma once

#include "libauth/keyset.h"
#include "libauth/status_list.h"

struct trust {
	struct auth_keyset *keys;   /* NULL: none yet */
	struct status_list **lists; /* sorted by uri, then issuer */
	size_t lists_n;
	uint8_t secret[16]; /* new with each key set: for what is remembered under its keys */
	bool has_secret;
};

/* A copy of `from` (NULL: of nothing), to be changed before it is swapped in; NULL without memory. */
struct trust *trust_copy(const struct trust *from);
void trust_free(struct trust *trust);
DEFINE_AUTO(trust, struct trust *, trust_free)

/* Replace the keys, and let go of lists that none of the new ones has signed. Takes a share. */
void trust_set_keys(struct trust *trust, struct auth_keyset *keys);

/*
 * Put a list in, in the place of an older one of its uri and issuer; takes it over. Lists that expired
 * before `expired` go. Returns AUTH_OLDER, AUTH_TOO_LARGE (AUTH_LISTS_MAX) or AUTH_NOMEM: the list is
 * then still the caller's.
 */
enum auth_status trust_add_list(struct trust *trust, struct status_list *list, int64_t expired);

/* The list of that uri and issuer; NULL: none. */
const struct status_list *trust_find_list(const struct trust *trust, struct slice uri,
					  struct slice issuer);
