/*
 * POST /admin/v1/sessions/list    {"number"|"login_name"|"id": ...}
 * POST /admin/v1/sessions/revoke  the same, and "session": one of them; without it, all
 *
 * One session ends by its mark. All of them end by a mark on the subject, which ends the tokens of
 * offline grants as well.
 */
#include "authd/endpoint/admin_subjects.h"

#include "authd/service/marks.h"
#include "authd/service/sessions.h"

enum { SESSIONS_MAX = 500 };

struct asked {
	struct admin_who who;
	struct slice session;
};

static const struct admin_field FIELDS[] = {
	ADMIN_WHO_FIELDS(struct asked, who),
	{ "session", FIELD_TEXT, offsetof(struct asked, session) },
};

/* ---- the list ------------------------------------------------------------------------------- */

struct listing {
	json_t *list;
	int64_t now;
	status status;
};

static json_t *session_json(struct id id, const struct session_entry *e)
{
	return json_pack("{s:o, s:I, s:I, s:I}", "id", admin_id(id), "level", (json_int_t)e->level,
			 "created_at", (json_int_t)e->created_at, "expires_at",
			 (json_int_t)e->expires_at);
}

static bool list_row(void *context, struct slice key, struct record record)
{
	struct listing *l = context;
	struct session_entry entry;
	struct id id;
	l->status = id_from(slice_from(key, sizeof id.bytes), &id) == ST_OK ? ST_OK : ST_CORRUPT;
	if (l->status == ST_OK)
		l->status = session_entry_decode(record.value, &entry);
	if (l->status != ST_OK)
		return false;
	if (entry.expires_at > l->now && json_array_append_new(l->list, session_json(id, &entry)) != 0)
		l->status = ST_NOMEM;
	return l->status == ST_OK;
}

static status list_of(struct request *r, struct id subject_id, json_t *list)
{
	struct listing l = { list, r->now, ST_OK };
	TRY(records_scan(r->issuer->records, TABLE_SESSIONS, id_slice(&subject_id), NO_SLICE,
			 SESSIONS_MAX, list_row, &l));
	return l.status;
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
	st = list ? list_of(r, s.id, list) : ST_NOMEM;
	if (st != ST_OK)
		return admin_fault(r, st);
	return admin_done(r, 200, json_pack("{s:o, s:O}", "id", admin_id(s.id), "sessions", list));
}

/* ---- the end -------------------------------------------------------------------------------- */

static status revoke_one(struct request *r, struct id subject_id, struct slice text, json_t *list,
			 struct error *e)
{
	struct id session;
	if (id_parse(text, &session) != ST_OK)
		return error_set(e, ST_INVALID, "session: 32 hexadecimal digits");
	size_t k;
	json_t *entry;
	json_array_foreach(list, k, entry) {
		if (!slice_is(text, json_string_value(json_object_get(entry, "id"))))
			continue;
		admin_of(r)->entry.session = session;
		session_record_end(r->issuer, admin_of(r)->batch, subject_id, session, r->now);
		return ST_OK;
	}
	return ST_NOT_FOUND;
}

static void revoke_all(struct request *r, struct id subject_id, const json_t *list)
{
	const struct conf *conf = r->issuer->conf;
	int64_t life = conf->life.session_s > conf->life.refresh_s ? conf->life.session_s
								  : conf->life.refresh_s;
	struct batch *b = admin_of(r)->batch;
	size_t k;
	json_t *entry;
	mark_put(b, MARK_SUBJECT, id_slice(&subject_id), r->now, r->now + life);
	json_array_foreach(list, k, entry) {
		struct id session;
		const char *text = json_string_value(json_object_get(entry, "id"));
		if (id_parse(slice_str(text), &session) == ST_OK)
			session_record_end(r->issuer, b, subject_id, session, r->now);
	}
}

static enum step_result revoke(struct request *r, const struct asked *in, const struct subject *s)
{
	struct admin *ad = admin_of(r);
	AUTO(json) json_t *list = json_array();
	struct error why = { 0 };
	status st = list ? list_of(r, s->id, list) : ST_NOMEM;
	if (st == ST_OK && in->session.n)
		st = revoke_one(r, s->id, in->session, list, &why);
	if (st == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", why.message);
	if (st == ST_NOT_FOUND)
		return admin_refuse(r, 404, "not_found", "this person has no such session");
	if (st != ST_OK)
		return admin_fault(r, st);
	if (!in->session.n)
		revoke_all(r, s->id, list);
	ad->entry.count = in->session.n ? 1 : (int64_t)json_array_size(list);
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
