#include "authd/service/ledger.h"

#include "authd/model/codec.h"
#include "authd/service/audit.h"
#include "authd/service/claims.h"
#include "keys/seal.h"
#include "libauth/base/big_endian.h"

enum { TAIL_SIZE = 8, KEY_SIZE = sizeof(struct id) + 8 + TAIL_SIZE, PRUNE_MAX = 2 };

/* The subject and the time are the key's. */
static const struct codec_field fields[] = {
	{ 1, CODEC_SLICE, offsetof(struct release, client_id) },
	{ 2, CODEC_ID, offsetof(struct release, grant_id) },
	{ 3, CODEC_UINT64, offsetof(struct release, claims) },
	{ 4, CODEC_SLICE, offsetof(struct release, by) },
};
static const struct codec STORED = CODEC(struct release, fields);

/* ---- keys ------------------------------------------------------------------------------------- */

struct ledger_key {
	struct id subject_id;
	uint8_t at_us[8], tail[TAIL_SIZE];
};
_Static_assert(sizeof(struct ledger_key) == KEY_SIZE, "no padding");

/* client_id holds no byte 0, so no client's entries lie among another's. */
static struct slice client_prefix(struct slice client_id, struct arena *a)
{
	uint8_t *p = arena_alloc(a, client_id.n + 1);
	if (!p)
		return NO_SLICE;
	memcpy(p, client_id.p, client_id.n);
	p[client_id.n] = 0;
	return slice_of(p, client_id.n + 1);
}

/* prefix | time | tail; with neither, where a scan begins that wants what is not older. */
static struct slice timed_key(struct slice prefix, int64_t at_us, struct slice tail, struct arena *a)
{
	uint8_t *p = arena_alloc(a, prefix.n + 8 + tail.n);
	if (!p)
		return NO_SLICE;
	memcpy(p, prefix.p, prefix.n);
	put_u64(p + prefix.n, (uint64_t)at_us);
	if (tail.n)
		memcpy(p + prefix.n + 8, tail.p, tail.n);
	return slice_of(p, prefix.n + 8 + tail.n);
}

/* ---- writing ---------------------------------------------------------------------------------- */

struct old {
	struct slice index_key, key;
};
struct pruning {
	struct arena *arena;
	int64_t until_us;
	size_t prefix_n, n;
	struct old found[PRUNE_MAX];
	bool failed;
};

static bool collect_old(void *context, struct slice key, struct record record)
{
	struct pruning *p = context;
	if (key.n < p->prefix_n + 8 || (int64_t)get_u64(key.p + p->prefix_n) >= p->until_us)
		return false;
	struct old old = { arena_copy(p->arena, key), arena_copy(p->arena, record.value) };
	p->failed |= !old.index_key.p || !old.key.p;
	p->found[p->n++] = old;
	return p->n < PRUNE_MAX;
}

static status prune(struct issuer *is, struct batch *b, struct slice prefix, int64_t now_us, struct arena *a)
{
	struct pruning p = { .arena = a, .prefix_n = prefix.n };
	p.until_us = now_us - is->conf->ledger.keep_s * 1000000;
	TRY(records_scan_index(is->records, INDEX_CLIENT_RELEASES, prefix, NO_SLICE, PRUNE_MAX, collect_old, &p));
	if (p.failed)
		return ST_NOMEM;
	for (size_t i = 0; i < p.n; i++) {
		batch_unlink(b, INDEX_CLIENT_RELEASES, p.found[i].index_key);
		batch_delete(b, TABLE_LEDGER, p.found[i].key, VERSION_ANY);
	}
	return ST_OK;
}

static status write_audit(struct batch *b, const struct release *r, struct arena *a)
{
	struct slice names;
	TRY(claims_names(r->claims, a, &names));
	const struct audit_entry entry = {
		.event = "claims.release",
		.client_id = r->client_id,
		.subject = r->subject_id,
		.grant = r->grant_id,
		.detail = arena_format(a, "%.*s: %.*s", SLICE_FMT(r->by), SLICE_FMT(names)),
	};
	return entry.detail.p ? audit_write(b, &entry) : ST_NOMEM;
}

