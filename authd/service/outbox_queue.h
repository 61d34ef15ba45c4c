/*
 * The outbox as it stands in records: entries in the order in which they are due. For outbox.c alone.
 *                                                          Threads: the stores lock themselves.
 */
#pragma once

#include "authd/service/audit.h"
#include "authd/service/outbox.h"

enum { OUTBOX_KEY = 8 + sizeof(struct id) };
struct outbox_item {
	uint8_t key[OUTBOX_KEY]; /* when it is due, big-endian | id */
	struct outbox_entry entry;
};

/* At most limit entries that are due, in the arena; none of a client for which busy() says so, nor more
 * than one of each other. */
typedef bool outbox_busy_fn(void *context, struct slice client_id);
status outbox_due(struct issuer *is, int64_t now_us, size_t limit, outbox_busy_fn *busy, void *context,
		  struct arena *a, struct outbox_item **ret, size_t *ret_n);

/* These wait for the records. ST_CONFLICT: another node has the entry. */

/* It is due at due_us instead, as item->entry is now. */
status outbox_move(struct issuer *is, struct outbox_item *item, int64_t due_us);
/* It goes, and the audit says why. */
status outbox_remove(struct issuer *is, const struct outbox_item *item,
		     const struct audit_entry *audit);
