/*
 * GET  /admin/v1/keys         the ring
 * GET  /admin/v1/keys/jwks    what is published
 * POST /admin/v1/keys/revoke  {"kid": ...}: a key that others may have
 * POST /admin/v1/keys/rotate  {"algorithm": "ES256", "now": false}
 * POST /admin/v1/keys/resume  {}: go on after the clock has jumped
 */
#include "authd/endpoint/admin.h"

#include "authd/service/key_policy.h"

static json_t *key_json(const struct key_info *k)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "kid", k->kid, "algorithm",
			 key_algorithm_name(k->algorithm), "state", key_state_name(k->state),
			 "created_at", (json_int_t)k->created_at, "activates_at",
			 (json_int_t)k->activates_at, "retires_at", (json_int_t)k->retires_at,
			 "drops_at", (json_int_t)k->drops_at);
}

static enum step_result keys_show(struct request *r)
{
	struct key_info *keys;
	size_t n;
	admin_of(r)->entry.event = "admin.keys.list";
	status s = keys_list(r->issuer->keys, &r->arena, &keys, &n);
	if (s != ST_OK)
		return admin_fault(r, s);
	AUTO(json) json_t *list = json_array();
	for (size_t k = 0; k < n; k++)
		if (json_array_append_new(list, key_json(&keys[k])) != 0)
			return admin_fault(r, ST_NOMEM);
	return admin_done(r, 200, json_pack("{s:O}", "keys", list));
}

static enum step_result keys_export(struct request *r)
{
	struct admin *ad = admin_of(r);
	ad->entry.event = "admin.keys.export";
	ad->http = 200;
	status s = keys_jwks(r->issuer->keys, &r->arena, &ad->json);
	return s == ST_OK ? STEP_NEXT : admin_fault(r, s);
}

/* ---- changes: a new RSA key takes a while, so on a thread of its own -------------------------- */

struct key_change {
	struct slice name;
	bool at_once;

	struct issuer *issuer;
	int64_t now;
	enum key_algorithm algorithm;
	struct key_info key;
	struct error why;
};

static const struct json_field FIELDS[] = {
	{ "algorithm", FIELD_TEXT, offsetof(struct key_change, name) },
	{ "now", FIELD_BOOL, offsetof(struct key_change, at_once) },
};

static status rotate(void *context)
{
	struct key_change *w = context;
	const struct key_policy policy = key_policy_of(w->issuer->conf);
	return keys_rotate(w->issuer->keys, w->algorithm, w->at_once, &policy, w->now, &w->key, &w->why);
}

static status resume(void *context)
{
	struct key_change *w = context;
	return keys_resume(w->issuer->keys, w->now, &w->why);
}

static struct key_change *begin(struct request *r, const char *event)
{
	struct admin *ad = admin_of(r);
	struct key_change *w = ad->work = arena_new(&r->arena, struct key_change);
	ad->entry.event = event;
	if (w) {
		w->issuer = r->issuer;
		w->now = r->now;
	}
	return w;
}

static enum step_result keys_rotate_begin(struct request *r)
{
	struct error why = { 0 };
	struct key_change *w = begin(r, "admin.keys.rotate");
	if (!w)
		return admin_fault(r, ST_NOMEM);
	status s = admin_read_body(r, FIELDS, COUNT_OF(FIELDS), w, &why);
	if (s == ST_OK && key_algorithm_parse(w->name, &w->algorithm) != ST_OK)
		s = error_set(&why, ST_INVALID, "algorithm: one of %s", r->issuer->conf->keys.algorithms);
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", why.message);
	return s == ST_OK ? admin_run(r, rotate, w) : admin_fault(r, s);
}

/* A key that was made stays made, whether or not its audit entry can be written: r->op says which. */
static enum step_result keys_rotate_end(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct key_change *w = ad->work;
	if (is_fault(r->op.status))
		return admin_fault(r, r->op.status);
	if (r->op.status != ST_OK)
		return admin_refuse(r, 409, "conflict", "%s", w->why.message);
	ad->entry.kid = slice_str(w->key.kid);
	ad->entry.detail = w->at_once ? SLICE("at once") : SLICE("announced");
	return admin_done(r, 200, key_json(&w->key));
}

static status revoke(void *context)
{
	struct key_change *w = context;
	return keys_revoke(w->issuer->keys, w->name, w->now, &w->why);
}

static enum step_result keys_revoke_begin(struct request *r)
{
	static const struct json_field fields[] = {
		{ "kid", FIELD_TEXT, offsetof(struct key_change, name) },
	};
	struct error why = { 0 };
	struct key_change *w = begin(r, "admin.keys.revoke");
	if (!w)
		return admin_fault(r, ST_NOMEM);
	status s = admin_read_body(r, fields, COUNT_OF(fields), w, &why);
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", why.message);
	admin_of(r)->entry.kid = w->name;
	return s == ST_OK ? admin_run(r, revoke, w) : admin_fault(r, s);
}

static enum step_result keys_revoke_end(struct request *r)
{
	struct key_change *w = admin_of(r)->work;
	if (is_fault(r->op.status))
		return admin_fault(r, r->op.status);
	if (r->op.status == ST_NOT_FOUND)
		return admin_refuse(r, 404, "not_found", "%s", w->why.message);
	if (r->op.status != ST_OK)
		return admin_refuse(r, 409, "conflict", "%s", w->why.message);
	return admin_done(r, 200, json_pack("{s:o, s:s}", "kid", json_of_text(w->name), "state",
					    key_state_name(KEY_REVOKED)));
}

static enum step_result keys_resume_begin(struct request *r)
{
	struct error why = { 0 };
	struct key_change *w = begin(r, "admin.keys.resume");
	if (!w)
		return admin_fault(r, ST_NOMEM);
	status s = admin_read_body(r, NULL, 0, w, &why);
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", why.message);
	return s == ST_OK ? admin_run(r, resume, w) : admin_fault(r, s);
}

static enum step_result keys_resume_end(struct request *r)
{
	struct key_change *w = admin_of(r)->work;
	if (is_fault(r->op.status))
		return admin_fault(r, r->op.status);
	if (r->op.status != ST_OK)
		return admin_refuse(r, 409, "conflict", "%s", w->why.message);
	return admin_done(r, 200, json_pack("{s:b}", "resumed", 1));
}

step_fn *const ADMIN_KEYS_LIST[] = { admin_read, keys_show, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_KEYS_EXPORT[] = { admin_read, keys_export, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_KEYS_REVOKE[] = { admin_write, keys_revoke_begin, keys_revoke_end, admin_commit,
				       admin_answer, NULL };
step_fn *const ADMIN_KEYS_ROTATE[] = { admin_write, keys_rotate_begin, keys_rotate_end, admin_commit,
				       admin_answer, NULL };
step_fn *const ADMIN_KEYS_RESUME[] = { admin_write, keys_resume_begin, keys_resume_end, admin_commit,
				       admin_answer, NULL };
