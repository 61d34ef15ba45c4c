#include "authd/store/committer.h"
#include "authd/store/files.h"
#include "authd/store/wait.h"
#include "libauth/base/big_endian.h"

const char *const TABLE_NAMES[TABLE_COUNT] = {
	[TABLE_SUBJECTS] = "subjects", [TABLE_CREDENTIALS] = "credentials",
	[TABLE_CLIENTS] = "clients",   [TABLE_CONSENTS] = "consents",
	[TABLE_GRANTS] = "grants",     [TABLE_SESSIONS] = "sessions",
	[TABLE_SESSION_CLIENTS] = "session-clients",
	[TABLE_OUTBOX] = "outbox",
	[TABLE_MARKS] = "marks",       [TABLE_MARK_LOG] = "mark-log",
	[TABLE_AUDIT] = "audit",       [TABLE_META] = "meta",
	[TABLE_ACQUAINTANCES] = "acquaintances",
	[TABLE_SUB_OVERRIDES] = "sub-overrides",
	[TABLE_INITIAL_TOKENS] = "initial-tokens",
	[TABLE_MANDATES] = "mandates",
	[TABLE_LEDGER] = "ledger",
	[TABLE_EXCHANGE_POLICIES] = "exchange-policies",
};

const char *const INDEX_NAMES[INDEX_COUNT] = {
	[INDEX_IDENTIFIER] = "index-identifier",
	[INDEX_LOGIN_NAME] = "index-login-name",
	[INDEX_SUBJECT_GRANTS] = "index-subject-grants",
	[INDEX_MARK_ENDS] = "index-mark-ends",
	[INDEX_REGISTERED_CLIENTS] = "index-registered-clients",
	[INDEX_MANDATES] = "index-mandates",
	[INDEX_CLIENT_RELEASES] = "index-client-releases",
};

/* Enough for a province before the map first grows; it is address space, not memory. */
static const size_t MAP_SIZE = (size_t)16 << 30;

struct records {
	struct records_backend *backend;
	struct committer *committer;
};

status records_open_backend(struct records_backend *backend, struct records **ret)
{
	AUTO(records) struct records *r = calloc(1, sizeof *r);
	if (!r) {
		backend->calls->free(backend);
		return ST_NOMEM;
	}
	r->backend = backend;
	TRY(committer_new(backend, &r->committer));
	*ret = TAKE(r);
	return ST_OK;
}

status records_open(const struct records_options *options, struct records **ret, struct error *e)
{
	const struct records_lmdb_options lmdb = {
		.dir = options->dir,
		.create = options->create,
		.map_size = MAP_SIZE,
		.guard = options->guard,
	};
	struct records_backend *backend;
	TRY(records_lmdb_open(&lmdb, &backend, e));
	return records_open_backend(backend, ret);
}

void records_free(struct records *r)
{
	if (!r)
		return;
	committer_free(r->committer);
	r->backend->calls->free(r->backend);
	free(r);
}

/* ---- stored form ---------------------------------------------------------------------------- */

void record_header(uint64_t version, uint8_t ret[RECORD_HEADER])
{
	ret[0] = RECORD_FORMAT;
	put_u64(ret + 1, version);
}

status record_parse(struct slice stored, struct record *ret)
{
	if (stored.n < RECORD_HEADER || stored.p[0] != RECORD_FORMAT)
		return ST_CORRUPT;
	uint64_t version = get_u64(stored.p + 1);
	if (version == VERSION_NONE || version == VERSION_ANY)
		return ST_CORRUPT;
	*ret = (struct record){ .version = version, .value = slice_from(stored, RECORD_HEADER) };
	return ST_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* A key that cannot be written cannot be there. */
static bool possible(struct slice key) { return key.n > 0 && key.n <= RECORD_KEY_MAX; }

status records_get(struct records *r, enum table t, struct slice key, struct arena *a,
		   struct record *ret)
{
	return possible(key) ? r->backend->calls->get(r->backend, t, key, a, ret) : ST_NOT_FOUND;
}

status records_find(struct records *r, enum index i, struct slice key, struct arena *a,
		    struct slice *ret_key)
{
	return possible(key) ? r->backend->calls->find(r->backend, i, key, a, ret_key) :
			       ST_NOT_FOUND;
}

status records_has(struct records *r, enum table t, struct slice key, bool *ret)
{
	if (possible(key))
		return r->backend->calls->has(r->backend, t, key, ret);
	*ret = false;
	return ST_OK;
}

status records_scan(struct records *r, enum table t, struct slice prefix, struct slice after,
		    size_t limit, records_row_fn *row, void *context)
{
	if (prefix.n > RECORD_KEY_MAX || after.n > RECORD_KEY_MAX)
		return ST_TOO_LARGE;
	return r->backend->calls->scan(r->backend, t, prefix, after, limit, row, context);
}

struct copying {
	struct arena *arena;
	struct record_row *rows;
	size_t n, room;
	bool failed;
};

static bool copy_row(void *context, struct slice key, struct record record)
{
	struct copying *c = context;
	if (c->n == c->room) {
		size_t room = c->room ? 2 * c->room : 16;
		struct record_row *rows = arena_array(c->arena, struct record_row, room);
		c->failed = !rows;
		if (c->failed)
			return false;
		if (c->n)
			memcpy(rows, c->rows, c->n * sizeof *rows);
		c->rows = rows;
		c->room = room;
	}
	struct record_row *row = &c->rows[c->n++];
	*row = (struct record_row){ arena_copy(c->arena, key), record };
	row->record.value = arena_copy(c->arena, record.value);
	c->failed = !row->key.p || !row->record.value.p;
	return !c->failed;
}

status records_rows(struct records *r, enum table t, struct slice prefix, struct slice after, size_t limit,
		    struct arena *a, struct record_row **ret, size_t *ret_n)
{
	struct copying c = { .arena = a };
	TRY(records_scan(r, t, prefix, after, limit, copy_row, &c));
	if (c.failed)
		return ST_NOMEM;
	*ret = c.rows;
	*ret_n = c.n;
	return ST_OK;
}

status records_scan_index(struct records *r, enum index i, struct slice prefix, struct slice after,
			  size_t limit, records_row_fn *row, void *context)
{
	if (prefix.n > RECORD_KEY_MAX || after.n > RECORD_KEY_MAX)
		return ST_TOO_LARGE;
	return r->backend->calls->scan_index(r->backend, i, prefix, after, limit, row, context);
}

/* ---- writing -------------------------------------------------------------------------------- */

void records_commit(struct records *r, struct batch *b, struct op *op)
{
	status s = batch_seal(b);
	if (s || !b->n)
		return op_complete(op, s);
	b->op = op;
	committer_submit(r->committer, b);
}

status records_commit_wait(struct records *r, struct batch *b)
{
	struct waiter w;
	waiter_init(&w);
	records_commit(r, b, &w.op);
	return waiter_wait(&w);
}

/* ---- backup --------------------------------------------------------------------------------- */


static status write_copy(void *context, int fd)
{
	struct records_backend *backend = context;
	return backend->calls->backup(backend, fd);
}

status records_backup(struct records *r, const char *dir, struct error *e)
{
	return files_publish(dir, "data.mdb", write_copy, r->backend, e);
}
