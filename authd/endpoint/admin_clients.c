/*
 * GET  /admin/v1/clients          all of them
 * POST /admin/v1/clients          register one: the names of OIDC Dynamic Registration §2
 * GET  /admin/v1/clients/ID       one
 * POST /admin/v1/changed-clients   {"client_id": ..., and the members that change}: the sector stays
 * POST /admin/v1/client-secrets    {"client_id": ...}: a new secret, in place of the old one
 * POST /admin/v1/disabled-clients  {"client_id": ..., "disabled": true}
 */
#include "authd/endpoint/admin.h"
#include "authd/oauth/token_request.h"
#include "authd/service/client_metadata.h"
#include "authd/service/clients.h"

enum { PAGE = 256 };

/* ---- showing -------------------------------------------------------------------------------- */

static json_t *client_json(const struct client *c)
{
	AUTO(json) json_t *json = client_metadata_json(c, CLIENT_METADATA_BY_ANYBODY |
								  CLIENT_METADATA_BY_OPERATOR |
								  CLIENT_METADATA_BY_NOBODY);
	AUTO(json) json_t *times = json_pack("{s:I, s:I}", "created_at", (json_int_t)c->created_at,
					     "updated_at", (json_int_t)c->updated_at);
	return json && json_object_update(json, times) == 0 ? TAKE(json) : NULL;
}

static status append_page(struct request *r, json_t *list, struct slice *after, bool *ret_more)
{
	struct client *clients;
	size_t n;
	TRY(clients_list(r->issuer, *after, PAGE, &r->arena, &clients, &n));
	for (size_t k = 0; k < n; k++)
		if (json_array_append_new(list, client_json(&clients[k])) != 0)
			return ST_NOMEM;
	if (n)
		*after = clients[n - 1].client_id;
	*ret_more = n == PAGE;
	return ST_OK;
}

static enum step_result client_list_all(struct request *r)
{
	AUTO(json) json_t *list = json_array();
	struct slice after = NO_SLICE;
	bool more = list != NULL;
	admin_of(r)->entry.event = "admin.client.list";
	while (more) {
		status s = append_page(r, list, &after, &more);
		if (s != ST_OK)
			return admin_fault(r, s);
	}
	return admin_done(r, 200, json_pack("{s:O}", "clients", list));
}

static enum step_result unknown_client(struct request *r, status s)
{
	if (s == ST_NOT_FOUND)
		return admin_refuse(r, 404, "not_found", "no client has this client_id");
	if (s == ST_CONFLICT)
		return admin_refuse(r, 409, "conflict", "somebody else is changing this client");
	return admin_fault(r, s);
}

static enum step_result client_show(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct client c;
	ad->entry.event = "admin.client.show";
	ad->entry.client_id = r->segment;
	status s = clients_get(r->issuer, r->segment, &r->arena, &c);
	return s == ST_OK ? admin_done(r, 200, client_json(&c)) : unknown_client(r, s);
}

/* ---- registering ---------------------------------------------------------------------------- */

static status check_grant_types(const struct client_list *grant_types, struct error *e)
{
	for (size_t k = 0; k < grant_types->n; k++)
		if (!grant_type_find(grant_types->items[k]))
			return error_set(e, ST_INVALID, "grant_types: one is not served here");
	return ST_OK;
}

static enum step_result client_answer(struct request *r, int http, const struct client *c,
				      struct slice secret)
{
	AUTO(json) json_t *json = client_json(c);
	if (json && secret.n) {
		json_t *text = json_of_text(secret);
		if (json_object_set_new(json, "client_secret", text) != 0)
			return admin_fault(r, ST_NOMEM);
	}
	admin_of(r)->entry.client_id = c->client_id;
	return admin_done(r, http, TAKE(json));
}

static status read_client(const struct request *r, struct arena *a, struct client *c, struct error *e)
{
	AUTO(json) json_t *body = NULL;
	TRY(json_object_read(r->body, &body, e));
	return client_metadata_read(body, CLIENT_METADATA_BY_ANYBODY | CLIENT_METADATA_BY_OPERATOR,
				    JSON_UNKNOWN_REFUSED, a, c, e);
}

static enum step_result client_add(struct request *r)
{
	struct client c = { .require_pkce = true };
	struct slice secret;
	struct error why = { 0 };
	admin_of(r)->entry.event = "admin.client.add";
	status s = read_client(r, &r->arena, &c, &why);
	if (s == ST_OK)
		s = check_grant_types(&c.grant_types, &why);
	if (s == ST_OK)
		s = clients_register(r->issuer, admin_of(r)->batch, &r->arena, r->now, &c, &secret, &why);
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_client_metadata", "%s", why.message);
	if (s == ST_EXISTS)
		return admin_refuse(r, 409, "exists", "%s", why.message);
	return s == ST_OK ? client_answer(r, 201, &c, secret) : admin_fault(r, s);
}

