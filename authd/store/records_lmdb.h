/* The parts of the LMDB backend share this. */
#pragma once

#include "authd/store/audit_head.h"
#include "authd/store/lmdb_env.h"
#include "authd/store/records_backend.h"

struct records_lmdb {
	struct records_backend base;
	struct lmdb *db;
	struct audit_guard guard; /* .mac is NULL where there is none */

	/* The committer's: the head that it wrote last, which needs no second look. */
	struct audit_head head;
	uint8_t head_bytes[AUDIT_HEAD_SIZE];
};

enum { RECORDS_LMDB_TABLES = TABLE_COUNT + INDEX_COUNT };

static inline struct records_lmdb *records_lmdb_of(struct records_backend *b)
{
	return CONTAINER_OF(b, struct records_lmdb, base);
}
static inline MDB_dbi records_lmdb_table(const struct records_lmdb *r, unsigned t)
{
	return r->db->dbi[t];
}
static inline MDB_dbi records_lmdb_index(const struct records_lmdb *r, unsigned i)
{
	return r->db->dbi[TABLE_COUNT + i];
}
static inline MDB_val to_val(struct slice s) { return (MDB_val){ s.n, (void *)s.p }; }
static inline struct slice from_val(MDB_val v) { return slice_of(v.mv_data, v.mv_size); }

/* The names of all tables, then of all indexes. */
void records_lmdb_names(const char *ret[RECORDS_LMDB_TABLES]);
/* The record that every store has: its format. */
status records_lmdb_put_format(MDB_txn *txn, MDB_dbi meta);

void records_lmdb_apply(struct records_backend *b, struct batch *group);
