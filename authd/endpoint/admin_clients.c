/*
 * GET  /admin/v1/clients          all of them
 * POST /admin/v1/clients          register one: the names of OIDC Dynamic Registration §2
 * GET  /admin/v1/clients/ID       one
 * POST /admin/v1/disabled-clients  {"client_id": ..., "disabled": true}
 */
#include "authd/endpoint/admin.h"
#include "authd/oauth/token_request.h"
#include "authd/service/clients.h"

enum { PAGE = 256 };

/* ---- showing -------------------------------------------------------------------------------- */

static json_t *list_json(const struct client_list *l)
{
	json_t *array = json_array();
	for (size_t k = 0; k < l->n; k++)
		json_array_append_new(array, admin_text(l->items[k]));
	return array;
}

static json_t *jwks_json(struct slice text)
{
	return text.n ? json_loadb((const char *)text.p, text.n, 0, NULL) : NULL;
}

static json_t *client_json(const struct client *c)
{
	return json_pack("{s:o, s:o, s:o*, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o*, s:b, s:b, "
			 "s:b, s:b, s:b, s:b, s:I, s:I}",
			 "client_id", admin_text(c->client_id), "client_name", admin_text(c->client_name),
			 "client_name_en", c->client_name_en.n ? admin_text(c->client_name_en) : NULL,
			 "token_endpoint_auth_method", client_auth_name(c->token_endpoint_auth_method),
			 "redirect_uris", list_json(&c->redirect_uris), "post_logout_redirect_uris",
			 list_json(&c->post_logout_redirect_uris), "grant_types",
			 list_json(&c->grant_types), "scope", admin_text(c->scope), "audiences",
			 list_json(&c->audiences), "sector", admin_text(c->sector),
			 "id_token_signed_response_alg", admin_text(c->id_token_signed_response_alg),
			 "jwks", jwks_json(c->jwks), "require_pkce", (int)c->require_pkce, "state_owned",
			 (int)c->state_owned, "rotate_refresh", (int)c->rotate_refresh, "legal_persons",
			 (int)c->legal_persons, "introspect_any", (int)c->introspect_any, "disabled",
			 (int)c->disabled, "created_at", (json_int_t)c->created_at, "updated_at",
			 (json_int_t)c->updated_at);
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

struct registering {
	struct client client;
	struct slice method;
};

#define CLIENT(type, name) { #name, type, offsetof(struct registering, client.name) }
static const struct admin_field FIELDS[] = {
	CLIENT(FIELD_TEXT, client_id),
	CLIENT(FIELD_TEXT, client_name),
	CLIENT(FIELD_TEXT, client_name_en),
	{ "token_endpoint_auth_method", FIELD_TEXT, offsetof(struct registering, method) },
	CLIENT(FIELD_OBJECT, jwks),
	CLIENT(FIELD_LIST, redirect_uris),
	CLIENT(FIELD_LIST, post_logout_redirect_uris),
	CLIENT(FIELD_LIST, grant_types),
	CLIENT(FIELD_TEXT, scope),
	CLIENT(FIELD_LIST, audiences),
	CLIENT(FIELD_TEXT, sector),
	CLIENT(FIELD_TEXT, id_token_signed_response_alg),
	CLIENT(FIELD_BOOL, require_pkce),
	CLIENT(FIELD_BOOL, state_owned),
	CLIENT(FIELD_BOOL, rotate_refresh),
	CLIENT(FIELD_BOOL, legal_persons),
	CLIENT(FIELD_BOOL, introspect_any),
};
#undef CLIENT

static status check_grant_types(const struct client_list *grant_types, struct error *e)
{
	for (size_t k = 0; k < grant_types->n; k++)
		if (!grant_type_find(grant_types->items[k]))
			return error_set(e, ST_INVALID, "grant_types: one is not served here");
	return ST_OK;
}

static enum step_result client_added(struct request *r, const struct client *c, struct slice secret)
{
	AUTO(json) json_t *json = client_json(c);
	if (json && secret.n) {
		json_t *text = admin_text(secret);
		if (json_object_set_new(json, "client_secret", text) != 0)
			return admin_fault(r, ST_NOMEM);
	}
	admin_of(r)->entry.client_id = c->client_id;
	return admin_done(r, 201, TAKE(json));
}

static enum step_result client_add(struct request *r)
{
	struct registering in = { .client.require_pkce = true };
	struct slice secret;
	struct error why = { 0 };
	admin_of(r)->entry.event = "admin.client.add";
	status s = admin_read_body(r, FIELDS, COUNT_OF(FIELDS), &in, &why);
	if (s == ST_OK && in.method.n &&
	    client_auth_parse(in.method, &in.client.token_endpoint_auth_method) != ST_OK)
		s = error_set(&why, ST_INVALID, "token_endpoint_auth_method: not one known here");
	if (s == ST_OK)
		s = check_grant_types(&in.client.grant_types, &why);
	if (s == ST_OK)
		s = clients_register(r->issuer, admin_of(r)->batch, &r->arena, r->now, &in.client,
				     &secret, &why);
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_client_metadata", "%s", why.message);
	if (s == ST_EXISTS)
		return admin_refuse(r, 409, "exists", "%s", why.message);
	return s == ST_OK ? client_added(r, &in.client, secret) : admin_fault(r, s);
}

/* ---- disabling ------------------------------------------------------------------------------ */

struct disabling {
	struct slice client_id;
	bool disabled;
};

static const struct admin_field DISABLING[] = {
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
	return admin_done(r, 200, json_pack("{s:o, s:b}", "client_id", admin_text(in.client_id),
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