/* ---- changing ------------------------------------------------------------------------------- */

static enum step_result changed(struct request *r, status s, const struct client *c, struct slice secret,
				const struct error *why)
{
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_client_metadata", "%s", why->message);
	if (s != ST_OK)
		return unknown_client(r, s);
	return client_answer(r, 200, c, secret);
}

/* Read a body whose client_id says which client it is about. */
static status read_named(struct request *r, json_t **ret, struct client *c, uint64_t *ret_version,
			 struct error *e)
{
	AUTO(json) json_t *body = NULL;
	TRY(json_object_read(r->body, &body, e));
	const json_t *id = json_object_get(body, "client_id");
	if (!json_is_string(id))
		return error_set(e, ST_INVALID, "client_id: a string is needed");
	struct slice text = arena_copy(&r->arena, slice_of(json_string_value(id), json_string_length(id)));
	if (!text.p)
		return ST_NOMEM;
	admin_of(r)->entry.client_id = text;
	json_object_del(body, "client_id");
	TRY(clients_get_version(r->issuer, text, &r->arena, c, ret_version));
	*ret = TAKE(body);
	return ST_OK;
}

static enum step_result client_change(struct request *r)
{
	AUTO(json) json_t *body = NULL;
	struct client c;
	uint64_t version;
	struct slice secret = NO_SLICE;
	struct error why = { 0 };
	admin_of(r)->entry.event = "admin.client.update";
	status s = read_named(r, &body, &c, &version, &why);
	if (s == ST_OK)
		s = client_metadata_read(body, CLIENT_METADATA_BY_ANYBODY | CLIENT_METADATA_BY_OPERATOR,
					 JSON_UNKNOWN_REFUSED, &r->arena, &c, &why);
	if (s == ST_OK)
		s = check_grant_types(&c.grant_types, &why);
	if (s == ST_OK)
		s = clients_update(r->issuer, admin_of(r)->batch, &r->arena, r->now, &c, version, &secret, &why);
	return changed(r, s, &c, secret, &why);
}

static enum step_result client_new_secret(struct request *r)
{
	AUTO(json) json_t *body = NULL;
	struct client c;
	uint64_t version;
	struct slice secret = NO_SLICE;
	struct error why = { 0 };
	admin_of(r)->entry.event = "admin.client.rotate_secret";
	status s = read_named(r, &body, &c, &version, &why);
	if (s == ST_OK && !c.secret_hash.n)
		s = error_set(&why, ST_INVALID, "token_endpoint_auth_method: this client has no secret");
	c.secret_hash = c.secret_sealed = NO_SLICE;
	if (s == ST_OK)
		s = clients_update(r->issuer, admin_of(r)->batch, &r->arena, r->now, &c, version, &secret, &why);
	return changed(r, s, &c, secret, &why);
}

/* ---- disabling ------------------------------------------------------------------------------ */

struct disabling {
	struct slice client_id;
	bool disabled;
};

static const struct json_field DISABLING[] = {
	{ "client_id", FIELD_TEXT, offsetof(struct disabling, client_id) },
	{ "disabled", FIELD_BOOL, offsetof(struct disabling, disabled) },
};

static enum step_result client_disable(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct disabling in = { .disabled = true };
	struct error why = { 0 };
	ad->entry.event = "admin.client.disable";
	status s = admin_read_body(r, DISABLING, COUNT_OF(DISABLING), &in, &why);
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", why.message);
	if (s != ST_OK)
		return admin_fault(r, s);
	ad->entry.client_id = in.client_id;
	ad->entry.detail = in.disabled ? SLICE("disabled") : SLICE("enabled");
	s = clients_set_disabled(r->issuer, ad->batch, &r->arena, r->now, in.client_id, in.disabled);
	if (s != ST_OK)
		return unknown_client(r, s);
	return admin_done(r, 200, json_pack("{s:o, s:b}", "client_id", json_of_text(in.client_id),
					    "disabled", (int)in.disabled));
}

static step_fn *const LIST[] = { admin_read, client_list_all, admin_commit, admin_answer, NULL };
static step_fn *const ADD[] = { admin_write, client_add, admin_commit, admin_answer, NULL };

static enum step_result by_method(struct request *r)
{
	r->next = r->method == METHOD_POST ? ADD : LIST;
	return STEP_NEXT;
}

step_fn *const ADMIN_CLIENTS[] = { by_method, NULL };
step_fn *const ADMIN_CLIENT_SHOW[] = { admin_read, client_show, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_CLIENT_DISABLE[] = { admin_write, client_disable, admin_commit, admin_answer,
					  NULL };
step_fn *const ADMIN_CLIENT_CHANGE[] = { admin_write, client_change, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_CLIENT_SECRET[] = { admin_write, client_new_secret, admin_commit, admin_answer, NULL };
