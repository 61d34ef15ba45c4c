#include "authd/service/authorization_details.h"

#include "authd/model/visible.h"
#include "authd/service/json_fields.h"

/* RFC 9396 §2.2 */
static const char *const LISTS[] = { "locations", "actions", "datatypes", "privileges" };

/* A double says 15 digits without doubt: what was 0.1 stays 0.1. */
#define DUMP_FLAGS (JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

static status dump(const json_t *value, struct arena *a, struct slice *ret)
{
	*ret = json_dump(value, DUMP_FLAGS, a);
	return ret->p ? ST_OK : ST_NOMEM;
}

static bool is_list_member(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(LISTS); i++)
		if (!strcmp(name, LISTS[i]))
			return true;
	return false;
}

/* ---- what a client may ask ------------------------------------------------------------------- */

static bool is_texts(const json_t *list)
{
	const json_t *item;
	size_t i;
	json_array_foreach(list, i, item)
		if (!json_string_length(item))
			return false;
	return json_array_size(list) > 0;
}

/* Members and items, at each depth. */
static size_t count_parts(const json_t *value)
{
	const char *name;
	json_t *inner;
	size_t i, n = json_object_size(value) + json_array_size(value);
	json_object_foreach((json_t *)value, name, inner)
		n += count_parts(inner);
	json_array_foreach(value, i, inner)
		n += count_parts(inner);
	return n;
}

/* What a page shows is all that there is. */
static bool is_plain(const json_t *value)
{
	const char *name;
	json_t *inner;
	size_t i;
	json_object_foreach((json_t *)value, name, inner)
		if (!text_is_plain(slice_str(name)) || !is_plain(inner))
			return false;
	json_array_foreach(value, i, inner)
		if (!is_plain(inner))
			return false;
	return !json_is_string(value) || text_is_plain(json_text_of(value));
}

/* One object that was granted would otherwise stand for many. */
static bool is_repeated(const json_t *details)
{
	for (size_t i = 0; i < json_array_size(details); i++)
		for (size_t k = 0; k < i; k++)
			if (json_equal(json_array_get(details, i), json_array_get(details, k)))
				return true;
	return false;
}

static status check_type(const json_t *type, const struct conf *conf, const struct client *client, struct error *e)
{
	if (!json_string_length(type))
		return error_set(e, ST_INVALID, "authorization_details: each object has a type, a string");
	if (!slice_has_word(slice_str(conf->authorization.details_types), json_text_of(type)))
		return error_set(e, ST_INVALID, "authorization_details: a type is not known here");
	if (!client_list_has(&client->authorization_details_types, json_text_of(type)))
		return error_set(e, ST_INVALID, "authorization_details: a type is not registered for this client");
	return ST_OK;
}

static status check_detail(const json_t *detail, const struct conf *conf, const struct client *client,
			   struct error *e)
{
	if (!json_is_object(detail))
		return error_set(e, ST_INVALID, "authorization_details is an array of objects");
	if (!is_plain(detail))
		return error_set(e, ST_INVALID, "authorization_details: a character in it cannot be seen");
	TRY(check_type(json_object_get(detail, "type"), conf, client, e));
	for (size_t i = 0; i < COUNT_OF(LISTS); i++) {
		const json_t *list = json_object_get(detail, LISTS[i]);
		if (list && !is_texts(list))
			return error_set(e, ST_INVALID, "authorization_details: %s is an array of strings", LISTS[i]);
	}
	const json_t *identifier = json_object_get(detail, "identifier");
	if (identifier && !json_string_length(identifier))
		return error_set(e, ST_INVALID, "authorization_details: identifier is a string");
	return ST_OK;
}

status authorization_details_read(struct slice text, const struct conf *conf, const struct client *client,
				  struct arena *a, struct slice *ret, struct error *e)
{
	struct error why;
	AUTO(json) json_t *details = NULL;
	const json_t *detail;
	size_t i;
	if (slice_empty(text)) {
		*ret = NO_SLICE;
		return ST_OK;
	}
	if (text.n > AUTHORIZATION_DETAILS_MAX)
		return error_set(e, ST_INVALID, "authorization_details is over %d bytes", AUTHORIZATION_DETAILS_MAX);
	status s = json_array_read(text, &details, &why);
	if (s != ST_OK)
		return s == ST_INVALID ? error_set(e, s, "authorization_details: %s", why.message) : s;
	if (!json_array_size(details) || json_array_size(details) > AUTHORIZATION_DETAILS_N_MAX)
		return error_set(e, ST_INVALID, "authorization_details has 1 to %d objects",
				 AUTHORIZATION_DETAILS_N_MAX);
	if (count_parts(details) > AUTHORIZATION_DETAILS_PARTS_MAX)
		return error_set(e, ST_INVALID, "authorization_details: over %d objects, members and items in all",
				 AUTHORIZATION_DETAILS_PARTS_MAX);
	json_array_foreach(details, i, detail)
		TRY(check_detail(detail, conf, client, e));
	if (is_repeated(details))
		return error_set(e, ST_INVALID, "authorization_details: an object stands there twice");
	struct slice kept;
	TRY(dump(details, a, &kept));
	/* What was short in another notation may have grown. */
	if (kept.n > AUTHORIZATION_DETAILS_MAX)
		return error_set(e, ST_INVALID, "authorization_details is over %d bytes", AUTHORIZATION_DETAILS_MAX);
	*ret = kept;
	return ST_OK;
}

