#include "bindings/node/convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory of a call ----------------------------------------------------------------------- */

struct chunk {
	struct chunk *before;
	_Alignas(max_align_t) char bytes[];
};

static void *keep(napi_env env, struct pool *p, size_t n)
{
	struct chunk *c = n < SIZE_MAX / 2 ? malloc(sizeof *c + n) : NULL;
	if (!c) {
		napi_throw_error(env, NULL, "no memory");
		return NULL;
	}
	c->before = p->last;
	p->last = c;
	return c->bytes;
}

void pool_done(struct pool *p)
{
	for (struct chunk *c; (c = p->last);) {
		p->last = c->before;
		free(c);
	}
}

/* ---- one value ------------------------------------------------------------------------------ */

static bool wrong(napi_env env, const char *name, const char *what)
{
	char message[120];
	snprintf(message, sizeof message, "%.60s: %s", name, what);
	napi_throw_type_error(env, NULL, message);
	return false;
}

static bool is_type(napi_env env, napi_value value, napi_valuetype type)
{
	napi_valuetype is;
	return napi_typeof(env, value, &is) == napi_ok && is == type;
}

static bool copy_string(napi_env env, struct pool *p, napi_value value, struct bytes *ret)
{
	size_t n;
	if (napi_get_value_string_utf8(env, value, NULL, 0, &n) != napi_ok)
		return false;
	char *text = keep(env, p, n + 1);
	if (!text || napi_get_value_string_utf8(env, value, text, n + 1, &n) != napi_ok)
		return false;
	*ret = (struct bytes){text, n};
	return true;
}

static bool copy_buffer(napi_env env, struct pool *p, napi_value value, struct bytes *ret)
{
	void *from;
	size_t n;
	if (napi_get_buffer_info(env, value, &from, &n) != napi_ok)
		return false;
	char *copy = keep(env, p, n + 1);
	if (!copy)
		return false;
	if (n)
		memcpy(copy, from, n);
	copy[n] = '\0';
	*ret = (struct bytes){copy, n};
	return true;
}

bool get_bytes(napi_env env, struct pool *p, napi_value value, const char *name, struct bytes *ret)
{
	bool is_buffer;
	if (is_type(env, value, napi_string))
		return copy_string(env, p, value, ret);
	if (napi_is_buffer(env, value, &is_buffer) == napi_ok && is_buffer)
		return copy_buffer(env, p, value, ret);
	return wrong(env, name, "neither a string nor a Buffer");
}

bool get_integer(napi_env env, napi_value value, const char *name, int64_t *ret)
{
	static const double MOST = 9007199254740991.0;
	double number;
	if (!is_type(env, value, napi_number) ||
	    napi_get_value_double(env, value, &number) != napi_ok)
		return wrong(env, name, "not a number");
	if (!(number >= -MOST && number <= MOST) || number != (double)(int64_t)number)
		return wrong(env, name, "not a whole number of at most 53 bits");
	*ret = (int64_t)number;
	return true;
}

/* ---- options -------------------------------------------------------------------------------- */

static bool get_text(napi_env env, struct pool *p, napi_value value, const char *name,
                     const char **ret)
{
	struct bytes text;
	if (!is_type(env, value, napi_string))
		return wrong(env, name, "not a string");
	if (!copy_string(env, p, value, &text))
		return false;
	if (strlen(text.p) != text.n)
		return wrong(env, name, "holds a NUL");
	*ret = text.p;
	return true;
}

static bool get_texts(napi_env env, struct pool *p, napi_value value, const char *name,
                      const char *const **ret)
{
	uint32_t n;
	napi_value item;
	if (napi_get_array_length(env, value, &n) != napi_ok)
		return wrong(env, name, "not an array of strings");
	const char **items = keep(env, p, ((size_t)n + 1) * sizeof *items);
	if (!items)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (napi_get_element(env, value, i, &item) != napi_ok ||
		    !get_text(env, p, item, name, &items[i]))
			return false;
	items[n] = NULL;
	*ret = items;
	return true;
}

static bool get_natural(napi_env env, napi_value value, const struct option *o, int64_t most,
                        void *at)
{
	int64_t number;
	if (!get_integer(env, value, o->name, &number))
		return false;
	if (number < 0 || number > most)
		return wrong(env, o->name, "out of range");
	if (o->type == OPTION_SIZE)
		*(size_t *)at = (size_t)number;
	if (o->type == OPTION_UNSIGNED)
		*(unsigned *)at = (unsigned)number;
	return true;
}

