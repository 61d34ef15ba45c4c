/*
 * The audit chain inside a transaction of LMDB: its end is found once, entries are appended, and the
 * head is written behind the last of them.                                    Threads: one at a time.
 */
#pragma once

#include "authd/store/batch.h"
#include "authd/store/records_lmdb.h"

struct lmdb_audit {
	bool known, changed;
	struct audit_head head;
};

/* Each returns a code of LMDB; or 0, and then perhaps a fault in *ret. */
int lmdb_audit_append(struct lmdb_audit *a, struct records_lmdb *r, MDB_txn *txn, int64_t now,
		      struct slice entry, status *ret);
/* Take the entries up to this number away; lmdb_audit_may_prune() has agreed. */
int lmdb_audit_prune(struct lmdb_audit *a, struct records_lmdb *r, MDB_txn *txn, int64_t now, uint64_t seq,
		     status *ret);
/* Write the head, where something has changed. */
int lmdb_audit_end(struct lmdb_audit *a, struct records_lmdb *r, MDB_txn *txn, status *ret);

/* ST_CONFLICT unless this entry and the next one are there. */
status lmdb_audit_may_prune(struct records_lmdb *r, MDB_txn *txn, uint64_t seq);

/* A fresh store's head, where it has a guard and entries. */
status lmdb_audit_put_head(const struct audit_guard *g, MDB_txn *txn, MDB_dbi meta,
			   const struct audit_head *head);
