#include "authd/service/claims_request.h"

#include "authd/service/claim_rights.h"
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

/* What the client may not have is taken out, so that it can't become more once the client may. */
static status read_names(json_t *wanted, claim_set allowed, claim_set *ret)
{
	claim_set set = 0;
	const char *name;
	json_t *want;
	void *next;
	if (wanted && !json_is_null(wanted) && !json_is_object(wanted))
		return ST_INVALID;
	json_object_foreach_safe(wanted, next, name, want) {
		if (!is_request(want))
			return ST_INVALID;
		claim_set claim = claims_named(slice_str(name));
		if (claim && !(claim & allowed) && json_object_del(wanted, name) != 0)
			return ST_NOMEM;
		set |= claim & allowed;
	}
	*ret = set;
	return ST_OK;
}

/* The name outlives the JSON. */
static status add_acr(struct acr_request *acr, const json_t *name, struct arena *a)
{
	if (!json_is_string(name))
		return ST_INVALID;
	struct slice kept = arena_copy(a, json_text_of(name));
	if (!kept.p)
		return ST_NOMEM;
	acr_request_add(acr, kept);
	return ST_OK;
}

static status read_acr(const json_t *want, struct arena *a, struct acr_request *ret)
{
	const json_t *value = json_object_get(want, "value"), *values = json_object_get(want, "values"), *item;
	struct acr_request acr = { .essential = json_is_true(json_object_get(want, "essential")) };
	size_t i;
	/* Without one of these, any level will do. */
	if (!value && !values)
		return ST_OK;
	if (value)
		TRY(add_acr(&acr, value, a));
	json_array_foreach(values, i, item)
		TRY(add_acr(&acr, item, a));
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
	claim_set allowed = claims_allowed(client);
	json_t *id_token = json_object_get(asked, "id_token");
	TRY(read_names(json_object_get(asked, "userinfo"), allowed, &request.userinfo));
	TRY(read_names(id_token, allowed, &request.id_token));
	TRY(read_acr(json_object_get(id_token, "acr"), a, &request.acr));
	TRY(read_sub(json_object_get(id_token, "sub"), a, &request.sub));
	request.json = json_dump(asked, JSON_COMPACT, a);
	if (!request.json.p)
		return ST_NOMEM;
	if (request.json.n > CLAIMS_REQUEST_MAX) /* 1e300 is written out */
		return ST_INVALID;
	*ret = request;
	return ST_OK;
}
