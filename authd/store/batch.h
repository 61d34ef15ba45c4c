/*
 * The inside of a batch, for the committer and the backends.        Threads: one at a time.
 */
#pragma once

#include "authd/store/records.h"

enum action_kind {
	ACTION_PUT,
	ACTION_DELETE,
	ACTION_EXPECT,
	ACTION_LINK,
	ACTION_UNLINK,
	ACTION_APPEND,
	ACTION_AUDIT,
	ACTION_AUDIT_PRUNE,
};

/* One step. A backend checks every step of a batch before it applies the first: what a step finds
 * is what the state, or the last step before it on the same key, says. */
struct action {
	struct action *next;
	enum action_kind kind;
	unsigned where; /* enum table or enum index */
	size_t sequence;
	struct slice key;
	struct slice value;          /* PUT, APPEND, AUDIT: payload; LINK: the record's key */
	uint64_t expected;           /* PUT, DELETE, EXPECT; AUDIT_PRUNE: the entry's number */
	const struct action *before; /* the last step before this one on the same key */

	uint64_t version; /* set by the check: after this step; 0 if there is no record then */
};

struct batch {
	struct arena *arena;
	struct action *first, *last;
	size_t n;
	size_t bytes;
	status failed;

	/* While it is submitted. */
	struct op *op;
	struct batch *next;
	status result;
};

enum { AUDIT_ENTRY_MAX = RECORD_VALUE_MAX / 2 };

/* ST_INVALID for an empty key, ST_TOO_LARGE. */
status batch_check_sizes(struct slice key, struct slice value, size_t value_max);

/* Find each step's `before`. ST_NOMEM, or what a batch_ call has met. */
status batch_seal(struct batch *b);
