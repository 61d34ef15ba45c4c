/*
 * GET  /admin/v1/registration-tokens         those that there are
 * POST /admin/v1/registration-tokens         {"label", "lifetime": "30d", "uses": "5", "scope", "grant_types"}
 * POST /admin/v1/registration-tokens/revoke  {"id"}
 */
#include "authd/endpoint/admin.h"
#include "authd/oauth/token_request.h"
#include "authd/service/initial_tokens.h"

enum { TOKENS_MAX = 1000, LABEL_MAX = 200, LIFETIME_S = 30 * 86400 };

static json_t *token_json(const struct initial_token *t)
{
	json_t *grant_types = json_array();
	for (size_t k = 0; k < t->grant_types.n; k++)
		json_array_append_new(grant_types, json_of_text(t->grant_types.items[k]));
	return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "id", admin_id(t->id), "label",
			 json_of_text(t->label), "scope", json_of_text(t->scope), "grant_types", grant_types,
			 "uses", (json_int_t)t->uses, "uses_max", (json_int_t)t->uses_max, "created_at",
			 (json_int_t)t->created_at, "expires_at", (json_int_t)t->expires_at);
}

static enum step_result token_list(struct request *r)
{
	struct initial_token *tokens;
	size_t n;
	AUTO(json) json_t *list = json_array();
	admin_of(r)->entry.event = "admin.registration_token.list";
	status s = initial_tokens_list(r->issuer, TOKENS_MAX, &r->arena, &tokens, &n);
	for (size_t k = 0; s == ST_OK && k < n; k++)
		if (json_array_append_new(list, token_json(&tokens[k])) != 0)
			s = ST_NOMEM;
	if (s != ST_OK)
		return admin_fault(r, s);
	return admin_done(r, 200, json_pack("{s:O}", "tokens", list));
}

/* ---- adding --------------------------------------------------------------------------------- */

struct adding {
	struct slice label, lifetime, uses, scope;
	struct client_list grant_types;
};

#define MEMBER(type, name) { #name, type, offsetof(struct adding, name) }
static const struct json_field FIELDS[] = {
	MEMBER(FIELD_TEXT, label),	 MEMBER(FIELD_TEXT, lifetime), MEMBER(FIELD_TEXT, uses),
	MEMBER(FIELD_TEXT, scope), MEMBER(FIELD_LIST, grant_types),
};
#undef MEMBER

static status read_uses(struct slice text, uint32_t *ret, struct error *e)
{
	enum { DIGITS_MAX = 6 };
	uint32_t n = 0;
	bool good = text.n <= DIGITS_MAX && !(text.n && text.p[0] == '0');
	for (size_t k = 0; good && k < text.n; k++) {
		good = text.p[k] >= '0' && text.p[k] <= '9';
		n = n * 10 + (uint32_t)(text.p[k] - '0');
	}
	if (!good)
		return error_set(e, ST_INVALID, "uses: a number from 1 to 999999");
	*ret = n;
	return ST_OK;
}

static status read_token(struct request *r, struct initial_token *ret, struct error *e)
{
	struct adding in = { 0 };
	int64_t lifetime = LIFETIME_S;
	TRY(admin_read_body(r, FIELDS, COUNT_OF(FIELDS), &in, e));
	if (!in.label.n || in.label.n > LABEL_MAX)
		return error_set(e, ST_INVALID, "label: text of 1 to %d bytes, for whom it is", LABEL_MAX);
	if (in.lifetime.n)
		TRY(conf_duration(in.lifetime, &lifetime, e));
	for (size_t k = 0; k < in.grant_types.n; k++)
		if (!grant_type_find(in.grant_types.items[k]))
			return error_set(e, ST_INVALID, "grant_types: one is not served here");
	*ret = (struct initial_token){
		.label = in.label,
		.scope = in.scope,
		.grant_types = in.grant_types,
		.created_at = r->now,
		.expires_at = r->now + lifetime,
	};
	return read_uses(in.uses, &ret->uses_max, e);
}

static enum step_result token_add(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct initial_token t;
	struct slice text;
	struct error why = { 0 };
	ad->entry.event = "admin.registration_token.add";
	status s = read_token(r, &t, &why);
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", why.message);
	if (s == ST_OK)
		s = initial_token_add(ad->batch, &r->arena, &t, &text);
	if (s != ST_OK)
		return admin_fault(r, s);
	ad->entry.detail = id_text(&r->arena, t.id);
	json_t *json = token_json(&t);
	json_object_set_new(json, "token", json_of_text(text));
	return admin_done(r, 201, json);
}

/* ---- revoking ------------------------------------------------------------------------------- */

struct revoking {
	struct slice id;
};

static const struct json_field REVOKING[] = {
	{ "id", FIELD_TEXT, offsetof(struct revoking, id) },
};

static enum step_result token_revoke(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct revoking in = { 0 };
	struct id id;
	struct error why = { 0 };
	ad->entry.event = "admin.registration_token.revoke";
	status s = admin_read_body(r, REVOKING, COUNT_OF(REVOKING), &in, &why);
	if (s == ST_OK && id_parse(in.id, &id) != ST_OK)
		s = error_set(&why, ST_INVALID, "id: 32 hexadecimal digits");
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", why.message);
	if (s == ST_OK)
		s = initial_token_revoke(r->issuer, ad->batch, id, &r->arena);
	if (s == ST_NOT_FOUND)
		return admin_refuse(r, 404, "not_found", "no registration token has this id");
	if (s != ST_OK)
		return admin_fault(r, s);
	ad->entry.detail = in.id;
	return admin_done(r, 200, json_pack("{s:o}", "id", admin_id(id)));
}

static step_fn *const LIST[] = { admin_read, token_list, admin_commit, admin_answer, NULL };
static step_fn *const ADD[] = { admin_write, token_add, admin_commit, admin_answer, NULL };

static enum step_result by_method(struct request *r)
{
	r->next = r->method == METHOD_POST ? ADD : LIST;
	return STEP_NEXT;
}

step_fn *const ADMIN_INITIAL_TOKENS[] = { by_method, NULL };
step_fn *const ADMIN_INITIAL_TOKEN_REVOKE[] = { admin_write, token_revoke, admin_commit, admin_answer, NULL };
