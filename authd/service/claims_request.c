#include "authd/service/claims_request.h"

#include "authd/model/client.h"
#include "authd/service/claims.h"

#include <jansson.h>

DEFINE_AUTO(json_object, json_t *, json_decref)

static struct slice text_of(const json_t *v)
{
	return slice_of(json_string_value(v), json_string_length(v));
}

/* §5.5.1: null, or an object whose known members are of their types. */
static bool is_request(const json_t *want)
{
	const json_t *essential = json_object_get(want, "essential"),
		     *values = json_object_get(want, "values");
	if (json_is_null(want))
		return true;
	return json_is_object(want) && (!essential || json_is_boolean(essential)) &&
	       (!values || json_is_array(values));
}

static void put_word(struct buf *words, struct slice word)
{
	if (words->n)
		buf_put_byte(words, ' ');
	buf_put(words, word);
}

static status read_names(json_t *wanted, const struct client *client, struct arena *a,
			 struct slice *ret)
{
	AUTO_BUF struct buf words = { 0 };
	const char *name;
	json_t *want;
	if (wanted && !json_is_null(wanted) && !json_is_object(wanted))
		return ST_INVALID;
	json_object_foreach(wanted, name, want) {
		if (!is_request(want))
			return ST_INVALID;
		const char *scope = claims_scope_of(slice_str(name));
		if (scope && slice_has_word(client->scope, slice_str(scope)))
			put_word(&words, slice_str(name));
	}
	if (!words.n)
		return buf_status(&words);
	*ret = buf_finish(&words, a);
	return ret->p ? ST_OK : ST_NOMEM;
}

/* A level is a URI: without blanks. */
static status read_acr(const json_t *want, struct arena *a, struct claims_request *ret)
{
	AUTO_BUF struct buf words = { 0 };
	const json_t *value = json_object_get(want, "value"), *item;
	size_t i;
	if (json_is_string(value))
		put_word(&words, text_of(value));
	json_array_foreach(json_object_get(want, "values"), i, item) {
		if (!json_is_string(item))
			return ST_INVALID;
		put_word(&words, text_of(item));
	}
	ret->acr_essential = json_is_true(json_object_get(want, "essential"));
	if (!words.n)
		return buf_status(&words);
	ret->acr = buf_finish(&words, a);
	return ret->acr.p ? ST_OK : ST_NOMEM;
}

static status read_sub(const json_t *want, struct arena *a, struct slice *ret)
{
	const json_t *value = json_object_get(want, "value");
	if (!value)
		return ST_OK;
	if (!json_is_string(value))
		return ST_INVALID;
	*ret = arena_copy(a, text_of(value));
	return ret->p ? ST_OK : ST_NOMEM;
}

status claims_request_read(struct slice json, const struct client *client, struct arena *a,
			   struct claims_request *ret)
{
	struct claims_request request = { 0 };
	if (!json.n) {
		*ret = request;
		return ST_OK;
	}
	if (json.n > CLAIMS_REQUEST_MAX)
		return ST_INVALID;
	AUTO(json_object) json_t *asked =
		json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(asked))
		return ST_INVALID;
	json_t *id_token = json_object_get(asked, "id_token");
	TRY(read_names(json_object_get(asked, "userinfo"), client, a, &request.userinfo));
	TRY(read_names(id_token, client, a, &request.id_token));
	TRY(read_acr(json_object_get(id_token, "acr"), a, &request));
	TRY(read_sub(json_object_get(id_token, "sub"), a, &request.sub));
	*ret = request;
	return ST_OK;
}
