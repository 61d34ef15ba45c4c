/*
 * The head of the audit chain: where it ends and where it begins, under a MAC. It is written in the
 * transaction of each entry, so that a tail that was cut off is seen, and a beginning that was.
 *
 * The store has no keys: whoever opens it lends it a guard.           Threads: any that the guard allows.
 */
#pragma once

#include "authd/store/audit_chain.h"

struct audit_head {
	struct audit_chain last;   /* the last entry */
	struct audit_chain pruned; /* the last one that has left; 0 where none has */
};

struct audit_guard {
	enum audit_hash hash; /* of the entries to come */
	/* A MAC under the version of the secret that *version names; 0 asks for the current one, and is
	 * replaced by it. ST_NOT_FOUND: there is no such version (any more). */
	status (*mac)(void *context, uint32_t *version, struct slice bytes, uint8_t ret[32]);
	void *context;
};

/* Its record in TABLE_META. */
#define AUDIT_HEAD_KEY SLICE("audit-head")
enum { AUDIT_HEAD_SIZE = 2 * (8 + 1 + 32) + 4 + 32 };

status audit_head_write(const struct audit_guard *g, const struct audit_head *head,
			uint8_t ret[AUDIT_HEAD_SIZE]);
/* ST_INVALID: it is not one that this guard has made. */
status audit_head_read(const struct audit_guard *g, struct slice stored, struct audit_head *ret);
