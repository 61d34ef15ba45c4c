/*
 * The key ring as data: every signing key that ever was, and where it is in its life. The half of
 * the planner that has no clock and no disk: each step here is plain arithmetic on the ring.
 *
 * The private half of a key is destroyed with the last signature it may make; its public half
 * stays for ever, for hints and archives.         Threads: one at a time; immutable once decoded.
 */
#pragma once

#include "keys/keypair.h"

#include <sys/types.h>

struct ring_key {
	char kid[KID_SIZE + 1];
	enum key_algorithm algorithm;
	enum key_state state;
	bool published; /* in the JWKS */
	int64_t created_at, activates_at, retires_at, drops_at;
	struct keypair pair; /* private_key.n == 0 once it is destroyed */
};

struct ring {
	uint64_t generation; /* one more with each write of the file */
	uint64_t published;  /* one more with each change that shows in the JWKS */
	int64_t seen_at;     /* the latest time that a planner has worked at */
	struct ring_key *keys;
	size_t n;
};

enum {
	/* Each authd reads the file once a minute; meanwhile it may sign with the key before. */
	RING_LAG_S = 120,
};

/* No such key. */
enum { RING_NONE = -1 };
ssize_t ring_active(const struct ring *r, enum key_algorithm a);
/* The announced key that signs next. */
ssize_t ring_next(const struct ring *r, enum key_algorithm a);
ssize_t ring_find(const struct ring *r, struct slice kid);
/* What a person is shown: a key that signs, or will, retires when the next one is to begin. */
struct key_info ring_key_info(const struct ring *r, size_t i);

/* A copy with room for `room` more keys; keys' bytes stay where they are. */
status ring_copy(const struct ring *r, size_t room, struct arena *a, struct ring *ret);

/* Append a new announced key. There must be room. Fills in its kid. */
status ring_announce(struct ring *r, enum key_algorithm a, const struct keypair *pair, int64_t now,
		     int64_t activates_at);
/* keys[i] signs from now on; the one that did is retired and stays published for retain_s. */
void ring_activate(struct ring *r, size_t i, int64_t retain_s, int64_t now);
/* keys[i], announced or active, never signs again. */
void ring_retire(struct ring *r, size_t i, int64_t retain_s, int64_t now);
void ring_drop(struct ring *r, size_t i);
void ring_revoke(struct ring *r, size_t i, int64_t now);

status ring_encode(const struct ring *r, struct buf *b);
/* In the arena; the keys' bytes are lent from `bytes`. ST_CORRUPT where anything does not fit. */
status ring_decode(struct slice bytes, struct arena *a, struct ring *ret);
