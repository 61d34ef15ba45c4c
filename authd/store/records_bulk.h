/*
 * Fill a fresh store with more than fits into memory: an import of a nation.
 *
 *	records_bulk_open()
 *	-> in each thread: records_bulk_part_new() -> row, put, link in any order -> part_end()
 *	-> records_bulk_merge() -> records_bulk_audit() -> records_bulk_finish()
 *
 * Entries gather in memory, are spilled as sorted runs, and are merged into a new file in the order
 * of their keys, which is many times quicker than to insert them one by one. The store is there,
 * durable and whole, when finish has returned ST_OK; before that, and after any failure, it is not
 * there at all. What a killed build has left is removed by the next one. Until it is finished, a
 * build needs twice the disk space of its store. Memory does not grow with it, but for a bit a row
 * where rows are refused.
 *
 *                          Threads: several may make, fill and end parts, each its own; the rest is
 *                          one thread's, when the parts have ended.
 */
#pragma once

#include "authd/store/records.h"

enum { RECORDS_BULK_MEMORY = 256 << 20 };

struct records_bulk_options {
	const char *dir; /* exists, mode 0700, holds no store */
	size_t memory;   /* for sorting, in bytes, shared by the parts; 0: RECORDS_BULK_MEMORY */
	size_t parts;    /* how many there will be; 0: one */
	/* Called now and then by merge, with entries dealt with of how many; or NULL. */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	/*
	 * A row is refused whose index key an earlier row has, too; merge calls this for each of
	 * them, in the order of rows. What it returns other than ST_OK ends the merge. NULL: nothing
	 * is refused, and merge returns ST_EXISTS.
	 */
	status (*refused)(void *context, uint64_t row, enum index i);
	void *context;
	const struct audit_guard *guard; /* as in records_options */
};

struct records_bulk;
/* ST_EXISTS (a store is there), ST_NOT_FOUND (no such directory), ST_BUSY (another process is
 * making this store), or a fault. */
status records_bulk_open(const struct records_bulk_options *options, struct records_bulk **ret,
			 struct error *e);
/* Without finish: nothing is left. */
void records_bulk_free(struct records_bulk *b);
DEFINE_AUTO(records_bulk, struct records_bulk *, records_bulk_free)

struct records_bulk_part;
status records_bulk_part_new(struct records_bulk *b, struct records_bulk_part **ret);
/* What comes next belongs to this row: it goes into the store whole or not at all. A row is in one
 * part. Row 0, at the start, is never refused. */
void records_bulk_row(struct records_bulk_part *p, uint64_t row);
/* Sizes as in a batch (ST_INVALID, ST_TOO_LARGE); a fault when the disk is full, after which the
 * build cannot be finished. A record has version 1. */
status records_bulk_put(struct records_bulk_part *p, enum table t, struct slice key,
			struct slice value);
status records_bulk_link(struct records_bulk_part *p, enum index i, struct slice index_key,
			 struct slice key);
/* Without this, the build cannot be finished. */
status records_bulk_part_end(struct records_bulk_part *p);
void records_bulk_part_free(struct records_bulk_part *p);
DEFINE_AUTO(records_bulk_part, struct records_bulk_part *, records_bulk_part_free)

/* Put everything into its place. ST_EXISTS with a message if a record's key came twice, or an index
 * entry's with two targets in one row (or at all, where nothing is refused). */
status records_bulk_merge(struct records_bulk *b, struct error *e);
/* At any time before finish; sizes as in a batch. */
status records_bulk_audit(struct records_bulk *b, struct slice entry);
/* Merges, if that has not been done. */
status records_bulk_finish(struct records_bulk *b, struct error *e);
