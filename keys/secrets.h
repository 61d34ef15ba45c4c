/*
 * The versioned symmetric secrets of an issuer: what they are, and their form in a file.
 *                                         Threads: immutable once made; making is one thread's.
 */
#pragma once

#include "keys/keys.h"

struct secret_entry {
	enum secret_use use;
	uint32_t version; /* from 1 up; the highest of a use is the current one */
	int64_t created_at;
	struct secret secret;
};

/* Sorted by use, then from the newest version down. */
struct secret_set {
	struct secret_entry *entries;
	size_t n;
};

/* A first version of each use, in the arena. */
status secrets_generate(enum suite suite, struct arena *a, int64_t now, struct secret_set *ret);

status secrets_encode(const struct secret_set *set, struct buf *b);
/* ST_CORRUPT unless it is a whole set: sorted, no version twice, each use there. */
status secrets_decode(struct slice bytes, struct arena *a, struct secret_set *ret);

/* Version 0 means the current one. NULL if there is none such. */
const struct secret_entry *secrets_find(const struct secret_set *set, enum secret_use use,
					uint32_t version);
