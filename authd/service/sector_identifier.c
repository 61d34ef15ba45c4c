#include "authd/service/sector_identifier.h"

#include <jansson.h>

static void free_json(json_t **j) { json_decref(*j); }

static bool has(const json_t *array, struct slice uri)
{
	size_t i;
	json_t *item;
	json_array_foreach(array, i, item)
		if (slice_equal(slice_of(json_string_value(item), json_string_length(item)), uri))
			return true;
	return false;
}

static bool are_strings(const json_t *array)
{
	size_t i;
	json_t *item;
	json_array_foreach(array, i, item)
		if (!json_is_string(item))
			return false;
	return json_is_array(array);
}

status sector_identifier_check(const struct client *c, const struct fetch *fetched, struct error *e)
{
	if (fetched->ret_status != 200)
		return error_set(e, ST_INVALID, "sector_identifier_uri: it does not answer with 200");
	__attribute__((cleanup(free_json))) json_t *array =
		json_loadb((const char *)fetched->ret_body.p, fetched->ret_body.n, 0, NULL);
	if (!are_strings(array))
		return error_set(e, ST_INVALID, "sector_identifier_uri: it is not a JSON array of strings");
	for (size_t i = 0; i < c->redirect_uris.n; i++) {
		struct slice uri = c->redirect_uris.items[i];
		if (!has(array, uri))
			return error_set(e, ST_INVALID, "sector_identifier_uri: it lacks %.*s", SLICE_FMT(uri));
	}
	return ST_OK;
}
