#include "libauth/keyset.h"

#include "libauth/base/mem.h"
#include "libauth/jwk.h"

#include <stdio.h>
#include <stdlib.h>

enum { JWKS_VALUES_MAX = 32768 };

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
	free(keys->text);
	free(keys);
}
DEFINE_AUTO(keyset, struct auth_keyset *, auth_keyset_free)

size_t auth_keyset_count(const struct auth_keyset *keys) { return keys ? keys->n : 0; }

/* ---- looking up ----------------------------------------------------------------------------- */

static struct key *find_named(const struct auth_keyset *keys, struct slice kid)
{
	size_t low = 0, high = kid.n ? keys->n : 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct key *key = &keys->keys[middle];
		int order = slice_compare(key->kid, kid);
		if (order == 0)
			return key;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static struct key *find_only(const struct auth_keyset *keys, const struct algorithm *algorithm)
{
	struct key *only = NULL;
	for (size_t i = 0; i < keys->n; i++) {
		if (!key_takes(&keys->keys[i], algorithm))
			continue;
		if (only)
			return NULL;
		only = &keys->keys[i];
	}
	return only;
}

enum auth_status keyset_find(const struct auth_keyset *keys, struct slice kid,
			     const struct algorithm *algorithm, struct key **ret)
{
	if (!kid.p && algorithm->kind == KIND_SM2)
		return AUTH_UNKNOWN_KEY;
	struct key *key = kid.p ? find_named(keys, kid) : find_only(keys, algorithm);
	if (!key)
		return AUTH_UNKNOWN_KEY;
	if (!key_takes(key, algorithm))
		return AUTH_UNSUPPORTED_ALGORITHM;
	*ret = key;
	return AUTH_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

static enum auth_status answer(status s, const struct error *e, struct auth_error *ret)
{
	if (ret && s != ST_OK)
		snprintf(ret->message, sizeof ret->message, "%s", e->message);
	switch (s) {
	case ST_OK: return AUTH_OK;
	case ST_NOMEM: return AUTH_NOMEM;
	case ST_IO: return AUTH_IO;
	case ST_INVALID: return AUTH_BAD_KEYS;
	case ST_TOO_LARGE: return AUTH_TOO_LARGE;
	default: return AUTH_BUG;
	}
}

static int compare_keys(const void *a, const void *b)
{
	return slice_compare(((const struct key *)a)->kid, ((const struct key *)b)->kid);
}

static status sort_keys(struct auth_keyset *keys, struct error *e)
{
	if (!keys->n)
		return error_set(e, ST_INVALID, "there is no key in it for verifying signatures");
	qsort(keys->keys, keys->n, sizeof *keys->keys, compare_keys);
	for (size_t i = 1; i < keys->n; i++)
		if (keys->keys[i].kid.p && slice_equal(keys->keys[i].kid, keys->keys[i - 1].kid))
			return error_set(e, ST_INVALID, "two keys have the same kid");
	return ST_OK;
}

static status read_keys(const struct auth_value *root, struct auth_keyset *keys, struct error *e)
{
	const struct auth_value *list = auth_value_member(root, "keys");
	if (auth_value_type(list) != AUTH_TYPE_ARRAY)
		return error_set(e, ST_INVALID, "it has no array \"keys\"");
	if (list->count > AUTH_KEYS_MAX)
		return error_set(e, ST_TOO_LARGE, "more than %d keys", AUTH_KEYS_MAX);
	keys->keys = calloc(list->count ? list->count : 1, sizeof *keys->keys);
	if (!keys->keys)
		return error_set(e, ST_NOMEM, "no memory");
	for (const struct auth_value *jwk = auth_value_first(list); jwk;
	     jwk = auth_value_next(list, jwk)) {
		status s = jwk_read(jwk, &keys->keys[keys->n], e);
		if (s == ST_NOT_FOUND)
			continue;
		if (is_fault(s))
			return error_set(e, s, "a key could not be made: %s", status_name(s));
		TRY(s);
		keys->n++;
	}
	return sort_keys(keys, e);
}

/* Takes over text, which has room for one more byte. */
static status read_text(uint8_t *text, size_t n, struct auth_keyset **ret, struct error *e)
{
	AUTO(keyset) struct auth_keyset *keys = calloc(1, sizeof *keys);
	if (!keys) {
		free(text);
		return error_set(e, ST_NOMEM, "no memory");
	}
	atomic_init(&keys->shares, 1);
	keys->text = text;

	struct auth_value few[128];
	AUTO_JSON struct json json = JSON_INIT(few, JWKS_VALUES_MAX);
	status s = json_read(&json, text, n);
	if (s != ST_OK)
		return error_set(e, s, "not strict JSON, or too much of it: %s", status_name(s));
	TRY(read_keys(json.values, keys, e));
	*ret = TAKE(keys);
	return ST_OK;
}

static status check_size(size_t n, struct error *e)
{
	return n > AUTH_JWKS_MAX ?
		       error_set(e, ST_TOO_LARGE, "a key set has at most %d bytes", AUTH_JWKS_MAX) :
		       ST_OK;
}

static status from_json(const void *json, size_t n, struct auth_keyset **ret, struct error *e)
{
	TRY(check_size(n, e));
	uint8_t *text = malloc(n + 1);
	if (!text)
		return error_set(e, ST_NOMEM, "no memory");
	if (n)
		memcpy(text, json, n);
	return read_text(text, n, ret, e);
}

enum auth_status auth_keyset_from_json(const void *json, size_t n, struct auth_keyset **ret,
				       struct auth_error *error)
{
	struct error e = { 0 };
	return answer(from_json(json, n, ret, &e), &e, error);
}

static void close_file(FILE *file)
{
	if (file)
		fclose(file);
}
DEFINE_AUTO(file, FILE *, close_file)

static status from_file(const char *path, struct auth_keyset **ret, struct error *e)
{
	AUTO(file) FILE *file = fopen(path, "rbe");
	if (!file)
		return error_set(e, ST_IO, "%.100s: %m", path);
	uint8_t *text = malloc(AUTH_JWKS_MAX + 2);
	if (!text)
		return error_set(e, ST_NOMEM, "no memory");
	size_t n = fread(text, 1, AUTH_JWKS_MAX + 1, file);
	status s = ferror(file) ? error_set(e, ST_IO, "%.100s: %m", path) : check_size(n, e);
	if (s == ST_OK)
		return read_text(text, n, ret, e);
	free(text);
	return s;
}

enum auth_status auth_keyset_from_file(const char *path, struct auth_keyset **ret,
				       struct auth_error *error)
{
	struct error e = { 0 };
	return answer(from_file(path, ret, &e), &e, error);
}
