/*
 * GET  /admin/v1/exchange-policies          all of them
 * POST /admin/v1/exchange-policies          allow a client an exchange
 * POST /admin/v1/exchange-policies/remove   {"id": ...}
 */
#include "authd/endpoint/admin.h"
#include "authd/service/exchange_policies.h"

enum { PAGE = 256 };

static json_t *policy_json(const struct exchange_policy *p)
{
	struct id id;
	if (exchange_policy_id(p, &id) != ST_OK)
		return NULL;
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:I}", "id", admin_id(id), "client_id",
			 json_of_text(p->client_id), "issuer", json_of_text(p->issuer), "token_type",
			 json_of_text(p->token_type), "audience", json_of_text(p->audience), "subject",
			 subject_rule_name(p->subject_rule), "scope", json_of_text(p->scope), "created_at",
			 (json_int_t)p->created_at);
}

static status append_page(struct request *r, json_t *list, struct id *after, bool *first, bool *ret_more)
{
	struct exchange_policy *rows;
	size_t n;
	TRY(exchange_policies_list(r->issuer, *first ? NO_SLICE : id_slice(after), PAGE, &r->arena, &rows, &n));
	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(list, policy_json(&rows[i])) != 0)
			return ST_NOMEM;
	if (n)
		TRY(exchange_policy_id(&rows[n - 1], after));
	*first = false;
	*ret_more = n == PAGE;
	return ST_OK;
}

static enum step_result list_all(struct request *r)
{
	AUTO(json) json_t *list = json_array();
	struct id after;
	bool more = list != NULL, first = true;
	admin_of(r)->entry.event = "admin.exchange-policy.list";
	while (more) {
		status s = append_page(r, list, &after, &first, &more);
		if (s != ST_OK)
			return admin_fault(r, s);
	}
	return admin_done(r, 200, json_pack("{s:O}", "policies", list));
}

static enum step_result refused(struct request *r, status s, const char *nobody, const struct error *why)
{
	if (s == ST_NOT_FOUND)
		return admin_refuse(r, 404, "not_found", "%s", nobody);
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", why->message);
	if (s == ST_EXISTS)
		return admin_refuse(r, 409, "exists", "%s", why->message);
	return admin_fault(r, s);
}

struct adding {
	struct exchange_policy policy;
	struct slice subject;
};

#define POLICY(type, name) { #name, type, offsetof(struct adding, policy.name) }
static const struct json_field ADDING[] = {
	POLICY(FIELD_TEXT, client_id),
	POLICY(FIELD_TEXT, issuer),
	POLICY(FIELD_TEXT, audience),
	POLICY(FIELD_OBJECT, jwks),
	{ "subject", FIELD_TEXT, offsetof(struct adding, subject) },
	POLICY(FIELD_TEXT, scope),
};
#undef POLICY

static enum step_result add(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct adding in = { 0 };
	struct error why = { 0 };
	ad->entry.event = "admin.exchange-policy.add";
	status s = admin_read_body(r, ADDING, COUNT_OF(ADDING), &in, &why);
	ad->entry.client_id = in.policy.client_id;
	if (s == ST_OK && in.subject.n && subject_rule_parse(in.subject, &in.policy.subject_rule) != ST_OK)
		s = error_set(&why, ST_INVALID, "subject: client, login or id");
	if (s == ST_OK)
		s = exchange_policies_add(r->issuer, ad->batch, &r->arena, r->now, &in.policy, &why);
	if (s != ST_OK)
		return refused(r, s, "no client has this client_id", &why);
	ad->entry.detail = in.policy.audience;
	return admin_done(r, 201, policy_json(&in.policy));
}

struct removing {
	struct slice id;
};
static const struct json_field REMOVING[] = { { "id", FIELD_TEXT, offsetof(struct removing, id) } };

static enum step_result remove_one(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct removing in = { 0 };
	struct exchange_policy row;
	struct error why = { 0 };
	struct id id;
	ad->entry.event = "admin.exchange-policy.remove";
	status s = admin_read_body(r, REMOVING, COUNT_OF(REMOVING), &in, &why);
	if (s == ST_OK && id_parse(in.id, &id) != ST_OK)
		s = error_set(&why, ST_INVALID, "id: 32 hexadecimal digits");
	if (s == ST_OK)
		s = exchange_policies_remove(r->issuer, ad->batch, id, &r->arena, &row);
	if (s != ST_OK)
		return refused(r, s, "no row has this id", &why);
	ad->entry.client_id = row.client_id;
	ad->entry.detail = row.audience;
	return admin_done(r, 200, policy_json(&row));
}

static step_fn *const LIST[] = { admin_read, list_all, admin_commit, admin_answer, NULL };
static step_fn *const ADD[] = { admin_write, add, admin_commit, admin_answer, NULL };

static enum step_result by_method(struct request *r)
{
	r->next = r->method == METHOD_POST ? ADD : LIST;
	return STEP_NEXT;
}

step_fn *const ADMIN_EXCHANGE_POLICIES[] = { by_method, NULL };
step_fn *const ADMIN_EXCHANGE_POLICY_REMOVE[] = { admin_write, remove_one, admin_commit, admin_answer, NULL };
