#include "keys/jwks.h"

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

static void put_key(const struct ring_key *key, struct buf *b)
{
	buf_put_byte(b, '{');
	keypair_put_members(key->algorithm, key->pair.public_key, b);
	buf_format(b, ",\"kid\":\"%s\",\"use\":\"sig\",\"alg\":\"%s\"}", key->kid,
		   key_algorithm_name(key->algorithm));
}

static status write_set(const struct ring_key **keys, size_t n, struct arena *a, struct slice *ret)
{
	if (n)
		qsort(keys, n, sizeof *keys, compare);
	AUTO_BUF struct buf b = { 0 };
	buf_put_text(&b, "{\"keys\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_put_byte(&b, ',');
		put_key(keys[i], &b);
	}
	buf_put_text(&b, "]}");
	struct slice json = buf_finish(&b, a);
	if (!json.p)
		return ST_NOMEM;
	*ret = json;
	return ST_OK;
}

status jwks_published(const struct ring *r, struct arena *a, struct slice *ret)
{
	size_t n = 0;
	const struct ring_key **keys = arena_array(a, const struct ring_key *, r->n);
	if (!keys)
		return ST_NOMEM;
	for (size_t i = 0; i < r->n; i++)
		if (r->keys[i].published)
			keys[n++] = &r->keys[i];
	return write_set(keys, n, a, ret);
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
	return write_set(keys, n, a, ret);
}
