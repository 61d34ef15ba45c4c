/* Opening and reading. Writing is in records_lmdb_apply.c. */
#include "authd/store/records_lmdb.h"

#include "authd/store/files.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct slice FORMAT_KEY = SLICE_INIT("format");

void records_lmdb_names(const char *ret[RECORDS_LMDB_TABLES])
{
	for (size_t t = 0; t < TABLE_COUNT; t++)
		ret[t] = TABLE_NAMES[t];
	for (size_t i = 0; i < INDEX_COUNT; i++)
		ret[TABLE_COUNT + i] = INDEX_NAMES[i];
}

/* ---- reading -------------------------------------------------------------------------------- */

static status copy_record(struct slice stored, struct arena *a, struct record *ret)
{
	struct record record;
	TRY(record_parse(stored, &record));
	record.value = arena_copy(a, record.value);
	if (!record.value.p)
		return ST_NOMEM;
	*ret = record;
	return ST_OK;
}

static status lmdb_get(struct records_backend *b, enum table t, struct slice key, struct arena *a,
		       struct record *ret)
{
	struct records_lmdb *r = records_lmdb_of(b);
	MDB_txn *txn;
	TRY(lmdb_read_begin(r->db, &txn));
	MDB_val k = to_val(key), v;
	status s = lmdb_status(mdb_get(txn, records_lmdb_table(r, t), &k, &v));
	if (!s)
		s = copy_record(from_val(v), a, ret);
	lmdb_read_end(r->db, txn);
	return s;
}

static status lmdb_has(struct records_backend *b, enum table t, struct slice key, bool *ret)
{
	struct records_lmdb *r = records_lmdb_of(b);
	MDB_txn *txn;
	TRY(lmdb_read_begin(r->db, &txn));
	MDB_val k = to_val(key), v;
	status s = lmdb_status(mdb_get(txn, records_lmdb_table(r, t), &k, &v));
	lmdb_read_end(r->db, txn);
	if (is_fault(s))
		return s;
	*ret = s == ST_OK;
	return ST_OK;
}

static status lmdb_find(struct records_backend *b, enum index i, struct slice key, struct arena *a,
			struct slice *ret_key)
{
	struct records_lmdb *r = records_lmdb_of(b);
	MDB_txn *txn;
	TRY(lmdb_read_begin(r->db, &txn));
	MDB_val k = to_val(key), v;
	status s = lmdb_status(mdb_get(txn, records_lmdb_index(r, i), &k, &v));
	struct slice found = s ? NO_SLICE : arena_copy(a, from_val(v));
	lmdb_read_end(r->db, txn);
	if (s)
		return s;
	if (!found.p)
		return ST_NOMEM;
	*ret_key = found;
	return ST_OK;
}

/* ---- scanning ------------------------------------------------------------------------------- */

struct scan {
	struct slice prefix, after;
	size_t limit;
	bool is_index;
	records_row_fn *row;
	void *context;
};

static int scan_start(MDB_cursor *cursor, const struct scan *scan, MDB_val *k, MDB_val *v)
{
	bool resume = slice_compare(scan->after, scan->prefix) > 0;
	struct slice from = resume ? scan->after : scan->prefix;
	*k = to_val(from);
	int rc = mdb_cursor_get(cursor, k, v, from.n ? MDB_SET_RANGE : MDB_FIRST);
	if (!rc && scan->after.n && slice_equal(from_val(*k), scan->after))
		rc = mdb_cursor_get(cursor, k, v, MDB_NEXT);
	return rc;
}

static status scan_rows(MDB_cursor *cursor, const struct scan *scan)
{
	MDB_val k, v;
	int rc = scan_start(cursor, scan, &k, &v);
	for (size_t n = 0; !rc && n < scan->limit; n++) {
		if (!slice_starts(from_val(k), scan->prefix))
			return ST_OK;
		struct record record = { .value = from_val(v) };
		if (!scan->is_index)
			TRY(record_parse(from_val(v), &record));
		if (!scan->row(scan->context, from_val(k), record))
			return ST_OK;
		rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
	}
	return rc == MDB_NOTFOUND ? ST_OK : lmdb_status(rc);
}

static status scan_table(struct records_lmdb *r, MDB_dbi dbi, const struct scan *scan)
{
	MDB_txn *txn;
	TRY(lmdb_read_begin(r->db, &txn));
	MDB_cursor *cursor;
	status s = lmdb_status(mdb_cursor_open(txn, dbi, &cursor));
	if (!s) {
		s = scan_rows(cursor, scan);
		mdb_cursor_close(cursor);
	}
	lmdb_read_end(r->db, txn);
	return s;
}

static status lmdb_scan(struct records_backend *b, enum table t, struct slice prefix,
			struct slice after, size_t limit, records_row_fn *row, void *context)
{
	struct records_lmdb *r = records_lmdb_of(b);
	const struct scan scan = { prefix, after, limit, false, row, context };
	return scan_table(r, records_lmdb_table(r, t), &scan);
}

static status lmdb_scan_index(struct records_backend *b, enum index i, struct slice prefix,
			      struct slice after, size_t limit, records_row_fn *row, void *context)
{
	struct records_lmdb *r = records_lmdb_of(b);
	const struct scan scan = { prefix, after, limit, true, row, context };
	return scan_table(r, records_lmdb_index(r, i), &scan);
}

/* ---- opening -------------------------------------------------------------------------------- */

static status lmdb_backup(struct records_backend *b, int fd)
{
	return lmdb_copy(records_lmdb_of(b)->db, fd);
}

