#include "authd/service/marks.h"

#include "libauth/base/big_endian.h"

enum { MARK_ID_MAX = 256, MARK_VALUE_SIZE = 16, SECOND_US = 1000000 };

struct mark_key {
	uint8_t bytes[1 + MARK_ID_MAX];
	size_t n;
};

static struct slice mark_key(enum mark_kind kind, struct slice id, struct mark_key *room)
{
	if (id.n > MARK_ID_MAX)
		return NO_SLICE;
	room->bytes[0] = (uint8_t)kind;
	memcpy(room->bytes + 1, id.p, id.n);
	return slice_of(room->bytes, 1 + id.n);
}

struct end_key {
	uint8_t bytes[8 + sizeof(struct mark_key)];
};

/* In the order of their ends. */
static struct slice end_key(int64_t keep_until, struct slice key, struct end_key *room)
{
	if (!key.p)
		return NO_SLICE;
	put_u64(room->bytes, (uint64_t)keep_until);
	memcpy(room->bytes + 8, key.p, key.n);
	return slice_of(room->bytes, 8 + key.n);
}

struct log_value {
	uint8_t bytes[8 + sizeof(struct mark_key)];
};

static struct slice log_value(int64_t at_us, struct slice key, struct log_value *room)
{
	put_u64(room->bytes, (uint64_t)at_us);
	if (key.n)
		memcpy(room->bytes + 8, key.p, key.n);
	return slice_of(room->bytes, 8 + key.n);
}

static void put(struct batch *b, enum mark_kind kind, struct slice id, int64_t at_us,
		int64_t keep_until)
{
	struct mark_key room;
	uint8_t value[MARK_VALUE_SIZE];
	put_u64(value, (uint64_t)at_us);
	put_u64(value + 8, (uint64_t)keep_until);
	struct slice key = mark_key(kind, id, &room);
	batch_put(b, TABLE_MARKS, key, VERSION_ANY, slice_of(value, sizeof value));

	struct log_value log;
	batch_append(b, TABLE_MARK_LOG, log_value(at_us, key, &log));

	struct end_key end;
	batch_link(b, INDEX_MARK_ENDS, end_key(keep_until, key, &end), key);
}

void mark_put(struct batch *b, enum mark_kind kind, struct slice id, int64_t keep_until)
{
	put(b, kind, id, 0, keep_until);
}

/* The last thing that rests on what is marked now has ended after so many seconds. */
static int64_t longest_s(const struct conf *conf)
{
	int64_t session_s = conf->life.session_s, refresh_s = conf->life.refresh_s;
	return (session_s > refresh_s ? session_s : refresh_s) + conf->life.access_token_s;
}

/* Of a subject or a client, what happened until at_us is over. */
static void put_until(const struct conf *conf, struct batch *b, enum mark_kind kind, struct slice id,
		      int64_t at_us)
{
	put(b, kind, id, at_us, at_us / SECOND_US + 1 + longest_s(conf));
}

void mark_put_mandate(struct issuer *is, struct batch *b, struct id mandate_id, int64_t now)
{
	mark_put(b, MARK_MANDATE, id_slice(&mandate_id), now + longest_s(is->conf));
}

void mark_put_subject(struct issuer *is, struct batch *b, struct id subject_id, int64_t at_us)
{
	put_until(is->conf, b, MARK_SUBJECT, id_slice(&subject_id), at_us);
}

void mark_put_client(struct issuer *is, struct batch *b, struct slice client_id, int64_t at_us)
{
	put_until(is->conf, b, MARK_CLIENT, client_id, at_us);
}

/* ---- the end of marks ------------------------------------------------------------------------ */

enum { PRUNE_MAX = 4 };

struct pruning {
	struct arena *arena;
	int64_t now;
	struct slice ends[PRUNE_MAX], keys[PRUNE_MAX];
	size_t n;
};

