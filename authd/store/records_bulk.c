#include "authd/store/records_bulk.h"
#include "authd/store/audit_chain.h"
#include "authd/store/files.h"
#include "authd/store/records_lmdb.h"
#include "authd/store/sorter.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The new file grows in steps, each in a transaction that a bounded memory holds. */
enum { STEP_BYTES = 32 << 20, MAP_AHEAD = 8 * STEP_BYTES };
static const size_t MAP_SIZE = (size_t)1 << 30;

struct records_bulk {
	struct records_bulk_options options;
	int lock;
	char dir[FILES_PATH_MAX], aside[FILES_PATH_MAX];
	struct sorter *sorter;
	struct audit_chain audit;
	bool failed; /* something was not taken: the store would lack it */
};

/* ---- adding --------------------------------------------------------------------------------- */

/* Sorted by place, which is table or index, then key. */
static status add(struct records_bulk *b, size_t place, struct slice key, struct slice head,
		  struct slice tail)
{
	uint8_t bytes[1 + RECORD_KEY_MAX];
	bytes[0] = (uint8_t)place;
	memcpy(bytes + 1, key.p, key.n);
	status s = sorter_add(b->sorter, slice_of(bytes, 1 + key.n), head, tail);
	b->failed = b->failed || s;
	return s;
}

static status add_record(struct records_bulk *b, enum table t, struct slice key, struct slice value)
{
	uint8_t header[RECORD_HEADER];
	record_header(1, header);
	return add(b, t, key, slice_of(header, sizeof header), value);
}

status records_bulk_put(struct records_bulk *b, enum table t, struct slice key, struct slice value)
{
	if ((unsigned)t >= TABLE_COUNT || t == TABLE_AUDIT)
		return ST_INVALID;
	TRY(batch_check_sizes(key, value, RECORD_VALUE_MAX));
	return add_record(b, t, key, value);
}

status records_bulk_link(struct records_bulk *b, enum index i, struct slice index_key,
			 struct slice key)
{
	if ((unsigned)i >= INDEX_COUNT || slice_empty(key))
		return ST_INVALID;
	TRY(batch_check_sizes(index_key, key, RECORD_KEY_MAX));
	return add(b, TABLE_COUNT + (size_t)i, index_key, key, NO_SLICE);
}

status records_bulk_audit(struct records_bulk *b, struct slice entry)
{
	if (entry.n > AUDIT_ENTRY_MAX)
		return ST_TOO_LARGE;
	if (!audit_entry_is_object(entry))
		return ST_INVALID;
	uint8_t key[AUDIT_KEY_SIZE];
	AUTO_BUF struct buf value = { 0 };
	status s = audit_chain_append(&b->audit, time(NULL), entry, key, &value);
	b->failed = b->failed || s;
	TRY(s);
	return add_record(b, TABLE_AUDIT, slice_of(key, sizeof key), buf_slice(&value));
}

/* ---- writing -------------------------------------------------------------------------------- */

struct output {
	struct records_bulk *b;
	struct lmdb *db;
	MDB_txn *txn;
	size_t step;   /* bytes in this transaction */
	uint64_t done; /* entries */
	/* The last entry, to tell one that comes twice. */
	uint8_t last_key[1 + RECORD_KEY_MAX];
	size_t last_key_n;
	uint8_t last_target[RECORD_KEY_MAX];
	size_t last_target_n;
};

static const char *place_name(uint8_t place)
{
	return place < TABLE_COUNT ? TABLE_NAMES[place] : INDEX_NAMES[place - TABLE_COUNT];
}

/* The same index entry may come again; anything else comes once. */
static bool is_repeated(const struct output *o, struct slice key)
{
	return slice_equal(key, slice_of(o->last_key, o->last_key_n));
}

static bool is_same_link(const struct output *o, struct slice key, struct slice value)
{
	return key.p[0] >= TABLE_COUNT &&
	       slice_equal(value, slice_of(o->last_target, o->last_target_n));
}

static void remember(struct output *o, struct slice key, struct slice value)
{
	memcpy(o->last_key, key.p, key.n);
	o->last_key_n = key.n;
	o->last_target_n = key.p[0] < TABLE_COUNT ? 0 : value.n;
	memcpy(o->last_target, value.p, o->last_target_n);
}

/* Between transactions the map may grow. */
static status begin_step(struct output *o)
{
	MDB_envinfo info;
	MDB_stat stat;
	TRY(lmdb_status(mdb_env_info(o->db->env, &info)));
	TRY(lmdb_status(mdb_env_stat(o->db->env, &stat)));
	if (info.me_last_pgno * stat.ms_psize + MAP_AHEAD > info.me_mapsize)
		TRY(lmdb_grow(o->db));
	o->step = 0;
	return lmdb_write_begin(o->db, &o->txn);
}

static status end_step(struct output *o)
{
	MDB_txn *txn = TAKE(o->txn);
	status s = lmdb_status(lmdb_write_commit(o->db, txn));
	if (!s && o->b->options.progress)
		o->b->options.progress(o->b->options.context, o->done, sorter_count(o->b->sorter));
	return s;
}

