/*
 * One LMDB environment as both stores use it: named tables, pooled readers, a map that grows.
 *
 * LMDB wants three things of a process: an environment is open once, its map is only resized while
 * nobody reads, and no read transaction is kept open. So readers pass a gate, which a resize
 * closes; they are short, and their transactions are reset and pooled, not made anew.
 *                                             Threads: struct lmdb is internally locked.
 */
#pragma once

#include "libauth/base/mem.h"
#include "libauth/base/slice.h"
#include "libauth/base/status.h"

#include <lmdb.h>
#include <pthread.h>

enum { LMDB_TABLES_MAX = 40, LMDB_POOL_MAX = 64, LMDB_READERS_MAX = 1022 };

struct lmdb_options {
	const char *path;          /* a directory */
	unsigned flags;            /* on top of MDB_NOTLS and MDB_NORDAHEAD */
	size_t map_size;           /* at least; what is in the file may ask for more */
	const char *const *tables; /* literals; table i has handle lmdb.dbi[i] */
	size_t tables_n;
};

struct lmdb {
	struct lmdb_options options;
	char *path;
	const char *tables[LMDB_TABLES_MAX]; /* for each time that it is opened */
	MDB_env *env; /* NULL after a failed reopen, until one works */
	uint64_t opened; /* how often; guarded as env is */
	MDB_dbi dbi[LMDB_TABLES_MAX];

	pthread_mutex_t writing; /* held across a write transaction and a resize */

	pthread_mutex_t gate; /* guards what follows */
	pthread_cond_t changed;
	bool closed;      /* a resize waits or works */
	size_t readers;   /* inside the gate */
	size_t long_ones; /* of these, copies that may take minutes */
	MDB_txn *pool[LMDB_POOL_MAX];
	size_t pool_n;
};

/* ST_NOT_FOUND for MDB_NOTFOUND, ST_UNAVAILABLE for what may pass (disk full, read-only, map full,
 * no reader slot), ST_CORRUPT for damaged pages. */
status lmdb_status(int rc);

/* The tables are made where they are missing. */
status lmdb_open(const struct lmdb_options *options, struct lmdb **ret, struct error *e);
void lmdb_free(struct lmdb *l);
DEFINE_AUTO(lmdb, struct lmdb *, lmdb_free)

/* A snapshot. Quick: no I/O but page faults, no callback that waits. */
status lmdb_read_begin(struct lmdb *l, MDB_txn **ret);
void lmdb_read_end(struct lmdb *l, MDB_txn *txn);

/* One writer at a time in all processes. Begin and end on the same thread. */
status lmdb_write_begin(struct lmdb *l, MDB_txn **ret);
/* The transaction is over in any case. Returns MDB_MAP_FULL and other codes of LMDB. */
int lmdb_write_commit(struct lmdb *l, MDB_txn *txn);
void lmdb_write_abort(struct lmdb *l, MDB_txn *txn);

/* Double the map. ST_UNAVAILABLE if readers don't leave within two seconds: try again later. */
status lmdb_grow(struct lmdb *l);

/* A compacted copy to an open file, while others write. The map is grown first where it is more
 * than half full, since it cannot grow during the copy. */
status lmdb_copy(struct lmdb *l, int fd);
