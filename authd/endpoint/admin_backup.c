/* POST /admin/v1/backup {"dir": "/an/absolute/path"}: takes as long as it takes, while authd serves. */
#include "authd/endpoint/admin.h"

#include "authd/service/backup.h"

struct backing_up {
	struct slice dir;

	struct issuer *issuer;
	int64_t now;
	const char *path;
	struct error why;
};

static const struct json_field FIELDS[] = {
	{ "dir", FIELD_TEXT, offsetof(struct backing_up, dir) },
};

static status back_up(void *context)
{
	struct backing_up *w = context;
	return backup_make(w->issuer, w->path, w->now, &w->why);
}

static enum step_result backup_begin(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct backing_up *w = ad->work = arena_new(&r->arena, struct backing_up);
	struct error why = { 0 };
	ad->entry.event = "admin.backup";
	if (!w)
		return admin_fault(r, ST_NOMEM);
	status s = admin_read_body(r, FIELDS, COUNT_OF(FIELDS), w, &why);
	if (s == ST_OK && !w->dir.n)
		s = error_set(&why, ST_INVALID, "dir: missing");
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", why.message);
	w->issuer = r->issuer;
	w->now = r->now;
	w->path = arena_string(&r->arena, w->dir);
	if (s != ST_OK || !w->path)
		return admin_fault(r, s != ST_OK ? s : ST_NOMEM);
	ad->entry.detail = w->dir;
	return admin_run(r, back_up, w);
}

static enum step_result backup_end(struct request *r)
{
	struct backing_up *w = admin_of(r)->work;
	if (r->op.status != ST_OK && w->why.message[0])
		return admin_refuse(r, is_fault(r->op.status) ? 500 : 400, "backup_failed", "%s",
				    w->why.message);
	if (r->op.status != ST_OK)
		return admin_fault(r, r->op.status);
	return admin_done(r, 200, json_pack("{s:o}", "dir", json_of_text(w->dir)));
}

step_fn *const ADMIN_BACKUP[] = { admin_write, backup_begin, backup_end, admin_commit, admin_answer,
				  NULL };