status ledger_write(struct issuer *is, struct batch *b, const struct release *r, struct arena *a)
{
	struct ledger_key key = { .subject_id = r->subject_id };
	AUTO_BUF struct buf value = { 0 };
	put_u64(key.at_us, (uint64_t)r->at_us);
	TRY(random_bytes(key.tail, sizeof key.tail));
	TRY(codec_encode(&STORED, r, &value));

	struct slice prefix = client_prefix(r->client_id, a);
	if (!prefix.p)
		return ST_NOMEM;
	struct slice record_key = slice_of(&key, sizeof key);
	struct slice index_key = timed_key(prefix, r->at_us, slice_of(key.tail, sizeof key.tail), a);
	if (!index_key.p)
		return ST_NOMEM;
	TRY(write_audit(b, r, a));
	TRY(prune(is, b, prefix, r->at_us, a));
	batch_put(b, TABLE_LEDGER, record_key, VERSION_NONE, buf_slice(&value));
	batch_link(b, INDEX_CLIENT_RELEASES, index_key, record_key);
	return ST_OK;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static status read_release(struct slice key, struct slice value, struct release *ret)
{
	struct ledger_key k;
	struct release r = { 0 };
	if (key.n != sizeof k)
		return ST_CORRUPT;
	memcpy(&k, key.p, sizeof k);
	TRY(codec_decode(&STORED, value, NULL, &r));
	r.subject_id = k.subject_id;
	r.at_us = (int64_t)get_u64(k.at_us);
	*ret = r;
	return ST_OK;
}

/* A scan begins behind a key: behind what is one microsecond older, whatever its tail. */
static struct slice first_after(struct slice prefix, int64_t since_us, struct slice after, struct arena *a)
{
	return after.p || since_us <= 0 ? after : timed_key(prefix, since_us, NO_SLICE, a);
}

status ledger_of_subject(struct issuer *is, struct id subject_id, int64_t since_us, struct slice after,
			 size_t limit, struct arena *a, struct release **ret, size_t *ret_n,
			 struct slice *ret_position)
{
	struct record_row *rows;
	size_t n;
	struct slice prefix = id_slice(&subject_id);
	TRY(records_rows(is->records, TABLE_LEDGER, prefix, first_after(prefix, since_us, after, a), limit, a,
			 &rows, &n));
	struct release *list = arena_array(a, struct release, n + 1);
	if (!list)
		return ST_NOMEM;
	for (size_t i = 0; i < n; i++)
		TRY(read_release(rows[i].key, rows[i].record.value, &list[i]));
	*ret = list;
	*ret_n = n;
	*ret_position = n ? rows[n - 1].key : after;
	return ST_OK;
}

struct following {
	struct arena *arena;
	struct old *found;
	size_t n;
	bool failed;
};

static bool follow(void *context, struct slice key, struct record record)
{
	struct following *f = context;
	struct old one = { arena_copy(f->arena, key), arena_copy(f->arena, record.value) };
	f->failed |= !one.index_key.p || !one.key.p;
	f->found[f->n++] = one;
	return !f->failed;
}

/* An entry may go between the two reads: then it is left out. */
static status read_followed(struct issuer *is, const struct following *f, struct arena *a,
			    struct release *list, size_t *ret_n)
{
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++) {
		struct record record;
		status s = records_get(is->records, TABLE_LEDGER, f->found[i].key, a, &record);
		if (s == ST_NOT_FOUND)
			continue;
		TRY(s);
		TRY(read_release(f->found[i].key, record.value, &list[n++]));
	}
	*ret_n = n;
	return ST_OK;
}

status ledger_of_client(struct issuer *is, struct slice client_id, int64_t since_us, struct slice after,
			size_t limit, struct arena *a, struct release **ret, size_t *ret_n,
			struct slice *ret_position)
{
	struct slice prefix = client_prefix(client_id, a);
	struct following f = { .arena = a, .found = arena_array(a, struct old, limit + 1) };
	struct release *list = arena_array(a, struct release, limit + 1);
	if (!prefix.p || !f.found || !list)
		return ST_NOMEM;
	TRY(records_scan_index(is->records, INDEX_CLIENT_RELEASES, prefix,
			       first_after(prefix, since_us, after, a), limit, follow, &f));
	if (f.failed)
		return ST_NOMEM;
	TRY(read_followed(is, &f, a, list, ret_n));
	*ret = list;
	*ret_position = f.n ? f.found[f.n - 1].index_key : after;
	return ST_OK;
}
