#include "authd/service/families.h"

#include "authd/service/marks.h"
#include "keys/seal.h"
#include "libauth/base/big_endian.h"
#include "libauth/base/encode.h"

struct packed {
	uint8_t version[4];
	struct id family_id;
	uint8_t generation[8];
	uint8_t mac[MAC_SIZE];
};
_Static_assert(sizeof(struct packed) == 60, "no padding");

static status packed_mac(const struct secret *key, const struct packed *p, struct slice client_id,
			 uint8_t ret[MAC_SIZE])
{
	const struct slice parts[] = {
		SLICE("refresh token 1"),
		slice_of(p, offsetof(struct packed, mac)),
		client_id,
	};
	return mac(key, parts, COUNT_OF(parts), ret);
}

status refresh_token_open(struct issuer *is, struct slice text, struct slice client_id,
			  struct arena *a, struct refresh_token *ret)
{
	struct packed p;
	struct slice bytes;
	TRY(arena_base64url_decode(a, text, &bytes));
	if (bytes.n != sizeof p)
		return ST_INVALID;
	memcpy(&p, bytes.p, sizeof p);

	uint32_t version = get_u32(p.version);
	AUTO_SECRET struct secret key;
	status s = version ? keys_secret(is->keys, SECRET_REFRESH, version, &key, &version) : ST_NOT_FOUND;
	if (s == ST_NOT_FOUND)
		return ST_INVALID;
	TRY(s);

	uint8_t expected[MAC_SIZE];
	TRY(packed_mac(&key, &p, client_id, expected));
	if (!slice_equal_secret(slice_of(expected, MAC_SIZE), slice_of(p.mac, MAC_SIZE)))
		return ST_INVALID;
	*ret = (struct refresh_token){ p.family_id, get_u64(p.generation) };
	return ST_OK;
}

status refresh_token_make(struct issuer *is, const struct family *f, struct arena *a,
			  struct slice *ret_text)
{
	AUTO_SECRET struct secret key;
	uint32_t version;
	TRY(keys_secret(is->keys, SECRET_REFRESH, f->secret_version, &key, &version));

	struct packed p = { .family_id = f->grant.id };
	put_u32(p.version, version);
	put_u64(p.generation, f->generation);
	TRY(packed_mac(&key, &p, f->grant.client_id, p.mac));

	struct slice text = arena_base64url(a, slice_of(&p, sizeof p));
	if (!text.p)
		return ST_NOMEM;
	*ret_text = text;
	return ST_OK;
}

status family_update(struct batch *b, const struct family *f, uint64_t expected)
{
	AUTO_BUF struct buf encoded = { 0 };
	TRY(family_encode(f, &encoded));
	batch_put(b, TABLE_GRANTS, id_slice(&f->grant.id), expected, buf_slice(&encoded));
	return ST_OK;
}

/* subject id | grant id: a person's offline grants stand together. */
struct link_key {
	struct id subject_id, grant_id;
};

static struct slice link_key(struct id subject_id, struct id grant_id, struct link_key *room)
{
	*room = (struct link_key){ subject_id, grant_id };
	return slice_of(room, sizeof *room);
}

/* What can be said of a grant without reading it; its client's id follows. */
struct link_head {
	struct id grant_id;
	uint8_t created_at[8];
};

static status put_link(struct batch *b, const struct grant *g)
{
	AUTO_BUF struct buf value = { 0 };
	struct link_key room;
	struct link_head head = { .grant_id = g->id };
	put_u64(head.created_at, (uint64_t)g->created_at);
	buf_put(&value, slice_of(&head, sizeof head));
	buf_put(&value, g->client_id);
	TRY(buf_status(&value));
	batch_link(b, INDEX_SUBJECT_GRANTS, link_key(grant_owner(g), g->id, &room), buf_slice(&value));
	return ST_OK;
}

status family_begin(struct issuer *is, struct batch *b, const struct grant *g, int64_t now,
		    struct family *ret)
{
	AUTO_SECRET struct secret key;
	uint32_t version;
	TRY(keys_secret(is->keys, SECRET_REFRESH, 0, &key, &version));