static void lmdb_close(struct records_backend *b)
{
	struct records_lmdb *r = records_lmdb_of(b);
	lmdb_free(r->db);
	free(r);
}

static const struct records_backend_calls CALLS = {
	.get = lmdb_get,
	.has = lmdb_has,
	.find = lmdb_find,
	.scan = lmdb_scan,
	.scan_index = lmdb_scan_index,
	.apply = records_lmdb_apply,
	.backup = lmdb_backup,
	.free = lmdb_close,
};

status records_lmdb_put_format(MDB_txn *txn, MDB_dbi meta)
{
	uint8_t stored[RECORD_HEADER + 16];
	record_header(1, stored);
	int n = snprintf((char *)stored + RECORD_HEADER, 16, "%d", RECORDS_FORMAT);
	MDB_val k = to_val(FORMAT_KEY), v = { RECORD_HEADER + (size_t)n, stored };
	return lmdb_status(mdb_put(txn, meta, &k, &v, 0));
}

/* Made aside and moved into place, so that a store is there whole or not at all. */
static status create_in(const char *aside, const struct lmdb_options *options, struct error *e)
{
	TRY(files_remove_dir(aside));
	if (mkdir(aside, 0700))
		return ST_UNAVAILABLE;
	struct lmdb_options fresh = *options;
	fresh.path = aside;
	AUTO(lmdb) struct lmdb *db = NULL;
	TRY(lmdb_open(&fresh, &db, e));
	MDB_txn *txn;
	TRY(lmdb_write_begin(db, &txn));
	status s = records_lmdb_put_format(txn, db->dbi[TABLE_META]);
	if (s) {
		lmdb_write_abort(db, txn);
		return s;
	}
	return lmdb_status(lmdb_write_commit(db, txn));
}

static status create_locked(const char *dir, const struct lmdb_options *options, struct error *e)
{
	char data[FILES_PATH_MAX], aside[FILES_PATH_MAX], made[FILES_PATH_MAX];
	TRY(files_path(dir, "data.mdb", data));
	TRY(files_path(dir, "building", aside));
	TRY(files_path(aside, "data.mdb", made));
	status s = files_exists(data);
	if (s != ST_NOT_FOUND)
		return s;
	TRY(create_in(aside, options, e));
	if (rename(made, data))
		return ST_UNAVAILABLE;
	TRY(files_remove_dir(aside));
	return files_sync_dir(dir);
}

static status create(const char *dir, const struct lmdb_options *options, struct error *e)
{
	enum { WAIT_MS = 2000 };
	int lock;
	status s = files_lock_dir(dir, WAIT_MS, &lock);
	if (s == ST_NOT_FOUND)
		return error_set(e, s, "%s: no such directory", dir);
	if (s == ST_BUSY)
		return error_set(e, ST_UNAVAILABLE, "%s: another process is making this store",
				 dir);
	if (s)
		return error_set(e, s, "%s: cannot be locked", dir);
	s = create_locked(dir, options, e);
	close(lock);
	return s ? error_set(e, s, "%s: the store could not be made: %s", dir, status_name(s)) :
		   ST_OK;
}

static status check_format(struct records_lmdb *r, const char *dir, struct error *e)
{
	AUTO_ARENA struct arena a = { 0 };
	struct record format;
	status s = lmdb_get(&r->base, TABLE_META, FORMAT_KEY, &a, &format);
	if (s == ST_NOT_FOUND)
		return error_set(e, ST_CORRUPT, "%s: not a store of records", dir);
	if (s)
		return error_set(e, s, "%s: cannot be read: %s", dir, status_name(s));
	char *text = arena_string(&a, format.value);
	long number = text ? strtol(text, NULL, 10) : 0;
	if (number > RECORDS_FORMAT)
		return error_set(e, ST_INVALID,
				 "%s: format %ld was made by a newer release; this one reads %d",
				 dir, number, RECORDS_FORMAT);
	return number == RECORDS_FORMAT ? ST_OK : error_set(e, ST_CORRUPT, "%s: no format", dir);
}

static status ensure_there(const struct records_lmdb_options *options,
			   const struct lmdb_options *lmdb, struct error *e)
{
	char data[FILES_PATH_MAX];
	TRY(files_path(options->dir, "data.mdb", data));
	status s = files_exists(data);
	if (s == ST_NOT_FOUND && options->create)
		return create(options->dir, lmdb, e);
	return s ? error_set(e, s, "%s: no store of records", options->dir) : ST_OK;
}

static void auto_backend(struct records_lmdb **r)
{
	if (*r)
		lmdb_close(&(*r)->base);
}

status records_lmdb_open(const struct records_lmdb_options *options, struct records_backend **ret,
			 struct error *e)
{
	const char *names[RECORDS_LMDB_TABLES];
	records_lmdb_names(names);
	const struct lmdb_options lmdb = {
		.path = options->dir,
		.map_size = options->map_size,
		.tables = names,
		.tables_n = RECORDS_LMDB_TABLES,
	};
	TRY(ensure_there(options, &lmdb, e));

	AUTO(backend) struct records_lmdb *r = calloc(1, sizeof *r);
	if (!r)
		return ST_NOMEM;
	r->base.calls = &CALLS;
	if (options->guard)
		r->guard = *options->guard;
	TRY(lmdb_open(&lmdb, &r->db, e));
	TRY(check_format(r, options->dir, e));
	*ret = &TAKE(r)->base;
	return ST_OK;
}
