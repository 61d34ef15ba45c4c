/*
 * The chain of audit entries: each stored entry holds the hash of the one before, with the name of
 * that hash, so that a chain goes on when an issuer changes its suite.
 *
 *	{"seq":7,"at":1770000000,"prev":"sha256:<hexadecimal>","entry":<entry>}
 *                                                                          Threads: pure functions.
 */
#pragma once

#include "libauth/base/buf.h"

#include <stdint.h>

enum { AUDIT_KEY_SIZE = 8 };

/* Their numbers stand in the head. */
enum audit_hash { AUDIT_SHA256, AUDIT_SM3, AUDIT_HASH_COUNT };

/* The hash of an entry's value; zeros before the first. */
struct audit_digest {
	enum audit_hash hash;
	uint8_t bytes[32];
};

/* "sha256:<hexadecimal>" */
void audit_digest_put(struct buf *out, const struct audit_digest *d);
/* ST_INVALID: no such hash, or not its digits. */
status audit_digest_parse(struct slice text, struct audit_digest *ret);
status audit_digest_of(enum audit_hash hash, struct slice value, struct audit_digest *ret);
bool audit_digest_equal(const struct audit_digest *a, const struct audit_digest *b);

struct audit_chain {
	uint64_t seq;               /* of the last entry; 0 before the first */
	struct audit_digest digest; /* of its value */
};

/* Append an entry: its key, and its value at the end of the buffer. Its own hash is taken by `hash`. */
status audit_chain_append(struct audit_chain *c, enum audit_hash hash, int64_t at, struct slice entry,
			  uint8_t ret_key[AUDIT_KEY_SIZE], struct buf *value);
/* Go on from a stored entry. ST_CORRUPT if the key is none. */
status audit_chain_resume(struct audit_chain *c, enum audit_hash hash, struct slice key,
			  struct slice value);

/* A stored value taken apart; the entry is lent by it. */
struct audit_line {
	uint64_t seq;
	int64_t at;
	struct audit_digest prev;
	struct slice entry;
};
/* ST_INVALID unless it has the form above, to the byte. */
status audit_line_parse(struct slice value, struct audit_line *ret);

/* Whether this may be an entry: a JSON object in one line of UTF-8. Not a parser: entries are our
 * own; but one that broke its line would break the chain's readers for good. */
bool audit_entry_is_object(struct slice entry);
