/*
 * POST /admin/v1/persons/password: {"number"|"login_name"|"id": ..., "password": "..."}
 *
 * Whoever was signed in with the old password is signed out everywhere.
 */
#include "authd/endpoint/admin_subjects.h"

#include "authd/service/password.h"
#include "authd/service/sign_out.h"
#include "authd/service/subjects.h"
#include "authd/service/credentials.h"

struct set_password {
	struct admin_who who;
	struct slice password;
	struct id id;
	struct password_job job;
};

static const struct json_field FIELDS[] = {
	ADMIN_WHO_FIELDS(struct set_password, who),
	{ "password", FIELD_TEXT, offsetof(struct set_password, password) },
};

static enum step_result password_read(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct set_password *p = ad->work = arena_new(&r->arena, struct set_password);
	struct subject s;
	struct error why = { 0 };
	ad->entry.event = "admin.person.set-password";
	if (!p)
		return admin_fault(r, ST_NOMEM);
	status st = admin_read_body(r, FIELDS, COUNT_OF(FIELDS), p, &why);
	if (st == ST_OK)
		st = admin_find(r, &p->who, SUBJECT_NATURAL, &s, &why);
	if (st != ST_OK)
		return admin_not_found(r, st, &why);
	ad->entry.subject = p->id = s.id;
	if (password_check(r->issuer->conf, p->password, &why) != ST_OK)
		return admin_refuse(r, 400, "invalid_request", "%s", why.message);
	p->job.password = p->password;
	password_hash_submit(r->issuer, &p->job, &r->op);
	return STEP_WAIT;
}

static enum step_result password_put(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct set_password *p = ad->work;
	if (r->op.status == ST_BUSY)
		return admin_fault(r, ST_UNAVAILABLE);
	if (r->op.status != ST_OK)
		return admin_fault(r, r->op.status);
	struct credential old, credential = { slice_str(p->job.ret_hash), r->now };
	uint64_t version = VERSION_NONE;
	status found = credentials_get(r->issuer, p->id, &r->arena, &old, &version);
	if (is_fault(found))
		return admin_fault(r, found);
	status s = credentials_put(r->issuer, ad->batch, &r->arena, p->id, &credential, version);
	if (s != ST_OK)
		return admin_fault(r, s);
	s = sign_out_everywhere(r->issuer, ad->batch, p->id, (struct id){ 0 }, &r->arena, NULL);
	if (s != ST_OK)
		return admin_fault(r, s);
	return admin_done(r, 200, json_pack("{s:o}", "id", admin_id(p->id)));
}

step_fn *const ADMIN_PERSON_PASSWORD[] = { admin_write, password_read, password_put, admin_commit,
					   admin_answer, NULL };
