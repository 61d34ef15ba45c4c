/*
 * What is in the embedded cache, and its verbs.
 *
 *	entries: key 32             -> state, expiry 8, sealed value or count 8
 *	expiry:  expiry 8 | key 32  -> nothing; in the order in which entries end
 */
#include "authd/store/cache_embedded.h"

#include "libauth/base/big_endian.h"

#include <errno.h>

/* Each entry stored makes room by removing up to this many that are over. */
enum { PURGE_PER_PUT = 2 };

enum state { FRESH = 'F', TAKEN = 'U', COUNTER = 'C' };
enum { HEADER = 1 + 8, ROW_SIZE = 8 + CACHE_KEY_SIZE };

struct entry {
	enum state state;
	int64_t expires_at;
	struct slice body;
};

/* ---- entries -------------------------------------------------------------------------------- */

/* MDB_NOTFOUND also for an entry that is over. */
static int find(const struct turn *t, const uint8_t *key, struct entry *ret)
{
	MDB_val k = { CACHE_KEY_SIZE, (void *)key }, v;
	int rc = mdb_get(t->txn, t->m->db->dbi[EMBEDDED_ENTRIES], &k, &v);
	if (rc)
		return rc;
	const uint8_t *p = v.mv_data;
	if (v.mv_size < HEADER)
		return MDB_CORRUPTED;
	*ret = (struct entry){ p[0], (int64_t)get_u64(p + 1), slice_of(p + HEADER, v.mv_size - HEADER) };
	return ret->expires_at > t->now ? 0 : MDB_NOTFOUND;
}

static MDB_val expiry_row(int64_t expires_at, const uint8_t *key, uint8_t row[ROW_SIZE])
{
	put_u64(row, (uint64_t)expires_at);
	memcpy(row + 8, key, CACHE_KEY_SIZE);
	return (MDB_val){ ROW_SIZE, row };
}

static int drop(const struct turn *t, const uint8_t *key)
{
	MDB_val k = { CACHE_KEY_SIZE, (void *)key }, v;
	int rc = mdb_get(t->txn, t->m->db->dbi[EMBEDDED_ENTRIES], &k, &v);
	if (rc)
		return rc == MDB_NOTFOUND ? 0 : rc;
	if (v.mv_size < HEADER)
		return MDB_CORRUPTED;
	uint8_t row[ROW_SIZE];
	MDB_val expiry = expiry_row((int64_t)get_u64((const uint8_t *)v.mv_data + 1), key, row);
	rc = mdb_del(t->txn, t->m->db->dbi[EMBEDDED_EXPIRY], &expiry, NULL);
	if (rc && rc != MDB_NOTFOUND)
		return rc;
	return mdb_del(t->txn, t->m->db->dbi[EMBEDDED_ENTRIES], &k, NULL);
}

