#include "keys/ring.h"

#include "keys/pack.h"

enum { KEYS_MAX = 65536 };
/* Year 9999 and beyond fit; sums of a few of them do not overflow. */
static const int64_t TIME_MAX = (int64_t)1 << 48;

const char *key_state_name(enum key_state s)
{
	static const char *const names[] = { "announced", "active", "retired", "revoked" };
	return (unsigned)s < COUNT_OF(names) ? names[s] : "unknown";
}

/* ---- finding ---------------------------------------------------------------------------- */

ssize_t ring_active(const struct ring *r, enum key_algorithm a)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->keys[i].algorithm == a && r->keys[i].state == KEY_ACTIVE)
			return (ssize_t)i;
	return RING_NONE;
}

ssize_t ring_next(const struct ring *r, enum key_algorithm a)
{
	ssize_t next = RING_NONE;
	for (size_t i = 0; i < r->n; i++) {
		if (r->keys[i].algorithm != a || r->keys[i].state != KEY_ANNOUNCED)
			continue;
		if (next == RING_NONE || r->keys[i].activates_at < r->keys[next].activates_at)
			next = (ssize_t)i;
	}
	return next;
}

ssize_t ring_find(const struct ring *r, struct slice kid)
{
	for (size_t i = 0; i < r->n; i++)
		if (slice_is(kid, r->keys[i].kid))
			return (ssize_t)i;
	return RING_NONE;
}

/* When the announced key after this one begins to sign; 0 if there is none. */
static int64_t next_begins(const struct ring *r, const struct ring_key *after)
{
	int64_t begins = 0;
	for (size_t i = 0; i < r->n; i++) {
		const struct ring_key *key = &r->keys[i];
		if (key == after || key->algorithm != after->algorithm || key->state != KEY_ANNOUNCED ||
		    key->activates_at < after->activates_at)
			continue;
		if (!begins || key->activates_at < begins)
			begins = key->activates_at;
	}
	return begins;
}

struct key_info ring_key_info(const struct ring *r, size_t i)
{
	const struct ring_key *key = &r->keys[i];
	struct key_info info = {
		.algorithm = key->algorithm,
		.state = key->state,
		.created_at = key->created_at,
		.activates_at = key->activates_at,
		.retires_at = key->retires_at,
		.drops_at = key->drops_at,
	};
	memcpy(info.kid, key->kid, sizeof info.kid);
	if (key->state == KEY_ACTIVE || key->state == KEY_ANNOUNCED)
		info.retires_at = next_begins(r, key);
	return info;
}

/* ---- changing --------------------------------------------------------------------------- */

status ring_copy(const struct ring *r, size_t room, struct arena *a, struct ring *ret)
{
	struct ring copy = *r;
	copy.keys = arena_array(a, struct ring_key, r->n + room);
	if (!copy.keys)
		return ST_NOMEM;
	if (r->n)
		memcpy(copy.keys, r->keys, r->n * sizeof *r->keys);
	*ret = copy;
	return ST_OK;
}

status ring_announce(struct ring *r, enum key_algorithm a, const struct keypair *pair, int64_t now,
		     int64_t activates_at)
{
	struct ring_key key = {
		.algorithm = a,
		.state = KEY_ANNOUNCED,
		.published = true,
		.created_at = now,
		.activates_at = activates_at,
		.pair = *pair,
	};
	TRY(keypair_kid(a, pair->public_key, key.kid));
	r->keys[r->n++] = key;
	r->published++;
	return ST_OK;
}

void ring_retire(struct ring *r, size_t i, int64_t retain_s, int64_t now)
{
	struct ring_key *key = &r->keys[i];
	key->state = KEY_RETIRED;
	key->retires_at = now;
	key->drops_at = now + retain_s + RING_LAG_S;
	key->pair.private_key = NO_SLICE;
	r->published++;
}

void ring_activate(struct ring *r, size_t i, int64_t retain_s, int64_t now)
{
	ssize_t before = ring_active(r, r->keys[i].algorithm);
	if (before != RING_NONE)
		ring_retire(r, (size_t)before, retain_s, now);
	r->keys[i].state = KEY_ACTIVE;
	r->keys[i].activates_at = now;
	r->published++;
}

