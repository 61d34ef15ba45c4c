/*
 * POST /admin/v1/persons, /admin/v1/entities: {columns of one row}
 * POST /admin/v1/persons/show, /admin/v1/entities/show: {"number"|"login_name"|"id": ...}
 */
#include "authd/endpoint/admin_subjects.h"

#include "authd/service/credentials.h"
#include "authd/service/registration_batch.h"
#include "authd/service/subjects.h"

/* ---- add ------------------------------------------------------------------------------------ */

static enum step_result add_done(struct request *r, const struct subject *s,
				 enum registration_outcome outcome)
{
	struct admin *ad = admin_of(r);
	const char *name = registration_outcome_name(outcome);
	ad->entry.subject = s->id;
	ad->entry.detail = slice_str(name);
	return admin_done(r, outcome == REGISTRATION_ADDED ? 201 : 200,
			  json_pack("{s:o, s:s, s:b}", "id", admin_id(s->id), "outcome", name,
				    "number_flagged", (int)s->number_flagged));
}

static status read_row(struct request *r, enum subject_kind kind, struct registration *ret,
		       struct error *e)
{
	AUTO(json) json_t *body = NULL;
	TRY(json_object_read(r->body, &body, e));
	TRY(admin_row(body, kind, &r->arena, ret, NULL, e));
	return ret->columns[COLUMN_OPERATION].n
		       ? error_set(e, ST_INVALID, "operation: only in an import")
		       : ST_OK;
}

/* As it stands now, whether this row has written it or not. */
static status stands(struct request *r, const struct registration_batch *rb,
		     const struct registration *row, struct subject *ret)
{
	struct subject said;
	if (rb->written_n) {
		*ret = rb->written[0];
		return ST_OK;
	}
	TRY(registration_check(rb->kind, row, r->now, &r->arena, &said, NULL));
	return subjects_find(r->issuer, said.number_type, said.number, &r->arena, ret);
}

static enum step_result add(struct request *r, enum subject_kind kind)
{
	struct registration row = { 0 };
	struct registration_batch rb;
	enum registration_outcome outcome;
	struct subject s;
	struct error why = { 0 };
	status st = read_row(r, kind, &row, &why);
	if (st == ST_OK)
		st = registration_batch_begin(&rb, r->issuer, admin_of(r)->batch, &r->arena, kind, r->now, 1);
	if (st == ST_OK)
		st = registration_batch_row(&rb, &row, &outcome, &why);
	if (st == ST_OK)
		st = stands(r, &rb, &row, &s);
	if (st == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", why.message);
	if (st == ST_EXISTS)
		return admin_refuse(r, 409, "exists", "%s", why.message);
	if (st == ST_CONFLICT)
		return admin_refuse(r, 409, "conflict", "somebody else is changing this record");
	return st == ST_OK ? add_done(r, &s, outcome) : admin_fault(r, st);
}

static enum step_result person_add(struct request *r)
{
	admin_of(r)->entry.event = "admin.person.add";
	return add(r, SUBJECT_NATURAL);
}

static enum step_result entity_add(struct request *r)
{
	admin_of(r)->entry.event = "admin.entity.add";
	return add(r, SUBJECT_LEGAL);
}

/* ---- show ----------------------------------------------------------------------------------- */

static void set(json_t *object, const char *name, struct slice value)
{
	if (value.n)
		json_object_set_new(object, name, json_of_text(value));
}

static json_t *subject_json(const struct subject *s, bool has_password)
{
	json_t *o = json_pack("{s:o, s:s, s:s, s:s, s:I, s:b, s:I, s:I}", "id", admin_id(s->id), "kind",
			      s->kind == SUBJECT_LEGAL ? "legal" : "natural", "state",
			      subject_state_name(s->state), "type", number_type_name(s->number_type),
			      "level", (json_int_t)s->level, "number_flagged", (int)s->number_flagged,
			      "created_at", (json_int_t)s->created_at, "updated_at",
			      (json_int_t)s->updated_at);
	if (!o)
		return NULL;
	set(o, "number", s->number);
	set(o, "name", s->name);
	set(o, "login_name", s->login_name);
	set(o, "birthdate", s->birthdate);
	set(o, "gender", s->gender);
	set(o, "phone_number", s->phone_number);
	set(o, "email", s->email);
	set(o, "address", s->address);
	set(o, "family_name", s->family_name);
	set(o, "given_name", s->given_name);
	set(o, "middle_name", s->middle_name);
	set(o, "nickname", s->nickname);
	set(o, "profile", s->profile);
	set(o, "picture", s->picture);
	set(o, "website", s->website);
	set(o, "zoneinfo", s->zoneinfo);
	set(o, "locale", s->locale);
	set(o, "representative_name", s->representative_name);
	set(o, "representative_number", s->representative_number);
	json_object_set_new(o, "has_password", json_boolean(has_password));
	return o;
}

static status has_password(struct request *r, struct id id, bool *ret)
{
	struct credential credential;
	uint64_t version;
	status s = credentials_get(r->issuer, id, &r->arena, &credential, &version);
	if (s != ST_OK && s != ST_NOT_FOUND)
		return s;
	*ret = s == ST_OK;
	return ST_OK;
}

status admin_subject_json(struct request *r, const struct subject *s, json_t **ret)
{
	bool password;
	TRY(has_password(r, s->id, &password));
	json_t *o = subject_json(s, password);
	if (!o)
		return ST_NOMEM;
	*ret = o;
	return ST_OK;
}

struct asked {
	struct admin_who who;
};
static const struct json_field ASKED[] = { ADMIN_WHO_FIELDS(struct asked, who) };

static enum step_result show(struct request *r, enum subject_kind kind)
{
	struct asked asked = { 0 };
	struct subject s;
	struct error why = { 0 };
	bool password;
	status st = admin_read_body(r, ASKED, COUNT_OF(ASKED), &asked, &why);
	if (st == ST_OK)
		st = admin_find(r, &asked.who, kind, &s, &why);
	if (st != ST_OK)
		return admin_not_found(r, st, &why);
	st = has_password(r, s.id, &password);
	if (st != ST_OK)
		return admin_fault(r, st);
	admin_of(r)->entry.subject = s.id;
	return admin_done(r, 200, subject_json(&s, password));
}

static enum step_result person_show(struct request *r)
{
	admin_of(r)->entry.event = "admin.person.show";
	return show(r, SUBJECT_NATURAL);
}

static enum step_result entity_show(struct request *r)
{
	admin_of(r)->entry.event = "admin.entity.show";
	return show(r, SUBJECT_LEGAL);
}

step_fn *const ADMIN_PERSON_ADD[] = { admin_write, person_add, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_ENTITY_ADD[] = { admin_write, entity_add, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_PERSON_SHOW[] = { admin_read, person_show, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_ENTITY_SHOW[] = { admin_read, entity_show, admin_commit, admin_answer, NULL };
