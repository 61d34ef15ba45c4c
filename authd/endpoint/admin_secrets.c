/*
 * GET  /admin/v1/secrets         the symmetric secrets and their versions
 * POST /admin/v1/secrets/rotate  {"name": "blind-index"}
 * POST /admin/v1/keys/rekey      {"file": "/path/of/the/new/kek"}
 */
#include "authd/endpoint/admin.h"

#include "authd/service/secret_rotation.h"

static json_t *secret_json(const struct secret_info *s)
{
	return json_pack("{s:s, s:I, s:s, s:I}", "name", secret_use_name(s->use), "version",
			 (json_int_t)s->version, "state", s->current ? "current" : "before", "created_at",
			 (json_int_t)s->created_at);
}

static enum step_result secrets_show(struct request *r)
{
	struct secret_info *secrets;
	size_t n;
	admin_of(r)->entry.event = "admin.secrets.list";
	status s = keys_secrets_list(r->issuer->keys, &r->arena, &secrets, &n);
	if (s != ST_OK)
		return admin_fault(r, s);
	AUTO(json) json_t *list = json_array();
	for (size_t k = 0; k < n; k++)
		if (json_array_append_new(list, secret_json(&secrets[k])) != 0)
			return admin_fault(r, ST_NOMEM);
	struct secret_progress p = secret_rotation_progress(r->issuer->secret_rotation);
	return admin_done(r, 200, json_pack("{s:O, s:b, s:I, s:I}", "secrets", list, "renewing",
					    (int)p.under_way, "looked_at", (json_int_t)p.looked_at,
					    "renewed", (json_int_t)p.renewed));
}

/* ---- changes: they wait for a lock and the disk, so on a thread of their own -------------------- */

struct secret_change {
	struct slice name, file;

	struct issuer *issuer;
	int64_t now;
	enum secret_use use;
	const char *path;
	uint32_t version;
	struct error why;
};

static const struct json_field ROTATE_FIELDS[] = {
	{ "name", FIELD_TEXT, offsetof(struct secret_change, name) },
};
static const struct json_field REKEY_FIELDS[] = {
	{ "file", FIELD_TEXT, offsetof(struct secret_change, file) },
};

static status rotate(void *context)
{
	struct secret_change *w = context;
	return keys_secret_rotate(w->issuer->keys, w->use, w->now, &w->version, &w->why);
}

static status rekey(void *context)
{
	struct secret_change *w = context;
	return keys_rekey(w->issuer->keys, w->path, &w->why);
}

static struct secret_change *begin(struct request *r, const char *event)
{
	struct admin *ad = admin_of(r);
	struct secret_change *w = ad->work = arena_new(&r->arena, struct secret_change);
	ad->entry.event = event;
	if (w) {
		w->issuer = r->issuer;
		w->now = r->now;
	}
	return w;
}

static enum step_result rotate_begin(struct request *r)
{
	struct error why = { 0 };
	struct secret_change *w = begin(r, "admin.secrets.rotate");
	if (!w)
		return admin_fault(r, ST_NOMEM);
	status s = admin_read_body(r, ROTATE_FIELDS, COUNT_OF(ROTATE_FIELDS), w, &why);
	if (s == ST_OK && secret_use_parse(w->name, &w->use) != ST_OK)
		s = error_set(&why, ST_INVALID, "name: blind-index, subject-wrap, cache, session, page or refresh");
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", why.message);
	return s == ST_OK ? admin_run(r, rotate, w) : admin_fault(r, s);
}

static enum step_result refuse_change(struct request *r, const struct secret_change *w)
{
	if (is_fault(r->op.status) && !w->why.message[0])
		return admin_fault(r, r->op.status);
	return admin_refuse(r, r->op.status == ST_EXISTS ? 409 : 400, "invalid_request", "%s", w->why.message);
}

static enum step_result rotate_end(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct secret_change *w = ad->work;
	if (r->op.status != ST_OK)
		return refuse_change(r, w);
	ad->entry.detail = arena_format(&r->arena, "%s version %u", secret_use_name(w->use), w->version);
	return admin_done(r, 200, json_pack("{s:s, s:I}", "name", secret_use_name(w->use), "version",
					    (json_int_t)w->version));
}

static enum step_result rekey_begin(struct request *r)
{
	struct error why = { 0 };
	struct secret_change *w = begin(r, "admin.keys.rekey");
	if (!w)
		return admin_fault(r, ST_NOMEM);
	status s = admin_read_body(r, REKEY_FIELDS, COUNT_OF(REKEY_FIELDS), w, &why);
	if (s == ST_OK && (!w->file.n || w->file.p[0] != '/'))
		s = error_set(&why, ST_INVALID, "file: not an absolute path");
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", why.message);
	w->path = s == ST_OK ? arena_string(&r->arena, w->file) : NULL;
	return w->path ? admin_run(r, rekey, w) : admin_fault(r, s == ST_OK ? ST_NOMEM : s);
}

static enum step_result rekey_end(struct request *r)
{
	if (r->op.status != ST_OK)
		return refuse_change(r, admin_of(r)->work);
	return admin_done(r, 200, json_pack("{s:s}", "kek_file", r->issuer->conf->kek_file));
}

step_fn *const ADMIN_SECRETS_LIST[] = { admin_read, secrets_show, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_SECRETS_ROTATE[] = { admin_write, rotate_begin, rotate_end, admin_commit,
					  admin_answer, NULL };
step_fn *const ADMIN_KEYS_REKEY[] = { admin_write, rekey_begin, rekey_end, admin_commit, admin_answer,
				      NULL };