static bool get_option(napi_env env, struct pool *p, napi_value value, const struct option *o,
                       void *at)
{
	switch (o->type) {
	case OPTION_STRING: return get_text(env, p, value, o->name, at);
	case OPTION_STRINGS: return get_texts(env, p, value, o->name, at);
	case OPTION_BYTES: return get_bytes(env, p, value, o->name, at);
	case OPTION_INT64: return get_integer(env, value, o->name, at);
	case OPTION_UNSIGNED: return get_natural(env, value, o, INT32_MAX, at);
	case OPTION_SIZE: return get_natural(env, value, o, INT64_MAX, at);
	}
	return false;
}

static const struct option *find(const struct option *table, const char *name)
{
	for (const struct option *o = table; o->name; o++)
		if (!strcmp(o->name, name))
			return o;
	return NULL;
}

static bool fill_one(napi_env env, struct pool *p, napi_value from, napi_value key,
                     const struct option *table, void *ret)
{
	const char *name;
	napi_value value;
	if (!get_text(env, p, key, "option", &name))
		return false;
	const struct option *o = find(table, name);
	if (!o)
		return wrong(env, name, "there is no such option");
	return napi_get_property(env, from, key, &value) == napi_ok &&
	       get_option(env, p, value, o, (char *)ret + o->offset);
}

bool fill(napi_env env, struct pool *p, napi_value from, const struct option *table, void *ret)
{
	napi_value keys, key;
	uint32_t n;
	if (!is_type(env, from, napi_object))
		return wrong(env, "options", "not an object");
	if (napi_get_property_names(env, from, &keys) != napi_ok ||
	    napi_get_array_length(env, keys, &n) != napi_ok)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (napi_get_element(env, keys, i, &key) != napi_ok ||
		    !fill_one(env, p, from, key, table, ret))
			return false;
	return true;
}

/* clang-format off */
#define ROW(type, structure, member) { #member, type, offsetof(struct structure, member) }
const struct option VERIFIER_OPTIONS[] = {
	ROW(OPTION_UNSIGNED, auth_options, kind),
	ROW(OPTION_UNSIGNED, auth_options, flags),
	ROW(OPTION_STRING, auth_options, issuer),
	ROW(OPTION_STRING, auth_options, audience),
	ROW(OPTION_STRINGS, auth_options, audiences),
	ROW(OPTION_STRINGS, auth_options, types),
	ROW(OPTION_STRINGS, auth_options, algorithms),
	ROW(OPTION_STRINGS, auth_options, scopes),
	ROW(OPTION_STRINGS, auth_options, claims),
	ROW(OPTION_STRING, auth_options, authorized_party),
	ROW(OPTION_STRING, auth_options, min_acr),
	ROW(OPTION_STRINGS, auth_options, acr_ladder),
	ROW(OPTION_INT64, auth_options, max_age_s),
	ROW(OPTION_INT64, auth_options, max_token_age_s),
	ROW(OPTION_INT64, auth_options, max_lifetime_s),
	ROW(OPTION_INT64, auth_options, leeway_s),
	ROW(OPTION_INT64, auth_options, max_list_age_s),
	ROW(OPTION_SIZE, auth_options, cache_tokens),
        {NULL, OPTION_STRING, 0},
};
const struct option BUNDLE_OPTIONS[] = {
	ROW(OPTION_STRING, auth_bundle_options, issuer),
	ROW(OPTION_STRING, auth_bundle_options, state_file),
	ROW(OPTION_INT64, auth_bundle_options, min_version),
        {NULL, OPTION_STRING, 0},
};
const struct option DPOP_OPTIONS[] = {
	ROW(OPTION_STRING, auth_dpop, method),
	ROW(OPTION_STRING, auth_dpop, uri),
	ROW(OPTION_STRING, auth_dpop, access_token),
	ROW(OPTION_STRING, auth_dpop, nonce),
	ROW(OPTION_INT64, auth_dpop, max_age_s),
	ROW(OPTION_INT64, auth_dpop, leeway_s),
        {NULL, OPTION_STRING, 0},
};
/* clang-format on */
