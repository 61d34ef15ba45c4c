#include "authd/service/outbox_queue.h"

#include "keys/seal.h"
#include "libauth/base/big_endian.h"

static struct slice key_of(const struct outbox_item *item) { return slice_of(item->key, OUTBOX_KEY); }

static status put(struct batch *b, const struct outbox_item *item)
{
	AUTO_BUF struct buf value = { 0 };
	TRY(outbox_entry_encode(&item->entry, &value));
	batch_put(b, TABLE_OUTBOX, key_of(item), VERSION_NONE, buf_slice(&value));
	return ST_OK;
}

status outbox_put(struct batch *b, const struct outbox_entry *e, int64_t due_us)
{
	struct outbox_item item = { .entry = *e };
	put_u64(item.key, (uint64_t)due_us);
	TRY(random_bytes(item.key + 8, sizeof(struct id)));
	return put(b, &item);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* What was decoded from a row outlives it. */
static status keep(struct outbox_item *item, struct slice key, struct arena *a)
{
	memcpy(item->key, key.p, OUTBOX_KEY);
	item->entry.client_id = arena_copy(a, item->entry.client_id);
	if (item->entry.error.n)
		item->entry.error = arena_copy(a, item->entry.error);
	return item->entry.client_id.p ? ST_OK : ST_NOMEM;
}

struct search {
	uint64_t now_us;
	outbox_busy_fn *busy;
	void *context;
	struct arena *arena;
	struct outbox_item *items;
	size_t n, limit, looked_at;
	struct outbox_place last;
	status fault;
};

static bool is_chosen(const struct search *s, struct slice client_id)
{
	for (size_t i = 0; i < s->n; i++)
		if (slice_equal(s->items[i].entry.client_id, client_id))
			return true;
	return s->busy(s->context, client_id);
}

static bool search_one(void *context, struct slice key, struct record record)
{
	struct search *s = context;
	struct outbox_item *item = &s->items[s->n];
	if (s->n == s->limit || key.n != OUTBOX_KEY || get_u64(key.p) > s->now_us)
		return false;
	s->fault = outbox_entry_decode(record.value, &item->entry);
	if (s->fault != ST_OK)
		return false;
	s->looked_at++;
	s->last.n = OUTBOX_KEY;
	memcpy(s->last.key, key.p, OUTBOX_KEY);
	if (is_chosen(s, item->entry.client_id))
		return true;
	s->fault = keep(item, key, s->arena);
	s->n++;
	return s->fault == ST_OK;
}

status outbox_due(struct issuer *is, int64_t now_us, size_t limit, outbox_busy_fn *busy, void *context,
		  struct outbox_place *place, struct arena *a, struct outbox_item **ret, size_t *ret_n)
{
	enum { LOOKED_AT_MAX = 20000 }; /* which takes milliseconds */
	struct search s = { .now_us = (uint64_t)now_us,
			    .busy = busy,
			    .context = context,
			    .arena = a,
			    .items = arena_array(a, struct outbox_item, limit + 1),
			    .limit = limit };
	struct slice after = place->n ? slice_of(place->key, place->n) : NO_SLICE;
	if (!s.items)
		return ST_NOMEM;
	TRY(records_scan(is->records, TABLE_OUTBOX, SLICE(""), after, LOOKED_AT_MAX, search_one, &s));
	TRY(s.fault);
	bool is_all = s.n < limit && s.looked_at < LOOKED_AT_MAX;
	*place = is_all ? (struct outbox_place){ 0 } : s.last;
	*ret = s.items;
	*ret_n = s.n;
	return ST_OK;
}

/* ---- for operators -------------------------------------------------------------------------- */

struct id outbox_item_id(const struct outbox_item *item)
{
	struct id id;
	memcpy(id.bytes, item->key + 8, sizeof id.bytes);
	return id;
}

struct listing {
	const struct outbox_filter *filter;
	struct arena *arena;
	struct outbox_item *items;
	size_t n, limit;
	bool more;
	uint8_t last[OUTBOX_KEY];
	size_t seen;
	status fault;
};

static bool is_wanted(const struct outbox_filter *f, const struct outbox_item *item)
{
	return (!f->client_id.n || slice_equal(f->client_id, item->entry.client_id)) &&
	       (!f->id || id_equal(*f->id, outbox_item_id(item)));
}

static bool list_one(void *context, struct slice key, struct record record)
{
	struct listing *l = context;
	struct outbox_item item;
	if (key.n != OUTBOX_KEY)
		return false;
	memcpy(l->last, key.p, OUTBOX_KEY);
	memcpy(item.key, key.p, OUTBOX_KEY);
	l->seen++;
	l->fault = outbox_entry_decode(record.value, &item.entry);
	if (l->fault != ST_OK || !is_wanted(l->filter, &item))
		return l->fault == ST_OK;
	l->more = l->n == l->limit;
	if (l->more)
		return false;
	l->items[l->n] = item;
	l->fault = keep(&l->items[l->n++], key, l->arena);
	return l->fault == ST_OK;
}

status outbox_list(struct issuer *is, const struct outbox_filter *filter, size_t limit, struct arena *a,
		   struct outbox_item **ret, size_t *ret_n, bool *ret_more)
{
	enum { PAGE = 2000 };
	struct listing l = { .filter = filter, .arena = a, .limit = limit, .seen = PAGE };
	l.items = arena_array(a, struct outbox_item, limit);
	if (!l.items)
		return ST_NOMEM;
	struct slice after = NO_SLICE;
	while (l.seen == PAGE && !l.more) {
		l.seen = 0;
		TRY(records_scan(is->records, TABLE_OUTBOX, SLICE(""), after, PAGE, list_one, &l));
		TRY(l.fault);
		after = slice_of(l.last, OUTBOX_KEY);
	}
	*ret = l.items;
	*ret_n = l.n;
	*ret_more = l.more;
	return ST_OK;
}

/* ---- writing -------------------------------------------------------------------------------- */

/* An entry is never written twice under one key: whoever finds it there has it. */
void outbox_batch_remove(struct batch *b, const struct outbox_item *item)
{
	batch_delete(b, TABLE_OUTBOX, key_of(item), 1);
}

status outbox_batch_move(struct batch *b, struct outbox_item *item, int64_t due_us)
{
	outbox_batch_remove(b, item);
	put_u64(item->key, (uint64_t)due_us);
	return put(b, item);
}

status outbox_move(struct issuer *is, struct outbox_item *item, int64_t due_us)
{
	AUTO_ARENA struct arena a = { 0 };
	struct outbox_item moved = *item;
	struct batch *b = batch_new(&a);
	if (!b)
		return ST_NOMEM;
	TRY(outbox_batch_move(b, &moved, due_us));
	TRY(records_commit_wait(is->records, b));
	*item = moved;
	return ST_OK;
}

status outbox_remove(struct issuer *is, const struct outbox_item *item, const struct audit_entry *audit)
{
	AUTO_ARENA struct arena a = { 0 };
	struct batch *b = batch_new(&a);
	if (!b)
		return ST_NOMEM;
	outbox_batch_remove(b, item);
	TRY(audit_write(b, audit));
	return records_commit_wait(is->records, b);
}
