#include "authd/store/records_bulk_parts.h"

#include "authd/store/records_lmdb_audit.h"

/* The new file grows in steps, each in a transaction that a bounded memory holds. */
enum { STEP_BYTES = 8 << 20, MAP_AHEAD = 32 * STEP_BYTES };
static const size_t MAP_SIZE = (size_t)1 << 30;

status bulk_output_open(struct records_bulk *b, struct error *e)
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
	return lmdb_open(&options, &b->output.db, e);
}

/* Between transactions the map may grow. */
static status begin_step(struct bulk_output *o)
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

static status end_step(struct records_bulk *b)
{
	MDB_txn *txn = TAKE(b->output.txn);
	TRY(lmdb_status(lmdb_write_commit(b->output.db, txn)));
	if (b->options.progress)
		b->options.progress(b->options.context, b->done, b->total);
	return ST_OK;
}

status bulk_output_put(struct records_bulk *b, unsigned place, struct slice key,
		       struct slice value)
{
	struct bulk_output *o = &b->output;
	MDB_val k = to_val(key), v = to_val(value);
	if (!o->txn)
		TRY(begin_step(o));
	TRY(lmdb_status(mdb_put(o->txn, o->db->dbi[place], &k, &v, MDB_APPEND)));
	o->step += key.n + value.n;
	return o->step < STEP_BYTES ? ST_OK : end_step(b);
}

status bulk_output_end(struct records_bulk *b)
{
	struct bulk_output *o = &b->output;
	if (!o->txn)
		TRY(begin_step(o));
	TRY(records_lmdb_put_format(o->txn, o->db->dbi[TABLE_META]));
	if (b->options.guard && b->audit.seq)
		TRY(lmdb_audit_put_head(b->options.guard, o->txn, o->db->dbi[TABLE_META],
					&(struct audit_head){ .last = b->audit }));
	TRY(end_step(b));
	TRY(lmdb_status(mdb_env_sync(o->db->env, 1)));
	bulk_output_drop(b);
	return ST_OK;
}

void bulk_output_drop(struct records_bulk *b)
{
	struct bulk_output *o = &b->output;
	if (o->txn)
		lmdb_write_abort(o->db, TAKE(o->txn));
	lmdb_free(TAKE(o->db));
}
