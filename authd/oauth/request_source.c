#include "authd/oauth/request_source.h"

#include "authd/oauth/keys_step.h"
#include "authd/oauth/request_object.h"
#include "authd/service/pushed_requests.h"

void request_source_begin(struct request_source *s, const struct params *params)
{
	*s = (struct request_source){ .params = *params, .object = params_get(params, "request") };
	if (s->object.n && params_get(params, "request_uri").n)
		s->refusal = refuse(&INVALID_REQUEST, "request and request_uri exclude each other");
}

/* ---- pushed --------------------------------------------------------------------------------- */

status request_source_look_up(struct request *r, const struct client *client, struct request_source *s,
			      bool *ret_wait)
{
	*ret_wait = false;
	struct slice uri = params_get(&s->params, "request_uri");
	if (s->refusal.error || slice_empty(uri))
		return ST_OK;
	if (!slice_starts(uri, SLICE(PUSHED_REQUEST_PREFIX))) {
		s->refusal = refuse(&REQUEST_URI_NOT_SUPPORTED, "request_uri is not one of PAR");
		return ST_OK;
	}
	status st = pushed_request_command(uri, client->client_id, false, &r->arena, &s->look_up);
	if (st == ST_INVALID) {
		s->refusal = refuse(&INVALID_REQUEST_URI, "request_uri is not valid");
		return ST_OK;
	}
	TRY(st);
	s->pushed_uri = uri;
	cache_submit(r->issuer->cache, &s->look_up, 1, &r->arena, &r->op);
	*ret_wait = true;
	return ST_OK;
}

status request_source_found(struct request *r, struct request_source *s)
{
	if (s->refusal.error || slice_empty(s->pushed_uri))
		return ST_OK;
	TRY(r->op.status);
	struct slice parameters;
	status st = pushed_request_from_answer(&s->look_up, r->now, &parameters);
	if (is_fault(st))
		return st;
	if (st != ST_OK) {
		s->refusal = refuse(&INVALID_REQUEST_URI, "request_uri is not valid, has expired or was used");
		return ST_OK;
	}
	s->way |= AUTHORIZATION_PUSHED | AUTHORIZATION_RESUMED;
	return params_parse(parameters, &r->arena, &s->params);
}

/* ---- in an object --------------------------------------------------------------------------- */

status request_source_read_object(struct request *r, const struct client *client,
				  struct request_source *s, bool *ret_wait)
{
	*ret_wait = false;
	if (s->refusal.error || slice_empty(s->object))
		return ST_OK;
	struct request_object object;
	struct refusal refusal;
	status st = client_keys_get(r->issuer, client, r->now, &r->arena, &s->keys);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	TRY(request_object_read(r, client, s->keys.jwks, s->object, OBJECT_AUTHORIZATION, &object, &refusal));
	if (refusal.error && keys_wait(r, client, &s->keys, &s->asked_for_keys)) {
		*ret_wait = true;
		return ST_OK;
	}
	s->refusal = refusal;
	if (refusal.error)
		return ST_OK;
	s->params = object.params;
	if (object.is_signed)
		s->way |= AUTHORIZATION_SIGNED;
	return ST_OK;
}
