#include "authd/service/claims_request.h"

#include "authd/service/claims.h"
#include "authd/service/json_fields.h"

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

/* What the client may not have is taken out, so that it can't become more once the client may. */
static status read_names(json_t *wanted, const struct client *client, struct arena *a,
			 struct slice *ret)
{
	AUTO_BUF struct buf words = { 0 };
	const char *name;
	json_t *want;
	void *next;
	if (wanted && !json_is_null(wanted) && !json_is_object(wanted))
		return ST_INVALID;
	json_object_foreach_safe(wanted, next, name, want) {
		if (!is_request(want))
			return ST_INVALID;
		const char *scope = claims_scope_of(slice_str(name));
		if (scope && slice_has_word(client->scope, slice_str(scope)))
			put_word(&words, slice_str(name));
		else if (scope && json_object_del(wanted, name) != 0)
			return ST_NOMEM;
	}
	if (!words.n)
		return buf_status(&words);
	*ret = buf_finish(&words, a);
	return ret->p ? ST_OK : ST_NOMEM;
}

static status read_acr(const json_t *want, struct acr_request *ret)
{
	const json_t *value = json_object_get(want, "value"), *values = json_object_get(want, "values"), *item;
	struct acr_request acr = { .essential = json_is_true(json_object_get(want, "essential")) };
	size_t i;
	/* Without one of these, any level will do. */
	if (!value && !values)
		return ST_OK;
	if (value && !json_is_string(value))
		return ST_INVALID;
	acr_request_add(&acr, json_text_of(value));
	json_array_foreach(values, i, item) {
		if (!json_is_string(item))
			return ST_INVALID;
		acr_request_add(&acr, json_text_of(item));
	}
	*ret = acr;
	return ST_OK;
}

static status read_sub(const json_t *want, struct arena *a, struct slice *ret)
{
	const json_t *value = json_object_get(want, "value");
	if (!value)
		return ST_OK;
	if (!json_is_string(value))
		return ST_INVALID;
	*ret = arena_copy(a, json_text_of(value));
	return ret->p ? ST_OK : ST_NOMEM;
}

status claims_request_read(struct slice json, const struct client *client, struct arena *a,
			   struct claims_request *ret)
{
	struct claims_request request = { 0 };
	struct error why;
	AUTO(json) json_t *asked = NULL;
	if (slice_empty(json)) {
		*ret = request;
		return ST_OK;
	}
	if (json.n > CLAIMS_REQUEST_MAX)
		return ST_INVALID;
	TRY(json_object_read(json, &asked, &why));
	json_t *id_token = json_object_get(asked, "id_token");
	TRY(read_names(json_object_get(asked, "userinfo"), client, a, &request.userinfo));
	TRY(read_names(id_token, client, a, &request.id_token));
	TRY(read_acr(json_object_get(id_token, "acr"), &request.acr));
	TRY(read_sub(json_object_get(id_token, "sub"), a, &request.sub));
	request.json = json_dump(asked, JSON_COMPACT, a);
	if (!request.json.p)
		return ST_NOMEM;
	if (request.json.n > CLAIMS_REQUEST_MAX) /* 1e300 is written out */
		return ST_INVALID;
	*ret = request;
	return ST_OK;
}

static void put_beyond(struct buf *words, struct slice names, struct slice scope)
{
	struct slice name;
	while (slice_next_word(&names, &name))
		if (!slice_has_word(scope, slice_str(claims_scope_of(name))) &&
		    !slice_has_word(buf_slice(words), name))
			put_word(words, name);
}

status claims_request_beyond(const struct claims_request *asked, struct slice scope, struct arena *a,
			     struct slice *ret)
{
	AUTO_BUF struct buf words = { 0 };
	put_beyond(&words, asked->userinfo, scope);
	put_beyond(&words, asked->id_token, scope);
	if (!words.n) {
		*ret = NO_SLICE;
		return buf_status(&words);
	}
	*ret = buf_finish(&words, a);
	return ret->p ? ST_OK : ST_NOMEM;
}