static bool collect_end(void *context, struct slice end, struct record record)
{
	struct pruning *p = context;
	if (end.n < 8 || (int64_t)get_u64(end.p) > p->now)
		return false;
	p->ends[p->n] = arena_copy(p->arena, end);
	p->keys[p->n] = arena_copy(p->arena, record.value);
	return p->keys[p->n].p && p->ends[p->n++].p;
}

/* The mark may have been put again since, with a later end: then only this entry goes. */
static status prune_one(struct issuer *is, struct batch *b, const struct pruning *p, size_t i)
{
	struct record record;
	batch_unlink(b, INDEX_MARK_ENDS, p->ends[i]);
	status s = records_get(is->records, TABLE_MARKS, p->keys[i], p->arena, &record);
	if (s == ST_NOT_FOUND)
		return ST_OK;
	TRY(s);
	if (record.value.n == MARK_VALUE_SIZE && (int64_t)get_u64(record.value.p + 8) <= p->now)
		batch_delete(b, TABLE_MARKS, p->keys[i], VERSION_ANY);
	return ST_OK;
}

status marks_prune(struct issuer *is, struct batch *b, int64_t now, struct arena *a)
{
	struct pruning p = { .arena = a, .now = now };
	TRY(records_scan_index(is->records, INDEX_MARK_ENDS, SLICE(""), NO_SLICE, PRUNE_MAX, collect_end,
			       &p));
	for (size_t i = 0; i < p.n; i++)
		TRY(prune_one(is, b, &p, i));
	return ST_OK;
}

/* A grant, a session or a mandate does not come back; of a subject or a client only the past is ended. */
static bool mark_is_final(enum mark_kind kind)
{
	return kind == MARK_TOKEN || kind == MARK_GRANT || kind == MARK_SESSION || kind == MARK_MANDATE;
}

bool mark_ends(enum mark_kind kind, int64_t marked_us, int64_t since_us)
{
	return mark_is_final(kind) || since_us <= marked_us;
}

status mark_check(struct issuer *is, enum mark_kind kind, struct slice id, int64_t since_us,
		  struct arena *a, bool *ret_revoked)
{
	struct mark_key room;
	struct record record;
	struct slice key = mark_key(kind, id, &room);
	if (!key.p)
		return ST_BUG;
	status s = records_get(is->records, TABLE_MARKS, key, a, &record);
	if (s == ST_NOT_FOUND) {
		*ret_revoked = false;
		return ST_OK;
	}
	TRY(s);
	if (record.value.n != MARK_VALUE_SIZE)
		return ST_CORRUPT;
	*ret_revoked = mark_ends(kind, (int64_t)get_u64(record.value.p), since_us);
	return ST_OK;
}

status mark_check_grounds(struct issuer *is, const struct grant *g, struct arena *a, bool *ret_revoked)
{
	const struct {
		enum mark_kind kind;
		bool applies;
		struct slice id;
		int64_t since_us;
	} marks[] = {
		{ MARK_SESSION, !id_is_zero(g->session_id), id_slice(&g->session_id) },
		{ MARK_SUBJECT, !id_is_zero(g->subject_id), id_slice(&g->subject_id),
		  g->authentication.proved_us },
		{ MARK_CLIENT, true, g->client_id, g->created_at * SECOND_US },
		{ MARK_SUBJECT, !id_is_zero(g->actor_id), id_slice(&g->actor_id),
		  g->authentication.proved_us },
		{ MARK_MANDATE, !id_is_zero(g->mandate_id), id_slice(&g->mandate_id), 0 },
	};
	bool revoked = false;
	for (size_t i = 0; i < COUNT_OF(marks) && !revoked; i++)
		if (marks[i].applies)
			TRY(mark_check(is, marks[i].kind, marks[i].id, marks[i].since_us, a, &revoked));
	*ret_revoked = revoked;
	return ST_OK;
}

