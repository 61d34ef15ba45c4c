/* The parts of the embedded backend share this. */
#pragma once

#include "authd/store/cache_backend.h"
#include "authd/store/lmdb_env.h"

#include <stdatomic.h>

enum { EMBEDDED_ENTRIES, EMBEDDED_EXPIRY, EMBEDDED_TABLES };

struct embedded {
	struct cache_backend base;
	struct lmdb *db;
	uint64_t epoch;
	size_t pages_max;         /* in use; the rest of the file stays free */
	_Atomic size_t allocated; /* bytes of the file that surely have their place on the disk */
	_Atomic bool failing;     /* the last write did not work */
};

/* One transaction. */
struct turn {
	struct embedded *m;
	MDB_txn *txn;
	int64_t now; /* ms of a clock that nobody sets */
	struct arena *arena;
};

/* Run one command; its status is set. A code of LMDB is a fault of the whole turn. */
int embedded_run(const struct turn *t, struct cache_entry *c);
/* Remove at most n entries that are over; ret_removed may be NULL. */
int embedded_purge(const struct turn *t, size_t n, size_t *ret_removed);
