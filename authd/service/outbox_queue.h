/*
 * The outbox as it stands in records: entries in the order in which they are due. For outbox.c, and for
 * operators.                                              Threads: the stores lock themselves.
 */
#pragma once

#include "authd/service/audit.h"
#include "authd/service/outbox.h"

enum { OUTBOX_KEY = 8 + sizeof(struct id) };
struct outbox_item {
	uint8_t key[OUTBOX_KEY]; /* when it is due, big-endian | id */
	struct outbox_entry entry;
};

/* Where a look at what is due has ended, and the next one goes on; zero: at the beginning. */
struct outbox_place {
	uint8_t key[OUTBOX_KEY];
	size_t n;
};

/* At most limit entries that are due, in the arena; none of a client for which busy() says so, nor more
 * than one of each other. A part of what waits is looked at, from *place on, which is moved: so what a
 * receiver that is down has left, however much, hides nobody else's for long. */
typedef bool outbox_busy_fn(void *context, struct slice client_id);
status outbox_due(struct issuer *is, int64_t now_us, size_t limit, outbox_busy_fn *busy, void *context,
		  struct outbox_place *place, struct arena *a, struct outbox_item **ret, size_t *ret_n);

struct outbox_filter {
	struct slice client_id; /* absent: every client's */
	const struct id *id;    /* this one alone, or NULL */
};
/* What waits, due or not, at most limit entries; *ret_more: there are others. */
status outbox_list(struct issuer *is, const struct outbox_filter *filter, size_t limit, struct arena *a,
		   struct outbox_item **ret, size_t *ret_n, bool *ret_more);

/* An entry's name, the same wherever it is moved to. */
struct id outbox_item_id(const struct outbox_item *item);

/* In a batch of the caller's, which fails with ST_CONFLICT if another has moved the entry. */
status outbox_batch_move(struct batch *b, struct outbox_item *item, int64_t due_us);
void outbox_batch_remove(struct batch *b, const struct outbox_item *item);

/* These wait for the records. ST_CONFLICT: another node has the entry. */

/* It is due at due_us instead, as item->entry is now. */
status outbox_move(struct issuer *is, struct outbox_item *item, int64_t due_us);
/* It goes, and the audit says why. */
status outbox_remove(struct issuer *is, const struct outbox_item *item,
		     const struct audit_entry *audit);