	struct family f = {
		.grant = *g,
		.generation = 1,
		.stepped_at = now,
		.used_at = now,
		.expires_at = now + is->conf->life.refresh_s,
		.secret_version = version,
	};
	TRY(family_update(b, &f, VERSION_NONE));
	TRY(put_link(b, g));
	*ret = f;
	return ST_OK;
}

status family_get(struct issuer *is, struct id family_id, struct arena *a, struct family *ret,
		  uint64_t *ret_version)
{
	struct record record;
	TRY(records_get(is->records, TABLE_GRANTS, id_slice(&family_id), a, &record));
	TRY(family_decode(record.value, ret));
	*ret_version = record.version;
	return ST_OK;
}

bool family_is_over(const struct conf *conf, const struct family *f, int64_t now)
{
	return now >= f->expires_at || now - f->used_at >= conf->life.refresh_idle_s;
}

enum family_step family_decide(const struct conf *conf, const struct family *f,
			       const struct refresh_token *t, bool rotate, int64_t now)
{
	if (family_is_over(conf, f, now))
		return FAMILY_ENDED;
	if (t->generation == f->generation)
		return rotate ? FAMILY_STEP : FAMILY_KEEP;
	bool is_last = t->generation + 1 == f->generation;
	if (is_last && now - f->stepped_at <= conf->life.refresh_grace_s)
		return FAMILY_REPEAT;
	return FAMILY_REPLAY;
}

bool family_wants_touch(const struct family *f, int64_t now)
{
	enum { TOUCH_S = 3600 };
	return now - f->used_at >= TOUCH_S;
}

static void forget(struct batch *b, struct id subject_id, struct id grant_id)
{
	struct link_key room;
	batch_delete(b, TABLE_GRANTS, id_slice(&grant_id), VERSION_ANY);
	batch_unlink(b, INDEX_SUBJECT_GRANTS, link_key(subject_id, grant_id, &room));
}

static void end(struct issuer *is, struct batch *b, struct id subject_id, struct id grant_id, int64_t now)
{
	forget(b, subject_id, grant_id);
	/* The code may still be redeemed in another request: the mark outlives that, too. */
	int64_t keep = is->conf->life.access_token_s + is->conf->life.code_s;
	mark_put(b, MARK_GRANT, id_slice(&grant_id), now + keep + is->conf->life.refresh_s);
}

void family_end(struct issuer *is, struct batch *b, const struct grant *g, int64_t now)
{
	end(is, b, grant_owner(g), g->id, now);
}

/* ---- their number ---------------------------------------------------------------------------- */

/* A grant as its link tells of it. A link that an earlier version wrote says no more than the id. */
struct held {
	struct id id;
	int64_t created_at; /* 0: not said */
	bool of_client;
};

/* All that a person has: most have a handful, but a client may begin any number in a minute. */
struct listing {
	struct slice client_id;
	struct held *items;
	size_t n, room;
	struct link_key last; /* what comes next stands behind it */
	size_t rows;          /* of this scan */
};

static bool collect(void *context, struct slice key, struct record record)
{
	struct listing *l = context;
	struct link_head head = { 0 };
	struct slice value = record.value;
	if (key.n != sizeof l->last || value.n < sizeof head.grant_id)
		return false;
	memcpy(&l->last, key.p, sizeof l->last);
	memcpy(&head, value.p, value.n < sizeof head ? sizeof head.grant_id : sizeof head);
	l->rows++;
	l->items[l->n++] = (struct held){
		.id = head.grant_id,
		.created_at = (int64_t)get_u64(head.created_at),
		.of_client = value.n > sizeof head &&
			     slice_equal(slice_from(value, sizeof head), l->client_id),
	};
	return true;
}

static status make_room(struct listing *l, struct arena *a)
{
	enum { ROOM = 64 };
	size_t room = l->room ? 2 * l->room : ROOM;
	struct held *items = arena_array(a, struct held, room);
	if (!items)
		return ST_NOMEM;
	if (l->n)
		memcpy(items, l->items, l->n * sizeof *items);
	l->items = items;
	l->room = room;
	return ST_OK;
}

