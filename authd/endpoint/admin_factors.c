/*
 * POST /admin/v1/persons/factors, and .../remove: {"number"|"login_name"|"id": ...}
 *
 * Whoever has lost phone and recovery codes proves that elsewhere; what was signed in with them ends.
 */
#include "authd/endpoint/admin_subjects.h"

#include "authd/service/sign_out.h"
#include "authd/service/totp.h"

struct asked {
	struct admin_who who;
};

static const struct json_field FIELDS[] = { ADMIN_WHO_FIELDS(struct asked, who) };

static status find(struct request *r, const char *event, struct subject *ret, struct error *why)
{
	struct asked in = { 0 };
	admin_of(r)->entry.event = event;
	TRY(admin_read_body(r, FIELDS, COUNT_OF(FIELDS), &in, why));
	TRY(admin_find(r, &in.who, 0, ret, why));
	admin_of(r)->entry.subject = ret->id;
	return ST_OK;
}

static status put_factors(struct request *r, struct id person, json_t *list)
{
	struct totp totp;
	uint64_t version;
	status s = totp_get(r->issuer, person, &r->arena, &totp, &version);
	if (s != ST_OK)
		return s == ST_NOT_FOUND ? ST_OK : s;
	json_t *row = json_pack("{s:s, s:I, s:I, s:i}", "factor", "otp", "created_at", (json_int_t)totp.created_at,
				"recovery_codes", (json_int_t)recovery_codes_left(&totp), "failures", totp.failures);
	return row && json_array_append_new(list, row) == 0 ? ST_OK : ST_NOMEM;
}

static enum step_result factors_list(struct request *r)
{
	AUTO(json) json_t *list = json_array();
	struct subject s;
	struct error why = { 0 };
	status st = find(r, "admin.person.factors", &s, &why);
	if (st != ST_OK)
		return admin_not_found(r, st, &why);
	st = list ? put_factors(r, s.id, list) : ST_NOMEM;
	if (st != ST_OK)
		return admin_fault(r, st);
	return admin_done(r, 200, json_pack("{s:o, s:O}", "id", admin_id(s.id), "factors", list));
}

static enum step_result factors_remove(struct request *r)
{
	struct batch *b = admin_of(r)->batch;
	struct subject s;
	struct totp totp;
	struct error why = { 0 };
	uint64_t version;
	status st = find(r, "admin.person.factors.remove", &s, &why);
	if (st != ST_OK)
		return admin_not_found(r, st, &why);
	st = totp_get(r->issuer, s.id, &r->arena, &totp, &version);
	if (st == ST_NOT_FOUND)
		return admin_refuse(r, 404, "not_found", "this person has no second factor");
	/* One that does not open any more can be removed all the same. */
	totp_remove(b, s.id, VERSION_ANY);
	if (st == ST_OK || st == ST_CORRUPT)
		st = sign_out_everywhere(r->issuer, b, s.id, (struct id){ 0 }, &r->arena, NULL);
	if (st != ST_OK)
		return admin_fault(r, st);
	return admin_done(r, 200, json_pack("{s:o}", "id", admin_id(s.id)));
}

step_fn *const ADMIN_PERSON_FACTORS[] = { admin_read, factors_list, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_PERSON_FACTORS_REMOVE[] = { admin_write, factors_remove, admin_commit, admin_answer, NULL };