status mark_check_grant(struct issuer *is, const struct grant *g, struct arena *a, bool *ret_revoked)
{
	bool revoked;
	TRY(mark_check(is, MARK_GRANT, id_slice(&g->id), 0, a, &revoked));
	if (!revoked)
		TRY(mark_check_grounds(is, g, a, &revoked));
	*ret_revoked = revoked;
	return ST_OK;
}

/* ---- the log ---------------------------------------------------------------------------------- */

enum { LOG_SOME = 1024 };

struct following {
	status (*each)(void *context, const struct mark *mark);
	void *context;
	uint64_t position;
	size_t n;
	status status;
};

static bool follow_one(void *context, struct slice key, struct record record)
{
	struct following *f = context;
	struct slice v = record.value;
	f->status = key.n == 8 && v.n > 9 ? ST_OK : ST_CORRUPT;
	if (f->status != ST_OK)
		return false;
	const struct mark mark = { (enum mark_kind)v.p[8], slice_from(v, 9), (int64_t)get_u64(v.p) };
	f->status = f->each(f->context, &mark);
	if (f->status != ST_OK)
		return false;
	f->position = get_u64(key.p);
	f->n++;
	return true;
}

status marks_follow(struct issuer *is, uint64_t *position,
		    status (*each)(void *context, const struct mark *mark), void *context)
{
	struct following f = { .each = each, .context = context, .position = *position };
	do {
		uint8_t after[8];
		put_u64(after, f.position);
		f.n = 0;
		TRY(records_scan(is->records, TABLE_MARK_LOG, SLICE(""), slice_of(after, sizeof after),
				 LOG_SOME, follow_one, &f));
		*position = f.position;
		TRY(f.status);
	} while (f.n == LOG_SOME);
	return ST_OK;
}

/* In TABLE_META: how far the log went at a time; what is before that is older. */
static const struct slice HORIZON_KEY = SLICE_INIT("mark-log");
enum { HORIZON_SIZE = 16 };

struct forgetting {
	struct batch *batch;
	uint64_t before;
	size_t n;
};

static bool forget_one(void *context, struct slice key, struct record record)
{
	struct forgetting *f = context;
	(void)record;
	if (key.n != 8 || get_u64(key.p) >= f->before)
		return false;
	batch_delete(f->batch, TABLE_MARK_LOG, key, VERSION_ANY);
	f->n++;
	return true;
}

/* The last entry always stays, so that no number comes twice: `before` is no higher than that. */
static status forget(struct issuer *is, uint64_t before, const struct record *horizon,
		     struct slice next, struct arena *a)
{
	struct forgetting f = { .batch = batch_new(a), .before = before };
	if (!f.batch)
		return ST_NOMEM;
	TRY(records_scan(is->records, TABLE_MARK_LOG, SLICE(""), NO_SLICE, LOG_SOME, forget_one, &f));
	if (f.n < LOG_SOME)
		batch_put(f.batch, TABLE_META, HORIZON_KEY, horizon->version, next);
	status s = records_commit_wait(is->records, f.batch);
	return s == ST_CONFLICT ? ST_OK : s; /* another node was quicker */
}

status marks_forget(struct issuer *is, uint64_t position, int64_t now)
{
	AUTO_ARENA struct arena a = { 0 };
	struct record horizon = { .version = VERSION_NONE };
	uint8_t next[HORIZON_SIZE];
	put_u64(next, (uint64_t)now);
	put_u64(next + 8, position);

	status s = records_get(is->records, TABLE_META, HORIZON_KEY, &a, &horizon);
	if (is_fault(s))
		return s;
	if (s == ST_OK && horizon.value.n != HORIZON_SIZE)
		return ST_CORRUPT;
	if (s == ST_OK && now - (int64_t)get_u64(horizon.value.p) < MARK_LOG_S)
		return ST_OK;
	uint64_t before = s == ST_OK ? get_u64(horizon.value.p + 8) : 0;
	return forget(is, before, &horizon, slice_of(next, sizeof next), &a);
}