static status list(struct issuer *is, struct id subject_id, struct slice client_id, struct arena *a,
		   struct listing *ret)
{
	struct listing l = { .client_id = client_id };
	size_t limit;
	do {
		struct slice after = l.n ? slice_of(&l.last, sizeof l.last) : NO_SLICE;
		TRY(make_room(&l, a));
		limit = l.room - l.n;
		l.rows = 0;
		TRY(records_scan_index(is->records, INDEX_SUBJECT_GRANTS, id_slice(&subject_id), after, limit,
				       collect, &l));
	} while (l.rows == limit);
	*ret = l;
	return ST_OK;
}

/* Whoever is too young to be over is not read: of most people, that is each. */
static status look(struct issuer *is, struct held *h, struct slice client_id, int64_t now,
		   struct arena *a, bool *ret_over)
{
	const struct conf *conf = is->conf;
	int64_t age_s = now - h->created_at;
	*ret_over = false;
	if (age_s < conf->life.refresh_idle_s && age_s < conf->life.refresh_s)
		return ST_OK;
	struct family f;
	uint64_t version;
	TRY(family_get(is, h->id, a, &f, &version));
	h->created_at = f.grant.created_at;
	h->of_client = slice_equal(f.grant.client_id, client_id);
	*ret_over = family_is_over(conf, &f, now);
	return ST_OK;
}

static struct held *oldest_of_client(const struct listing *l)
{
	struct held *oldest = NULL;
	for (struct held *h = l->items; h < l->items + l->n; h++)
		if (h->of_client && (!oldest || h->created_at < oldest->created_at))
			oldest = h;
	return oldest;
}

status families_prune(struct issuer *is, struct batch *b, const struct grant *g, int64_t now,
		      struct arena *a)
{
	/* After a burst of young ones, it takes a few grants to come down to FAMILIES_MAX again. */
	enum { ENDED_AT_ONCE = 8 };
	struct listing l;
	TRY(list(is, grant_owner(g), g->client_id, a, &l));
	size_t held = 0;
	for (struct held *h = l.items; h < l.items + l.n; h++) {
		bool over;
		status s = look(is, h, g->client_id, now, a, &over);
		if (is_fault(s))
			return s;
		if (over)
			forget(b, grant_owner(g), h->id);
		h->of_client = h->of_client && s == ST_OK && !over;
		held += h->of_client;
	}
	for (size_t i = 0; held >= FAMILIES_MAX && i < ENDED_AT_ONCE; i++, held--) {
		struct held *oldest = oldest_of_client(&l);
		if (held < FAMILIES_YOUNG_MAX && now - oldest->created_at < FAMILY_YOUNG_S)
			break;
		/* Its code was redeemed long ago: the mark is for the last access token alone. */
		forget(b, grant_owner(g), oldest->id);
		mark_put(b, MARK_GRANT, id_slice(&oldest->id),
			 now + is->conf->life.access_token_s + is->conf->life.code_s);
		oldest->of_client = false;
	}
	return ST_OK;
}

status families_of(struct issuer *is, struct id subject_id, int64_t now, struct arena *a, struct family **ret,
		   size_t *ret_n)
{
	struct listing l;
	size_t n = 0;
	TRY(list(is, subject_id, NO_SLICE, a, &l));
	struct family *families = arena_array(a, struct family, l.n + 1);
	if (!families)
		return ST_NOMEM;
	for (size_t i = 0; i < l.n; i++) {
		uint64_t version;
		status s = family_get(is, l.items[i].id, a, &families[n], &version);
		if (is_fault(s))
			return s;
		n += s == ST_OK && !family_is_over(is->conf, &families[n], now);
	}
	*ret = families;
	*ret_n = n;
	return ST_OK;
}

status families_end(struct issuer *is, struct batch *b, struct id subject_id, struct slice client_id,
		    int64_t now, struct arena *a)
{
	struct listing l;
	TRY(list(is, subject_id, client_id, a, &l));
	for (struct held *h = l.items; h < l.items + l.n; h++) {
		bool over;
		status s = look(is, h, client_id, now, a, &over);
		if (is_fault(s))
			return s;
		if (h->of_client)
			end(is, b, subject_id, h->id, now);
	}
	return ST_OK;
}