/* ---- less than what was granted ---------------------------------------------------------------- */

/* What was checked and kept is an array. */
static status load(struct slice kept, json_t **ret)
{
	struct error why;
	status s = json_array_read(kept, ret, &why);
	return s == ST_INVALID ? ST_CORRUPT : s;
}

static bool has_item(const json_t *list, const json_t *wanted)
{
	const json_t *item;
	size_t i;
	json_array_foreach(list, i, item)
		if (json_equal(item, wanted))
			return true;
	return false;
}

static bool is_within(const json_t *granted, const json_t *asked)
{
	const char *name;
	json_t *value;
	const json_t *item;
	size_t i;
	/* A member that is missing may mean all there is. */
	if (json_object_size(granted) != json_object_size(asked))
		return false;
	json_object_foreach((json_t *)asked, name, value) {
		const json_t *whole = json_object_get(granted, name);
		if (!is_list_member(name)) {
			if (!whole || !json_equal(whole, value))
				return false;
			continue;
		}
		json_array_foreach(value, i, item)
			if (!has_item(whole, item))
				return false;
	}
	return true;
}

status authorization_details_within(struct slice granted, struct slice asked)
{
	AUTO(json) json_t *all = NULL;
	AUTO(json) json_t *some = NULL;
	const json_t *detail, *whole;
	size_t i, k;
	if (!granted.p)
		return ST_FORBIDDEN;
	TRY(load(granted, &all));
	TRY(load(asked, &some));
	json_array_foreach(some, i, detail) {
		bool found = false;
		json_array_foreach(all, k, whole)
			found |= is_within(whole, detail);
		if (!found)
			return ST_FORBIDDEN;
	}
	return ST_OK;
}

/* ---- in tokens ------------------------------------------------------------------------------- */

/* Somewhere else that this client addresses, and nowhere that the token is for. */
static bool is_elsewhere(const json_t *detail, struct slice audience, const struct client *client,
			 struct slice issuer)
{
	const json_t *location, *locations = json_object_get(detail, "locations");
	size_t i;
	json_array_foreach(locations, i, location) {
		struct slice uri = json_text_of(location);
		bool is_known = slice_equal(uri, issuer) || client_list_has(&client->audiences, uri);
		if (!is_known || slice_has_word(audience, uri))
			return false;
	}
	return json_array_size(locations) > 0;
}

status authorization_details_for(struct slice granted, struct slice audience, const struct client *client,
				 struct slice issuer, struct arena *a, struct slice *ret)
{
	AUTO(json) json_t *details = NULL;
	if (!granted.p) {
		*ret = NO_SLICE;
		return ST_OK;
	}
	TRY(load(granted, &details));
	for (size_t i = json_array_size(details); i-- > 0;)
		if (is_elsewhere(json_array_get(details, i), audience, client, issuer) &&
		    json_array_remove(details, i) != 0)
			return ST_BUG;
	if (!json_array_size(details)) {
		*ret = NO_SLICE;
		return ST_OK;
	}
	return dump(details, a, ret);
}

/* ---- on pages -------------------------------------------------------------------------------- */

static status text_of(const json_t *value, struct arena *a, struct slice *ret)
{
	if (!json_is_string(value))
		return dump(value, a, ret);
	*ret = arena_copy(a, json_text_of(value));
	return ret->p ? ST_OK : ST_NOMEM;
}

/* One item with a comma in it is not two. */
static status list_values(const json_t *value, struct arena *a, struct authorization_detail_member *m)
{
	bool is_list = json_is_array(value) && is_texts(value);
	size_t n = is_list ? json_array_size(value) : 1;
	struct slice *values = arena_array(a, struct slice, n);
	if (!values)
		return ST_NOMEM;
	for (size_t i = 0; i < n; i++)
		TRY(text_of(is_list ? json_array_get(value, i) : value, a, &values[i]));
	m->values = values;
	m->n = n;
	return ST_OK;
}

static status list_detail(const json_t *detail, struct arena *a, struct authorization_detail *ret)
{
	struct authorization_detail_member *members =
		arena_array(a, struct authorization_detail_member, json_object_size(detail));
	size_t n = 0;
	const char *name;
	json_t *value;
	if (!members)
		return ST_NOMEM;
	json_object_foreach((json_t *)detail, name, value) {
		if (!strcmp(name, "type"))
			continue;
		members[n].name = arena_copy(a, slice_str(name));
		if (!members[n].name.p)
			return ST_NOMEM;
		TRY(list_values(value, a, &members[n++]));
	}
	*ret = (struct authorization_detail){ .members = members, .n = n };
	return text_of(json_object_get(detail, "type"), a, &ret->type);
}

status authorization_details_list(struct slice granted, struct arena *a, struct authorization_detail **ret,
				  size_t *ret_n)
{
	AUTO(json) json_t *details = NULL;
	const json_t *detail;
	size_t i, n = 0;
	if (!granted.p) {
		*ret_n = 0;
		return ST_OK;
	}
	TRY(load(granted, &details));
	struct authorization_detail *list =
		arena_array(a, struct authorization_detail, AUTHORIZATION_DETAILS_N_MAX);
	if (!list)
		return ST_NOMEM;
	json_array_foreach(details, i, detail)
		if (n < AUTHORIZATION_DETAILS_N_MAX)
			TRY(list_detail(detail, a, &list[n++]));
	*ret = list;
	*ret_n = n;
	return ST_OK;
}
