/*
 * Fill a fresh store with more than fits into memory: an import of a nation.
 *
 *	records_bulk_open() -> put, link, audit in any order -> records_bulk_finish()
 *
 * Entries gather in memory, are spilled as sorted runs, and are merged into a new file in the order
 * of their keys, which is many times quicker than to insert them one by one. The store is there,
 * durable and whole, when finish has returned ST_OK; before that, and after any failure, it is not
 * there at all. What a killed build has left is removed by the next one. While it is merged, a build
 * needs twice the disk space of its store.
 *                                                                    Threads: one at a time.
 */
#pragma once

#include "authd/store/records.h"

enum { RECORDS_BULK_MEMORY = 256 << 20 };

struct records_bulk_options {
	const char *dir; /* exists, mode 0700, holds no store */
	size_t memory;   /* for sorting, in bytes; 0: RECORDS_BULK_MEMORY */
	/* Called now and then by finish, with entries written of how many; or NULL. */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
};

struct records_bulk;
/* ST_EXISTS (a store is there), ST_NOT_FOUND (no such directory), ST_BUSY (another process is
 * making this store), or a fault. */
status records_bulk_open(const struct records_bulk_options *options, struct records_bulk **ret,
			 struct error *e);
/* Without finish: nothing is left. */
void records_bulk_free(struct records_bulk *b);
DEFINE_AUTO(records_bulk, struct records_bulk *, records_bulk_free)

/* All three: sizes as in a batch (ST_INVALID, ST_TOO_LARGE); a fault when the disk is full, after
 * which the build cannot be finished. A record has version 1. */
status records_bulk_put(struct records_bulk *b, enum table t, struct slice key, struct slice value);
status records_bulk_link(struct records_bulk *b, enum index i, struct slice index_key,
			 struct slice key);
status records_bulk_audit(struct records_bulk *b, struct slice entry);

/* ST_EXISTS with a message if a record's key came twice, or an index entry's with two targets. */
status records_bulk_finish(struct records_bulk *b, struct error *e);
