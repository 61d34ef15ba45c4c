/* The chain of audit entries: each stored entry holds the hash of the one before. */
#pragma once

#include "libauth/base/buf.h"

#include <stdint.h>

enum { AUDIT_KEY_SIZE = 8 };

struct audit_chain {
	uint64_t seq;     /* of the last entry; 0 before the first */
	uint8_t hash[32]; /* SHA-256 of the last entry's value; zeros before the first */
};

/* Go on from a stored entry. ST_CORRUPT if the key is none. */
status audit_chain_resume(struct audit_chain *c, struct slice key, struct slice value);
/* Append an entry: its key, and its value at the end of the buffer,
 *	{"seq":7,"at":1770000000,"prev":"<hexadecimal>","entry":<entry>}  */
status audit_chain_append(struct audit_chain *c, int64_t at, struct slice entry,
			  uint8_t ret_key[AUDIT_KEY_SIZE], struct buf *value);
/* Whether this may be an entry: a JSON object in one line of UTF-8. Not a parser: entries are our
 * own; but one that broke its line would break the chain's readers for good. */
bool audit_entry_is_object(struct slice entry);