int embedded_purge(const struct turn *t, size_t n, size_t *ret_removed)
{
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(t->txn, t->m->db->dbi[EMBEDDED_EXPIRY], &cursor);
	if (rc)
		return rc;
	size_t i = 0;
	for (; i < n; i++) {
		MDB_val row, v;
		rc = mdb_cursor_get(cursor, &row, &v, MDB_FIRST);
		if (rc || row.mv_size != ROW_SIZE || (int64_t)get_u64(row.mv_data) > t->now)
			break;
		MDB_val key = { CACHE_KEY_SIZE, (uint8_t *)row.mv_data + 8 };
		rc = mdb_del(t->txn, t->m->db->dbi[EMBEDDED_ENTRIES], &key, NULL);
		if (!rc || rc == MDB_NOTFOUND)
			rc = mdb_cursor_del(cursor, 0);
		if (rc)
			break;
	}
	mdb_cursor_close(cursor);
	if (ret_removed)
		*ret_removed = i;
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int write_entry(const struct turn *t, const uint8_t *key, const struct entry *entry)
{
	MDB_val k = { CACHE_KEY_SIZE, (void *)key }, v = { .mv_size = HEADER + entry->body.n };
	int rc = mdb_put(t->txn, t->m->db->dbi[EMBEDDED_ENTRIES], &k, &v, MDB_RESERVE);
	if (rc)
		return rc;
	uint8_t *p = v.mv_data;
	p[0] = (uint8_t)entry->state;
	put_u64(p + 1, (uint64_t)entry->expires_at);
	if (entry->body.n)
		memcpy(p + HEADER, entry->body.p, entry->body.n);
	return 0;
}

static int count_pages(const struct turn *t, size_t *ret)
{
	size_t pages = 0;
	for (size_t i = 0; i < EMBEDDED_TABLES; i++) {
		MDB_stat stat;
		int rc = mdb_stat(t->txn, t->m->db->dbi[i], &stat);
		if (rc)
			return rc;
		pages += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
	}
	*ret = pages;
	return 0;
}

/* Full is before the last page: LMDB deletes by writing new pages, so that a file without a free
 * one could never be emptied. */
static int check_full(const struct turn *t)
{
	size_t pages;
	int rc = count_pages(t, &pages);
	return !rc && pages >= t->m->pages_max ? MDB_MAP_FULL : rc;
}

static int store(const struct turn *t, const uint8_t *key, const struct entry *entry)
{
	int rc = drop(t, key);
	if (!rc)
		rc = embedded_purge(t, PURGE_PER_PUT, NULL);
	if (!rc)
		rc = check_full(t);
	if (!rc)
		rc = write_entry(t, key, entry);
	if (rc)
		return rc;
	uint8_t row[ROW_SIZE];
	MDB_val expiry = expiry_row(entry->expires_at, key, row), nothing = { 0 };
	return mdb_put(t->txn, t->m->db->dbi[EMBEDDED_EXPIRY], &expiry, &nothing, 0);
}

/* ---- the verbs: each returns a code of LMDB, with the command's status set ------------------- */

static int lend(const struct turn *t, struct cache_entry *c, struct slice body, status s)
{
	c->value = arena_copy(t->arena, body);
	c->status = s;
	return c->value.p ? 0 : ENOMEM;
}

static int missing(struct cache_entry *c, int rc)
{
	c->status = ST_NOT_FOUND;
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int run_get(const struct turn *t, struct cache_entry *c)
{
	struct entry entry;
	int rc = find(t, c->key, &entry);
	if (rc || entry.state != FRESH)
		return missing(c, rc ? rc : MDB_NOTFOUND);
	return lend(t, c, entry.body, ST_OK);
}

static int run_put(const struct turn *t, struct cache_entry *c)
{
	c->status = ST_OK;
	const struct entry entry = { FRESH, t->now + c->expires_in_s * 1000, c->value };
	return store(t, c->key, &entry);
}

static int run_add(const struct turn *t, struct cache_entry *c)
{
	struct entry entry;
	int rc = find(t, c->key, &entry);
	if (rc == MDB_NOTFOUND)
		return run_put(t, c);
	return rc ? rc : lend(t, c, entry.body, ST_EXISTS);
}

static int run_take(const struct turn *t, struct cache_entry *c)
{
	struct entry entry;
	int rc = find(t, c->key, &entry);
	if (rc || entry.state == COUNTER)
		return missing(c, rc ? rc : MDB_NOTFOUND);
	rc = lend(t, c, entry.body, entry.state == FRESH ? ST_OK : ST_USED);
	if (rc || entry.state == TAKEN)
		return rc;
	/* The tombstone keeps value and expiry. */
	const struct entry taken = { TAKEN, entry.expires_at, c->value };
	return write_entry(t, c->key, &taken);
}

static int run_increment(const struct turn *t, struct cache_entry *c)
{
	struct entry entry;
	int rc = find(t, c->key, &entry);
	if (rc && rc != MDB_NOTFOUND)
		return rc;
	if (!rc && (entry.state != COUNTER || entry.body.n != 8))
		return MDB_CORRUPTED;
	c->count = (rc ? 0 : (int64_t)get_u64(entry.body.p)) + c->delta;
	c->status = ST_OK;
	uint8_t count[8];
	put_u64(count, (uint64_t)c->count);
	int64_t expires_at = rc ? t->now + c->expires_in_s * 1000 : entry.expires_at;
	const struct entry next = { COUNTER, expires_at, slice_of(count, sizeof count) };
	return rc ? store(t, c->key, &next) : write_entry(t, c->key, &next);
}

static int run_delete(const struct turn *t, struct cache_entry *c)
{
	c->status = ST_OK;
	return drop(t, c->key);
}

int embedded_run(const struct turn *t, struct cache_entry *c)
{
	switch (c->verb) {
	case CACHE_GET: return run_get(t, c);
	case CACHE_PUT: return run_put(t, c);
	case CACHE_ADD: return run_add(t, c);
	case CACHE_TAKE: return run_take(t, c);
	case CACHE_INCREMENT: return run_increment(t, c);
	case CACHE_DELETE: return run_delete(t, c);
	}
	return EINVAL;
}
