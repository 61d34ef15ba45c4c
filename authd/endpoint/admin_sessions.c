/*
 * POST /admin/v1/sessions/list    {"number"|"login_name"|"id": ...}
 * POST /admin/v1/sessions/revoke  the same, and "session": one of them; without it, all
 *
 * One session ends by its mark. All of them end by a mark on the subject, which ends offline grants
 * as well.
 */
#include "authd/endpoint/admin_subjects.h"

#include "authd/service/sessions.h"
#include "authd/service/sign_out.h"

enum { SESSIONS_MAX = 500 };

struct asked {
	struct admin_who who;
	struct slice session;
};

static const struct json_field FIELDS[] = {
	ADMIN_WHO_FIELDS(struct asked, who),
	{ "session", FIELD_TEXT, offsetof(struct asked, session) },
};

/* ---- the list ------------------------------------------------------------------------------- */

static json_t *session_json(const struct session_listed *s)
{
	return json_pack("{s:o, s:s%, s:I, s:I}", "id", admin_id(s->id), "amr", (const char *)s->entry.amr.p,
			 s->entry.amr.n, "created_at", (json_int_t)s->entry.created_at, "expires_at",
			 (json_int_t)s->entry.expires_at);
}

/* A person's sessions that are not over. */
static status live_sessions(struct request *r, struct id subject_id, struct session_listed **ret,
			    size_t *ret_n)
{
	struct session_listed *all;
	size_t n, live = 0;
	TRY(sessions_list(r->issuer, subject_id, SESSIONS_MAX, &r->arena, &all, &n));
	for (size_t k = 0; k < n; k++)
		if (all[k].entry.expires_at > r->now)
			all[live++] = all[k];
	*ret = all;
	*ret_n = live;
	return ST_OK;
}

static status put_sessions(struct request *r, struct id subject_id, json_t *list)
{
	struct session_listed *sessions;
	size_t n;
	TRY(live_sessions(r, subject_id, &sessions, &n));
	for (size_t k = 0; k < n; k++)
		if (json_array_append_new(list, session_json(&sessions[k])) != 0)
			return ST_NOMEM;
	return ST_OK;
}

static enum step_result session_list(struct request *r)
{
	AUTO(json) json_t *list = json_array();
	struct asked in = { 0 };
	struct subject s;
	struct error why = { 0 };
	admin_of(r)->entry.event = "admin.session.list";
	status st = admin_read_body(r, FIELDS, COUNT_OF(FIELDS) - 1, &in, &why);
	if (st == ST_OK)
		st = admin_find(r, &in.who, 0, &s, &why);
	if (st != ST_OK)
		return admin_not_found(r, st, &why);
	admin_of(r)->entry.subject = s.id;
	st = list ? put_sessions(r, s.id, list) : ST_NOMEM;
	if (st != ST_OK)
		return admin_fault(r, st);
	return admin_done(r, 200, json_pack("{s:o, s:O}", "id", admin_id(s.id), "sessions", list));
}

/* ---- the end -------------------------------------------------------------------------------- */

static status revoke_one(struct request *r, struct id subject_id, struct id session)
{
	struct session_listed *sessions;
	size_t n;
	TRY(live_sessions(r, subject_id, &sessions, &n));
	for (size_t k = 0; k < n; k++) {
		if (!id_equal(sessions[k].id, session))
			continue;
		return session_record_end(r->issuer, admin_of(r)->batch, subject_id, session, r->now,
					  &r->arena);
	}
	return ST_NOT_FOUND;
}

static status revoke_all(struct request *r, struct id subject_id, int64_t *ret_n)
{
	struct batch *b = admin_of(r)->batch;
	struct session_listed *sessions;
	size_t n;
	TRY(live_sessions(r, subject_id, &sessions, &n));
	TRY(sign_out_everywhere(r->issuer, b, subject_id, (struct id){ 0 }, &r->arena, NULL));
	*ret_n = (int64_t)n;
	return ST_OK;
}

static enum step_result revoke(struct request *r, const struct asked *in, const struct subject *s)
{
	struct admin *ad = admin_of(r);
	ad->entry.count = 1;
	if (in->session.n && id_parse(in->session, &ad->entry.session) != ST_OK)
		return admin_refuse(r, 400, "invalid_request", "session: 32 hexadecimal digits");
	status st = in->session.n ? revoke_one(r, s->id, ad->entry.session)
				  : revoke_all(r, s->id, &ad->entry.count);
	if (st == ST_NOT_FOUND)
		return admin_refuse(r, 404, "not_found", "this person has no such session");
	if (st != ST_OK)
		return admin_fault(r, st);
	return admin_done(r, 200, json_pack("{s:o, s:I}", "id", admin_id(s->id), "revoked",
					    (json_int_t)ad->entry.count));
}

static enum step_result session_revoke(struct request *r)
{
	struct asked in = { 0 };
	struct subject s;
	struct error why = { 0 };
	admin_of(r)->entry.event = "admin.session.revoke";
	status st = admin_read_body(r, FIELDS, COUNT_OF(FIELDS), &in, &why);
	if (st == ST_OK)
		st = admin_find(r, &in.who, 0, &s, &why);
	if (st != ST_OK)
		return admin_not_found(r, st, &why);
	admin_of(r)->entry.subject = s.id;
	return revoke(r, &in, &s);
}

step_fn *const ADMIN_SESSION_LIST[] = { admin_read, session_list, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_SESSION_REVOKE[] = { admin_write, session_revoke, admin_commit, admin_answer,
					  NULL };
