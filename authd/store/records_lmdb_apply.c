/*
 * One group of batches, one transaction. Every step of a batch is checked before the first is
 * applied, so that a batch which fails leaves no trace and the others go on.
 */
#include "authd/store/records_lmdb_audit.h"
#include "libauth/base/big_endian.h"

#include <time.h>

struct commit {
	struct records_lmdb *r;
	MDB_txn *txn;
	int64_t now;
	struct lmdb_audit audit; /* the end of the chain is read when the first entry of the group comes */
};

/* ---- checking ------------------------------------------------------------------------------- */

static status current_version(struct commit *c, const struct action *a, uint64_t *ret)
{
	if (a->before) {
		*ret = a->before->version;
		return ST_OK;
	}
	MDB_val k = to_val(a->key), v;
	int rc = mdb_get(c->txn, records_lmdb_table(c->r, a->where), &k, &v);
	if (rc == MDB_NOTFOUND) {
		*ret = VERSION_NONE;
		return ST_OK;
	}
	TRY(lmdb_status(rc));
	struct record record;
	TRY(record_parse(from_val(v), &record));
	*ret = record.version;
	return ST_OK;
}

static uint64_t version_after(const struct action *a, uint64_t current)
{
	if (a->kind == ACTION_EXPECT)
		return current;
	return a->kind == ACTION_PUT ? current + 1 : VERSION_NONE;
}

static status check_version(struct commit *c, struct action *a)
{
	uint64_t current;
	TRY(current_version(c, a, &current));
	if (a->expected != VERSION_ANY && a->expected != current)
		return ST_CONFLICT;
	a->version = version_after(a, current);
	return ST_OK;
}

/* Unique: an entry may be made again, but not lead elsewhere. */
static status check_link(struct commit *c, const struct action *a)
{
	if (a->before) {
		bool free = a->before->kind == ACTION_UNLINK;
		return free || slice_equal(a->before->value, a->value) ? ST_OK : ST_EXISTS;
	}
	MDB_val k = to_val(a->key), v;
	int rc = mdb_get(c->txn, records_lmdb_index(c->r, a->where), &k, &v);
	if (rc == MDB_NOTFOUND)
		return ST_OK;
	TRY(lmdb_status(rc));
	return slice_equal(from_val(v), a->value) ? ST_OK : ST_EXISTS;
}

static status check(struct commit *c, struct batch *b)
{
	for (struct action *a = b->first; a; a = a->next) {
		if (a->kind == ACTION_LINK)
			TRY(check_link(c, a));
		if (a->kind == ACTION_PUT || a->kind == ACTION_DELETE || a->kind == ACTION_EXPECT)
			TRY(check_version(c, a));
		if (a->kind == ACTION_AUDIT_PRUNE)
			TRY(lmdb_audit_may_prune(c->r, c->txn, a->expected));
	}
	return ST_OK;
}

/* ---- applying ------------------------------------------------------------------------------- */

static int apply_put(struct commit *c, const struct action *a)
{
	MDB_val k = to_val(a->key), v = { .mv_size = RECORD_HEADER + a->value.n };
	int rc = mdb_put(c->txn, records_lmdb_table(c->r, a->where), &k, &v, MDB_RESERVE);
	if (rc)
		return rc;
	record_header(a->version, v.mv_data);
	if (a->value.n)
		memcpy((uint8_t *)v.mv_data + RECORD_HEADER, a->value.p, a->value.n);
	return 0;
}

/* The highest number of a table; 0 where it is empty. */
static int last_number(MDB_txn *txn, MDB_dbi dbi, uint64_t *ret, status *ret_status)
{
	MDB_cursor *cursor;
	MDB_val k, v;
	int rc = mdb_cursor_open(txn, dbi, &cursor);
	if (rc)
		return rc;
	*ret = 0;
	rc = mdb_cursor_get(cursor, &k, &v, MDB_LAST);
	if (!rc && k.mv_size != 8)
		*ret_status = ST_CORRUPT;
	if (!rc && k.mv_size == 8)
		*ret = get_u64(k.mv_data);
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int apply_append(struct commit *c, const struct action *a, status *ret)
{
	uint64_t last = 0;
	uint8_t key[8];
	int rc = last_number(c->txn, records_lmdb_table(c->r, a->where), &last, ret);
	if (rc || *ret)
		return rc;
	put_u64(key, last + 1);
	struct action put = *a;
	put.key = slice_of(key, sizeof key);
	put.version = 1;
	return apply_put(c, &put);
}

static int apply_delete(struct commit *c, const struct action *a, MDB_dbi dbi)
{
	MDB_val k = to_val(a->key);
	int rc = mdb_del(c->txn, dbi, &k, NULL);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int apply_link(struct commit *c, const struct action *a)
{
	MDB_val k = to_val(a->key), v = to_val(a->value);
	return mdb_put(c->txn, records_lmdb_index(c->r, a->where), &k, &v, 0);
}

/* A code of LMDB, or 0 and a status. */
static int apply_step(struct commit *c, const struct action *a, status *ret)
{
	switch (a->kind) {
	case ACTION_PUT: return apply_put(c, a);
	case ACTION_DELETE: return apply_delete(c, a, records_lmdb_table(c->r, a->where));
	case ACTION_EXPECT: return 0;
	case ACTION_LINK: return apply_link(c, a);
	case ACTION_UNLINK: return apply_delete(c, a, records_lmdb_index(c->r, a->where));
	case ACTION_APPEND: return apply_append(c, a, ret);
	case ACTION_AUDIT: return lmdb_audit_append(&c->audit, c->r, c->txn, c->now, a->value, ret);
	case ACTION_AUDIT_PRUNE: return lmdb_audit_prune(&c->audit, c->r, c->txn, c->now, a->expected, ret);
	}
	*ret = ST_BUG;
	return 0;
}

static int apply_batch(struct commit *c, struct batch *b, status *ret)
{
	/* Nothing is applied yet: whatever the check met, the other batches go on. */
	b->result = check(c, b);
	if (b->result)
		return 0;
	int rc = 0;
	for (const struct action *a = b->first; a && !rc && !*ret; a = a->next)
		rc = apply_step(c, a, ret);
	return rc;
}

/* One try at the whole group. A code of LMDB, or 0 and a status; either is a fault of all. */
static int apply_group(struct records_lmdb *r, struct batch *group, status *ret)
{
	struct commit c = { .r = r, .now = time(NULL) };
	*ret = lmdb_write_begin(r->db, &c.txn);
	if (*ret)
		return 0;
	int rc = 0;
	for (struct batch *b = group; b && !rc && !*ret; b = b->next)
		rc = apply_batch(&c, b, ret);
	if (!rc && !*ret)
		rc = lmdb_audit_end(&c.audit, r, c.txn, ret);
	if (!rc && !*ret)
		return lmdb_write_commit(r->db, c.txn);
	lmdb_write_abort(r->db, c.txn);
	return rc;
}

void records_lmdb_apply(struct records_backend *backend, struct batch *group)
{
	struct records_lmdb *r = records_lmdb_of(backend);
	status s = ST_OK;
	for (;;) {
		int rc = apply_group(r, group, &s);
		if (rc == MDB_MAP_FULL)
			s = lmdb_grow(r->db);
		else if (rc)
			s = lmdb_status(rc);
		if (rc != MDB_MAP_FULL || s)
			break;
	}
	if (s == ST_NOT_FOUND)
		s = ST_BUG;
	for (struct batch *b = group; s && b; b = b->next)
		b->result = s;
}
