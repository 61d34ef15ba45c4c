/*
 * POST /admin/v1/mandates        offer one: {"legal_person": CODE, "role": ..., "number": ..., "name": ...}
 * POST /admin/v1/mandates/list   {"number"|"login_name"|"id": ...}: live ones of a person, legal or natural
 * POST /admin/v1/mandates/show   {"mandate": ID}
 * POST /admin/v1/mandates/end    {"mandate": ID}: with all below
 */
#include "authd/endpoint/admin_subjects.h"

#include "authd/service/mandates.h"
#include "authd/service/subjects.h"

static void set(json_t *object, const char *name, struct slice value)
{
	if (value.n)
		json_object_set_new(object, name, json_of_text(value));
}

static void set_id(json_t *object, const char *name, struct id id)
{
	if (!id_is_zero(id))
		json_object_set_new(object, name, admin_id(id));
}

static void set_time(json_t *object, const char *name, int64_t at)
{
	if (at)
		json_object_set_new(object, name, json_integer((json_int_t)at));
}

static json_t *mandate_json(const struct mandate *m, const struct subject *legal)
{
	json_t *o = json_pack("{s:o, s:s, s:s, s:s, s:b, s:o}", "id", admin_id(m->id), "role",
			      mandate_role_name(m->role), "state", mandate_state_name(m->state), "type",
			      number_type_name(m->agent_type), "all_matters", (int)m->all_matters, "matters",
			      json_of_list(&m->matters));
	if (!o)
		return NULL;
	set_id(o, "legal_id", m->legal_id);
	set(o, "legal_person", legal->number);
	set(o, "legal_name", legal->name);
	set_id(o, "agent_id", m->agent_id);
	set(o, "number", m->agent_number);
	set(o, "name", m->agent_name);
	set_id(o, "parent", m->parent_id);
	set_id(o, "given_by", m->given_by);
	set_time(o, "valid_from", m->valid_from);
	set_time(o, "valid_until", m->valid_until);
	set_time(o, "created_at", m->created_at);
	set_time(o, "decided_at", m->decided_at);
	set_time(o, "ended_at", m->ended_at);
	return o;
}

static enum step_result refused(struct request *r, status s, const struct error *why)
{
	if (s == ST_NOT_FOUND)
		return admin_refuse(r, 404, "not_found", "there is no such mandate, or it has ended");
	return admin_not_found(r, s, why);
}

/* ---- offering ------------------------------------------------------------------------------- */

struct adding {
	struct slice legal_person, parent, role, type, number, name;
	struct client_list matters;
	bool all_matters;
	int64_t valid_from, valid_until;
};
#define ADDING_FIELD(type, name) { #name, type, offsetof(struct adding, name) }
static const struct json_field ADDING[] = {
	ADDING_FIELD(FIELD_TEXT, legal_person), ADDING_FIELD(FIELD_TEXT, parent),
	ADDING_FIELD(FIELD_TEXT, role),		ADDING_FIELD(FIELD_TEXT, type),
	ADDING_FIELD(FIELD_TEXT, number),	ADDING_FIELD(FIELD_TEXT, name),
	ADDING_FIELD(FIELD_LIST, matters),	ADDING_FIELD(FIELD_BOOL, all_matters),
	ADDING_FIELD(FIELD_SECONDS, valid_from), ADDING_FIELD(FIELD_SECONDS, valid_until),
};
#undef ADDING_FIELD

/* The one that is named; else the representative's. */
static status find_parent(struct request *r, const struct adding *in, const struct subject *legal, struct id *ret,
			  struct error *e)
{
	struct id named;
	struct mandate *all;
	size_t n;
	if (in->parent.n && id_parse(in->parent, &named) != ST_OK)
		return error_set(e, ST_INVALID, "parent: 32 hexadecimal digits");
	TRY(mandates_of_legal(r->issuer, legal->id, &r->arena, &all, &n));
	for (size_t i = 0; i < n; i++) {
		if (in->parent.n ? !id_equal(all[i].id, named) : all[i].role != MANDATE_LEGAL_REP)
			continue;
		*ret = all[i].id;
		return ST_OK;
	}
	if (in->parent.n)
		return error_set(e, ST_INVALID, "parent: not a mandate of this legal person");
	return error_set(e, ST_INVALID, "legal_person: no representative is registered to give it");
}

static status read_adding(struct request *r, struct adding *in, struct subject *legal, struct mandate *m,
			  struct error *e)
{
	TRY(admin_read_body(r, ADDING, COUNT_OF(ADDING), in, e));
	const struct admin_who who = { .number = in->legal_person };
	if (!in->legal_person.n)
		return error_set(e, ST_INVALID, "legal_person: missing");
	*m = (struct mandate){
		.agent_type = NUMBER_RESIDENT,
		.agent_number = in->number,
		.agent_name = in->name,
		.matters = in->matters,
		.all_matters = in->all_matters,
		.valid_from = in->valid_from,
		.valid_until = in->valid_until,
	};
	if (mandate_role_parse(in->role, &m->role) != ST_OK || m->role == MANDATE_LEGAL_REP)
		return error_set(e, ST_INVALID, "role: manager or agent; the register names the representative");
	if (in->type.n && number_type_parse(in->type, &m->agent_type) != ST_OK)
		return error_set(e, ST_INVALID, "type: not a type of document");
	return admin_find(r, &who, SUBJECT_LEGAL, legal, e);
}

