#include "authd/oauth/request_source.h"

#include "authd/oauth/keys_step.h"
#include "authd/oauth/request_object.h"
#include "authd/service/pushed_requests.h"
#include "libauth/auth.h"

void request_source_begin(struct request_source *s, const struct params *params)
{
	*s = (struct request_source){ .params = *params, .object = params_get(params, "request") };
	if (s->object.n && params_get(params, "request_uri").n)
		s->refusal = refuse(&INVALID_REQUEST, "request and request_uri exclude each other");
}

/* ---- pushed --------------------------------------------------------------------------------- */

static status look_up(struct request *r, const struct client *client, struct slice uri,
		      struct request_source *s, bool *ret_wait)
{
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

static status found(struct request *r, struct request_source *s)
{
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

/* ---- at an address of the client's ------------------------------------------------------------ */

/* OIDC Core §6.2: one that was registered, to the letter. Its fragment tells a cache that what stands there has
 * changed: it is not sent, and since nothing is kept here it is not compared. */
static void fetch(struct request *r, const struct client *client, struct slice uri,
		  struct request_source *s, bool *ret_wait)
{
	if (!client_list_has(&client->request_uris, uri)) {
		s->refusal = refuse(&INVALID_REQUEST_URI, "request_uri is not registered for this client");
		return;
	}
	s->fetched_uri = uri;
	s->fetch = (struct fetch){
		.url = slice_first(uri, slice_find(uri, '#')),
		.accept = SLICE("application/oauth-authz-req+jwt, application/jwt"),
		.body_max = AUTH_TOKEN_MAX,
	};
	fetch_submit(r->issuer, &s->fetch, &r->arena, &r->op);
	*ret_wait = true;
}

static status fetched(struct request *r, struct request_source *s)
{
	status st = r->op.status;
	if (st == ST_NOMEM || st == ST_BUG)
		return st;
	if (st == ST_BUSY) {
		s->refusal = refuse(&TEMPORARILY_UNAVAILABLE, "too much is being fetched already");
		return ST_OK;
	}
	if (st != ST_OK || s->fetch.ret_status != 200 || slice_empty(s->fetch.ret_body)) {
		r->log_reason = s->fetch.ret_reason;
		s->refusal = refuse(&INVALID_REQUEST_URI, "nothing could be fetched from request_uri");
		return ST_OK;
	}
	s->object = s->fetch.ret_body;
	return ST_OK;
}

/* ---- behind a request_uri --------------------------------------------------------------------- */

status request_source_look_up(struct request *r, const struct client *client, struct request_source *s,
			      bool *ret_wait)
{
	*ret_wait = false;
	struct slice uri = params_get(&s->params, "request_uri");
	if (s->refusal.error || slice_empty(uri))
		return ST_OK;
	if (slice_starts(uri, SLICE(PUSHED_REQUEST_PREFIX)))
		return look_up(r, client, uri, s, ret_wait);
	fetch(r, client, uri, s, ret_wait);
	return ST_OK;
}

status request_source_found(struct request *r, struct request_source *s)
{
	if (s->refusal.error)
		return ST_OK;
	if (s->fetched_uri.n)
		return fetched(r, s);
	return s->pushed_uri.n ? found(r, s) : ST_OK;
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
	enum request_object_use use = s->fetched_uri.n ? OBJECT_FETCHED : OBJECT_AUTHORIZATION;
	status st = client_keys_get(r->issuer, client, r->now, &r->arena, &s->keys);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	TRY(request_object_read(r, client, s->keys.jwks, s->object, use, &object, &refusal));
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