void ring_drop(struct ring *r, size_t i)
{
	r->keys[i].published = false;
	r->published++;
}

void ring_revoke(struct ring *r, size_t i, int64_t now)
{
	struct ring_key *key = &r->keys[i];
	if (key->state == KEY_ANNOUNCED || key->state == KEY_ACTIVE)
		key->retires_at = now;
	if (key->published)
		key->drops_at = now;
	key->state = KEY_REVOKED;
	key->published = false;
	key->pair.private_key = NO_SLICE;
	r->published++;
}

/* ---- the file's form -------------------------------------------------------------------- */

static void encode_key(const struct ring_key *key, struct buf *b)
{
	buf_put_byte(b, (uint8_t)key->algorithm);
	buf_put_byte(b, (uint8_t)key->state);
	buf_put_byte(b, key->published);
	pack_u64(b, (uint64_t)key->created_at);
	pack_u64(b, (uint64_t)key->activates_at);
	pack_u64(b, (uint64_t)key->retires_at);
	pack_u64(b, (uint64_t)key->drops_at);
	pack_bytes(b, key->pair.public_key);
	pack_bytes(b, key->pair.private_key);
}

status ring_encode(const struct ring *r, struct buf *b)
{
	pack_u64(b, r->generation);
	pack_u64(b, r->published);
	pack_u64(b, (uint64_t)r->seen_at);
	pack_u32(b, (uint32_t)r->n);
	for (size_t i = 0; i < r->n; i++)
		encode_key(&r->keys[i], b);
	return buf_status(b);
}

static int64_t unpack_time(struct unpack *u)
{
	uint64_t v = unpack_u64(u);
	if (v > (uint64_t)TIME_MAX)
		u->failed = true;
	return u->failed ? 0 : (int64_t)v;
}

static bool is_consistent(const struct ring_key *key)
{
	bool may_sign = key->state == KEY_ANNOUNCED || key->state == KEY_ACTIVE;
	if (may_sign != (key->pair.private_key.n > 0))
		return false;
	if (may_sign && !key->published)
		return false;
	return key->state != KEY_REVOKED || !key->published;
}

static status decode_key(struct unpack *u, struct ring_key *key)
{
	key->algorithm = (enum key_algorithm)unpack_u8(u);
	key->state = (enum key_state)unpack_u8(u);
	uint8_t published = unpack_u8(u);
	key->published = published;
	key->created_at = unpack_time(u);
	key->activates_at = unpack_time(u);
	key->retires_at = unpack_time(u);
	key->drops_at = unpack_time(u);
	key->pair.public_key = unpack_counted(u);
	key->pair.private_key = unpack_counted(u);
	if (u->failed || published > 1 || (unsigned)key->state > KEY_REVOKED || !is_consistent(key))
		return ST_CORRUPT;
	TRY(keypair_check_public(key->algorithm, key->pair.public_key));
	return keypair_kid(key->algorithm, key->pair.public_key, key->kid);
}

status ring_decode(struct slice bytes, struct arena *a, struct ring *ret)
{
	struct unpack u = { .rest = bytes };
	struct ring r = { .generation = unpack_u64(&u), .published = unpack_u64(&u) };
	r.seen_at = unpack_time(&u);
	size_t n = unpack_u32(&u);
	if (u.failed || n > KEYS_MAX)
		return ST_CORRUPT;
	r.keys = arena_array(a, struct ring_key, n);
	if (!r.keys)
		return ST_NOMEM;
	for (; r.n < n; r.n++) {
		struct ring_key *key = &r.keys[r.n];
		TRY(decode_key(&u, key));
		bool twice = ring_find(&r, slice_str(key->kid)) != RING_NONE;
		if (twice || (key->state == KEY_ACTIVE && ring_active(&r, key->algorithm) != RING_NONE))
			return ST_CORRUPT;
	}
	if (!unpack_done(&u))
		return ST_CORRUPT;
	*ret = r;
	return ST_OK;
}
