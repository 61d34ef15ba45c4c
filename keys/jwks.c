#include "keys/jwks.h"

#include <inttypes.h>
#include <stdlib.h>

static int rank(const struct ring_key *key)
{
	switch (key->state) {
	case KEY_ACTIVE: return 0;
	case KEY_ANNOUNCED: return 1;
	case KEY_RETIRED: return 2;
	case KEY_REVOKED: break;
	}
	return 3;
}

static int three_way(int64_t a, int64_t b) { return (a > b) - (a < b); }

static int compare(const void *left, const void *right)
{
	const struct ring_key *a = *(const struct ring_key *const *)left;
	const struct ring_key *b = *(const struct ring_key *const *)right;
	if (a->algorithm != b->algorithm)
		return three_way(a->algorithm, b->algorithm);
	if (rank(a) != rank(b))
		return three_way(rank(a), rank(b));
	int order = three_way(a->activates_at, b->activates_at);
	return order ? order : slice_compare(slice_str(a->kid), slice_str(b->kid));
}

static void put_members(const struct ring_key *key, struct buf *b)
{
	keypair_put_members(key->algorithm, key->pair.public_key, b);
	buf_format(b, ",\"kid\":\"%s\",\"use\":\"sig\",\"alg\":\"%s\"", key->kid,
		   key_algorithm_name(key->algorithm));
}

/* The time in which a token may meet this key. */
struct validity {
	const struct ring *ring;
	const struct key_policy *policy;
};

static void put_validity(const struct ring_key *key, const struct validity *v, struct buf *b)
{
	struct key_info info = ring_key_info(v->ring, (size_t)(key - v->ring->keys));
	int64_t end = info.drops_at;
	if (!end) {
		end = info.retires_at ? info.retires_at : key->activates_at + v->policy->active_s;
		end += v->policy->retain_s + RING_LAG_S;
	}
	/* From its announcement, not from its turn: a rotation at once brings that forward. */
	buf_format(b, ",\"nbf\":%" PRId64 ",\"exp\":%" PRId64, key->created_at, end);
}

/* v: with `nbf` and `exp`; or NULL. */
static status write_set(const struct ring_key **keys, size_t n, const struct validity *v,
			struct arena *a, struct slice *ret)
{
	if (n)
		qsort(keys, n, sizeof *keys, compare);
	AUTO_BUF struct buf b = { 0 };
	buf_put_text(&b, "{\"keys\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_put_byte(&b, ',');
		buf_put_byte(&b, '{');
		put_members(keys[i], &b);
		if (v)
			put_validity(keys[i], v, &b);
		buf_put_byte(&b, '}');
	}
	buf_put_text(&b, "]}");
	struct slice json = buf_finish(&b, a);
	if (!json.p)
		return ST_NOMEM;
	*ret = json;
	return ST_OK;
}

static status write_published(const struct ring *r, const struct validity *v, struct arena *a,
			      struct slice *ret)
{
	size_t n = 0;
	const struct ring_key **keys = arena_array(a, const struct ring_key *, r->n);
	if (!keys)
		return ST_NOMEM;
	for (size_t i = 0; i < r->n; i++)
		if (r->keys[i].published)
			keys[n++] = &r->keys[i];
	return write_set(keys, n, v, a, ret);
}

status jwks_published(const struct ring *r, struct arena *a, struct slice *ret)
{
	return write_published(r, NULL, a, ret);
}

status jwks_dated(const struct ring *r, const struct key_policy *policy, struct arena *a,
		  struct slice *ret)
{
	const struct validity v = { r, policy };
	return write_published(r, &v, a, ret);
}

status jwks_archive(const struct ring *r, struct arena *a, struct slice *ret)
{
	size_t n = 0;
	const struct ring_key **keys = arena_array(a, const struct ring_key *, r->n);
	if (!keys)
		return ST_NOMEM;
	for (size_t i = 0; i < r->n; i++)
		if (r->keys[i].state != KEY_REVOKED)
			keys[n++] = &r->keys[i];
	return write_set(keys, n, NULL, a, ret);
}
