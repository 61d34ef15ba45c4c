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

struct link_key {
	uint8_t bytes[32];
};

/* subject id | grant id: a person's offline grants stand together. */
static struct slice link_key(const struct grant *g, struct link_key *room)
{
	memcpy(room->bytes, g->subject_id.bytes, 16);
	memcpy(room->bytes + 16, g->id.bytes, 16);
	return slice_of(room->bytes, 32);
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
	struct link_key room;
	batch_link(b, INDEX_SUBJECT_GRANTS, link_key(g, &room), id_slice(&g->id));
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

static bool is_over(const struct conf *conf, const struct family *f, int64_t now)
{
	return now >= f->expires_at || now - f->used_at >= conf->life.refresh_idle_s;
}

enum family_step family_decide(const struct conf *conf, const struct family *f,
			       const struct refresh_token *t, bool rotate, int64_t now)
{
	if (is_over(conf, f, now))
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

static void forget(struct batch *b, const struct grant *g)
{
	struct link_key room;
	batch_delete(b, TABLE_GRANTS, id_slice(&g->id), VERSION_ANY);
	batch_unlink(b, INDEX_SUBJECT_GRANTS, link_key(g, &room));
}

void family_end(struct issuer *is, struct batch *b, const struct grant *g, int64_t now)
{
	forget(b, g);
	/* The code may still be redeemed in another request: the mark outlives that, too. */
	int64_t keep = is->conf->life.access_token_s + is->conf->life.code_s;
	mark_put(b, MARK_GRANT, id_slice(&g->id), now + keep + is->conf->life.refresh_s);
}

/* ---- their number ---------------------------------------------------------------------------- */

enum { SCAN_MAX = 512 };
struct listing {
	struct id *ids;
	size_t n;
};

static bool collect_id(void *context, struct slice key, struct record record)
{
	struct listing *l = context;
	(void)key;
	if (record.value.n == sizeof l->ids->bytes)
		memcpy(l->ids[l->n++].bytes, record.value.p, sizeof l->ids->bytes);
	return true;
}

status families_prune(struct issuer *is, struct batch *b, const struct grant *g, int64_t now,
		      struct arena *a)
{
	struct listing l = { .ids = arena_alloc(a, SCAN_MAX * sizeof *l.ids) };
	if (!l.ids)
		return ST_NOMEM;
	TRY(records_scan_index(is->records, INDEX_SUBJECT_GRANTS, id_slice(&g->subject_id), NO_SLICE,
			       SCAN_MAX, collect_id, &l));
	struct grant oldest = { 0 };
	size_t held = 0;
	for (size_t i = 0; i < l.n; i++) {
		struct family f;
		uint64_t version;
		status s = family_get(is, l.ids[i], a, &f, &version);
		if (is_fault(s))
			return s;
		if (s == ST_OK && is_over(is->conf, &f, now))
			forget(b, &f.grant);
		else if (s == ST_OK && slice_equal(f.grant.client_id, g->client_id) &&
			 (!held++ || f.grant.created_at < oldest.created_at))
			oldest = f.grant;
	}
	if (held < FAMILIES_MAX || now - oldest.created_at < FAMILY_YOUNG_S)
		return ST_OK;
	/* Its code was redeemed long ago: the mark is for the last access token alone. */
	forget(b, &oldest);
	mark_put(b, MARK_GRANT, id_slice(&oldest.id),
		 now + is->conf->life.access_token_s + is->conf->life.code_s);
	return ST_OK;
}

status families_of(struct issuer *is, struct id subject_id, int64_t now, struct arena *a, struct family **ret,
		   size_t *ret_n)
{
	struct listing l = { .ids = arena_alloc(a, SCAN_MAX * sizeof *l.ids) };
	struct family *families = arena_array(a, struct family, SCAN_MAX);
	size_t n = 0;
	if (!l.ids || !families)
		return ST_NOMEM;
	TRY(records_scan_index(is->records, INDEX_SUBJECT_GRANTS, id_slice(&subject_id), NO_SLICE,
			       SCAN_MAX, collect_id, &l));
	for (size_t i = 0; i < l.n; i++) {
		uint64_t version;
		status s = family_get(is, l.ids[i], a, &families[n], &version);
		if (is_fault(s))
			return s;
		n += s == ST_OK && !is_over(is->conf, &families[n], now);
	}
	*ret = families;
	*ret_n = n;
	return ST_OK;
}