static status write_entry(struct output *o, struct slice key, struct slice value, struct error *e)
{
	if (is_repeated(o, key))
		return is_same_link(o, key, value) ?
			       ST_OK :
			       error_set(e, ST_EXISTS, "%s: the same key twice",
					 place_name(key.p[0]));
	remember(o, key, value);
	MDB_val k = to_val(slice_from(key, 1)), v = to_val(value);
	TRY(lmdb_status(mdb_put(o->txn, o->db->dbi[key.p[0]], &k, &v, MDB_APPEND)));
	o->step += key.n + value.n;
	if (o->step < STEP_BYTES)
		return ST_OK;
	TRY(end_step(o));
	return begin_step(o);
}

static status write_entries(struct output *o, struct error *e)
{
	struct slice key, value;
	status s;
	TRY(sorter_start(o->b->sorter));
	TRY(begin_step(o));
	while ((s = sorter_next(o->b->sorter, &key, &value)) == ST_OK) {
		o->done++;
		TRY(write_entry(o, key, value, e));
	}
	if (s != ST_NOT_FOUND)
		return s;
	TRY(records_lmdb_put_format(o->txn, o->db->dbi[TABLE_META]));
	TRY(end_step(o));
	return lmdb_status(mdb_env_sync(o->db->env, 1));
}

static status write_file(struct records_bulk *b, struct error *e)
{
	const char *names[RECORDS_LMDB_TABLES];
	records_lmdb_names(names);
	const struct lmdb_options options = {
		.path = b->aside,
		.flags = MDB_NOSYNC,
		.map_size = MAP_SIZE,
		.tables = names,
		.tables_n = RECORDS_LMDB_TABLES,
	};
	AUTO(lmdb) struct lmdb *db = NULL;
	TRY(lmdb_open(&options, &db, e));
	struct output o = { .b = b, .db = db };
	status s = write_entries(&o, e);
	if (o.txn)
		lmdb_write_abort(db, o.txn);
	return s;
}

/* ---- life ----------------------------------------------------------------------------------- */

static status check_fresh(struct records_bulk *b, struct error *e)
{
	char data[FILES_PATH_MAX];
	TRY(files_path(b->dir, "data.mdb", data));
	status s = files_exists(data);
	if (s == ST_OK)
		return error_set(e, ST_EXISTS, "%s: there is a store already", b->dir);
	return s == ST_NOT_FOUND ? ST_OK : s;
}

static status begin(struct records_bulk *b, struct error *e)
{
	char runs[FILES_PATH_MAX];
	size_t memory = b->options.memory ? b->options.memory : RECORDS_BULK_MEMORY;
	TRY(check_fresh(b, e));
	TRY(files_path(b->dir, "building", b->aside));
	TRY(files_remove_dir(b->aside));
	if (mkdir(b->aside, 0700))
		return ST_UNAVAILABLE;
	TRY(files_path(b->aside, "runs", runs));
	return sorter_new(runs, memory, &b->sorter);
}

static const char *why(status s)
{
	switch (s) {
	case ST_NOT_FOUND: return "no such directory";
	case ST_BUSY: return "another process is making this store";
	default: return status_name(s);
	}
}

status records_bulk_open(const struct records_bulk_options *options, struct records_bulk **ret,
			 struct error *e)
{
	AUTO(records_bulk) struct records_bulk *b = calloc(1, sizeof *b);
	if (!b)
		return ST_NOMEM;
	b->lock = -1;
	b->options = *options;
	snprintf(b->dir, sizeof b->dir, "%s", options->dir);
	status s = files_lock_dir(b->dir, 0, &b->lock);
	if (s)
		return error_set(e, s, "%s: %s", b->dir, why(s));
	s = begin(b, e);
	if (s && s != ST_EXISTS)
		return error_set(e, s, "%s: cannot be written to: %s", b->dir, status_name(s));
	TRY(s);
	*ret = TAKE(b);
	return ST_OK;
}

/* The lock is given up last: nobody sees what is removed here. */
void records_bulk_free(struct records_bulk *b)
{
	if (!b)
		return;
	sorter_free(b->sorter);
	if (b->aside[0])
		(void)!files_remove_dir(b->aside);
	if (b->lock >= 0)
		close(b->lock);
	free(b);
}

static status publish(struct records_bulk *b)
{
	char made[FILES_PATH_MAX], data[FILES_PATH_MAX];
	TRY(files_path(b->aside, "data.mdb", made));
	TRY(files_path(b->dir, "data.mdb", data));
	TRY(files_sync(made));
	if (rename(made, data))
		return ST_UNAVAILABLE;
	status s = files_sync_dir(b->dir);
	if (s)
		unlink(data);
	return s;
}

status records_bulk_finish(struct records_bulk *b, struct error *e)
{
	if (b->failed)
		return error_set(e, ST_UNAVAILABLE, "%s: an entry could not be taken", b->dir);
	b->failed = true; /* once */
	status s = write_file(b, e);
	if (s == ST_EXISTS)
		return s;
	if (!s)
		s = publish(b);
	if (s)
		return error_set(e, s, "%s: the store could not be written: %s", b->dir,
				 status_name(s));
	return ST_OK;
}