static enum step_result add(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct adding in = { 0 };
	struct subject legal;
	struct mandate m;
	struct id parent;
	struct error why = { 0 };
	ad->entry.event = "admin.mandate.add";
	status s = read_adding(r, &in, &legal, &m, &why);
	if (s != ST_OK)
		return admin_not_found(r, s, &why);
	s = find_parent(r, &in, &legal, &parent, &why);
	if (s == ST_OK)
		s = mandates_offer(r->issuer, ad->batch, r->now, parent, &m, &r->arena, &why);
	if (s != ST_OK)
		return refused(r, s, &why);
	ad->entry.subject = legal.id;
	ad->entry.mandate = m.id;
	return admin_done(r, 201, mandate_json(&m, &legal));
}

/* ---- listing -------------------------------------------------------------------------------- */

struct asked {
	struct admin_who who;
};
static const struct json_field ASKED[] = { ADMIN_WHO_FIELDS(struct asked, who) };

static status append(struct request *r, json_t *list, const struct mandate *m)
{
	struct subject legal = { .kind = SUBJECT_LEGAL };
	status s = subjects_get(r->issuer, m->legal_id, &r->arena, &legal);
	if (is_fault(s))
		return s;
	return json_array_append_new(list, mandate_json(m, &legal)) == 0 ? ST_OK : ST_NOMEM;
}

static status list_of(struct request *r, const struct subject *who, json_t *list)
{
	struct mandate *all;
	size_t n;
	if (who->kind == SUBJECT_LEGAL)
		TRY(mandates_of_legal(r->issuer, who->id, &r->arena, &all, &n));
	else
		TRY(mandates_of_agent(r->issuer, who, &r->arena, &all, &n));
	for (size_t i = 0; i < n; i++)
		TRY(append(r, list, &all[i]));
	return ST_OK;
}

static enum step_result list_all(struct request *r)
{
	AUTO(json) json_t *list = json_array();
	struct asked in = { 0 };
	struct subject who;
	struct error why = { 0 };
	admin_of(r)->entry.event = "admin.mandate.list";
	status s = admin_read_body(r, ASKED, COUNT_OF(ASKED), &in, &why);
	if (s == ST_OK)
		s = admin_find(r, &in.who, 0, &who, &why);
	if (s != ST_OK)
		return admin_not_found(r, s, &why);
	admin_of(r)->entry.subject = who.id;
	s = list ? list_of(r, &who, list) : ST_NOMEM;
	return s == ST_OK ? admin_done(r, 200, json_pack("{s:O}", "mandates", list)) : admin_fault(r, s);
}

/* ---- one of them ---------------------------------------------------------------------------- */

struct named {
	struct slice mandate;
};
static const struct json_field NAMED[] = { { "mandate", FIELD_TEXT, offsetof(struct named, mandate) } };

static status read_named(struct request *r, struct mandate *ret, struct error *e)
{
	struct admin *ad = admin_of(r);
	struct named in = { 0 };
	uint64_t version;
	TRY(admin_read_body(r, NAMED, COUNT_OF(NAMED), &in, e));
	if (id_parse(in.mandate, &ad->entry.mandate) != ST_OK)
		return error_set(e, ST_INVALID, "mandate: 32 hexadecimal digits");
	return mandates_get(r->issuer, ad->entry.mandate, &r->arena, ret, &version);
}

/* Could the agent act by it now? Nobody may be registered under the number yet. */
static status is_in_effect(struct request *r, const struct mandate *m, bool *ret)
{
	struct subject agent;
	struct mandate_use use;
	*ret = false;
	status s = id_is_zero(m->agent_id)
			   ? subjects_find(r->issuer, m->agent_type, m->agent_number, &r->arena, &agent)
			   : subjects_get(r->issuer, m->agent_id, &r->arena, &agent);
	if (s == ST_OK)
		s = mandates_use(r->issuer, m->id, &agent, r->now, &r->arena, &use);
	*ret = s == ST_OK;
	return is_fault(s) ? s : ST_OK;
}

static enum step_result show(struct request *r)
{
	struct mandate m;
	struct subject legal = { .kind = SUBJECT_LEGAL };
	struct error why = { 0 };
	bool in_effect = false;
	admin_of(r)->entry.event = "admin.mandate.show";
	status s = read_named(r, &m, &why);
	if (s != ST_OK)
		return refused(r, s, &why);
	s = subjects_get(r->issuer, m.legal_id, &r->arena, &legal);
	if (!is_fault(s))
		s = is_in_effect(r, &m, &in_effect);
	if (s != ST_OK)
		return admin_fault(r, s);
	json_t *answer = mandate_json(&m, &legal);
	if (answer)
		json_object_set_new(answer, "in_effect", json_boolean(in_effect));
	return admin_done(r, 200, answer);
}

static enum step_result end(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct mandate m;
	struct error why = { 0 };
	size_t n = 0;
	ad->entry.event = "admin.mandate.end";
	status s = read_named(r, &m, &why);
	if (s == ST_OK)
		s = mandates_end(r->issuer, ad->batch, r->now, m.id, &r->arena, &n);
	if (s != ST_OK)
		return refused(r, s, &why);
	ad->entry.subject = m.legal_id;
	ad->entry.count = (int64_t)n;
	return admin_done(r, 200, json_pack("{s:o, s:I}", "id", admin_id(m.id), "ended", (json_int_t)n));
}

step_fn *const ADMIN_MANDATE_ADD[] = { admin_write, add, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_MANDATE_LIST[] = { admin_read, list_all, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_MANDATE_SHOW[] = { admin_read, show, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_MANDATE_END[] = { admin_write, end, admin_commit, admin_answer, NULL };
