#include "libauth/keyset.h"

#include "libauth/base/mem.h"
#include "libauth/jwk.h"

#include <stdio.h>
#include <stdlib.h>

struct auth_keyset *keyset_new(void)
{
	struct auth_keyset *keys = calloc(1, sizeof *keys);
	if (!keys)
		return NULL;
	atomic_init(&keys->shares, 1);
	keys->arena.limit = SIZE_MAX;
	return keys;
}

struct auth_keyset *keyset_share(struct auth_keyset *keys)
{
	if (keys)
		atomic_fetch_add(&keys->shares, 1);
	return keys;
}

void auth_keyset_free(struct auth_keyset *keys)
{
	if (!keys || atomic_fetch_sub(&keys->shares, 1) > 1)
		return;
	for (size_t i = 0; i < keys->n; i++)
		key_done(&keys->keys[i]);
	free(keys->keys);
	arena_done(&keys->arena);
	free(keys);
}

size_t auth_keyset_count(const struct auth_keyset *keys) { return keys ? keys->n : 0; }

/* ---- looking up ----------------------------------------------------------------------------- */

/* The first key whose kid is not before this one. */
static size_t lower_bound(const struct auth_keyset *keys, struct slice kid)
{
	size_t low = 0, high = keys->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (slice_compare(keys->keys[middle].kid, kid) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct key_range find_named(const struct auth_keyset *keys, struct slice kid)
{
	size_t first = lower_bound(keys, kid), n = 0;
	while (kid.n && first + n < keys->n && slice_equal(keys->keys[first + n].kid, kid))
		n++;
	return (struct key_range){ keys->keys + first, n };
}

static struct key_range find_only(const struct auth_keyset *keys, const struct algorithm *algorithm)
{
	struct key_range only = { 0 };
	for (size_t i = 0; i < keys->n; i++) {
		if (!key_takes(&keys->keys[i], algorithm))
			continue;
		if (only.n)
			return (struct key_range){ 0 };
		only = (struct key_range){ &keys->keys[i], 1 };
	}
	return only;
}

enum auth_status keyset_find(const struct auth_keyset *keys, struct slice kid,
			     const struct algorithm *algorithm, struct key_range *ret)
{
	if (!kid.p && algorithm->kind == KIND_SM2)
		return AUTH_UNKNOWN_KEY;
	struct key_range found = kid.p ? find_named(keys, kid) : find_only(keys, algorithm);
	if (!found.n)
		return AUTH_UNKNOWN_KEY;
	*ret = found;
	return AUTH_OK;
}

/* ---- putting together ----------------------------------------------------------------------- */

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int order = slice_compare(x->kid, y->kid);
	return order ? order : slice_compare(x->issuer, y->issuer);
}

status keyset_sort(struct auth_keyset *keys, struct error *e)
{
	if (!keys->n)
		return error_set(e, ST_INVALID, "there is no key in it for verifying signatures");
	qsort(keys->keys, keys->n, sizeof *keys->keys, compare_keys);
	for (size_t i = 1; i < keys->n; i++)
		if (keys->keys[i].kid.p && !compare_keys(&keys->keys[i], &keys->keys[i - 1]))
			return error_set(e, ST_INVALID, "two keys have the same kid");
	return ST_OK;
}

static status make_room(struct auth_keyset *keys, size_t more, struct error *e)
{
	struct key *grown = realloc(keys->keys, (keys->n + more + 1) * sizeof *grown);
	if (!grown)
		return error_set(e, ST_NOMEM, "no memory");
	memset(grown + keys->n, 0, (more + 1) * sizeof *grown);
	keys->keys = grown;
	return ST_OK;
}

status keyset_add(struct auth_keyset *keys, const struct keyset_source *source, struct error *e)
{
	const struct auth_value *list = auth_value_member(source->jwks, "keys"), *jwk;
	if (auth_value_type(list) != AUTH_TYPE_ARRAY)
		return error_set(e, ST_INVALID, "it has no array \"keys\"");
	if (list->count > AUTH_KEYS_MAX)
		return error_set(e, ST_TOO_LARGE, "more than %d keys", AUTH_KEYS_MAX);
	TRY(make_room(keys, list->count, e));
	for (jwk = auth_value_first(list); jwk; jwk = auth_value_next(list, jwk)) {
		struct key *key = &keys->keys[keys->n];
		status s = jwk_read(jwk, key, e);
		if (s == ST_NOT_FOUND)
			continue;
		if (is_fault(s))
			return error_set(e, s, "a key could not be made: %s", status_name(s));
		TRY(s);
		key->issuer = source->issuer;
		if (key->expires > source->expires)
			key->expires = source->expires;
		keys->n++;
	}
	return ST_OK;
}
