/* POST /admin/v1/keys/bundle  {"expires": "30d"}: what a root is to sign, on a machine of its own */
#include "authd/endpoint/admin.h"
#include "authd/endpoint/endpoints.h"

#include "authd/service/key_policy.h"
#include "authd/service/status_lists.h"
#include "authd/service/trust_bundle.h"

#include <inttypes.h>

struct making {
	struct slice expires; /* as asked for */

	struct issuer *issuer;
	struct arena *arena; /* the request's, which waits meanwhile */
	struct trust_bundle bundle;
	struct error why;
};

static const struct json_field FIELDS[] = {
	{ "expires", FIELD_TEXT, offsetof(struct making, expires) },
};

/* On a thread of its own: a key that is due now is announced first. */
static status gather(void *context)
{
	struct making *w = context;
	struct trust_bundle *b = &w->bundle;
	const struct conf *conf = w->issuer->conf;
	const struct key_policy policy = key_policy_of(conf);
	int64_t until;
	TRY(keys_tick(w->issuer->keys, &policy, b->issued_at, &w->why));
	TRY(keys_jwks_dated(w->issuer->keys, &policy, w->arena, &b->jwks, &until));
	TRY(trust_bundle_expiry(conf, w->expires, until, b->issued_at, &b->expires_at, &w->why));
	struct slice *lists;
	TRY(status_lists_all(w->issuer, b->issued_at, w->arena, &lists, &b->lists_n));
	b->lists = lists;
	return ST_OK;
}

static enum step_result bundle_begin(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct making *w = ad->work = arena_new(&r->arena, struct making);
	ad->entry.event = "admin.keys.bundle";
	if (!w)
		return admin_fault(r, ST_NOMEM);
	w->issuer = r->issuer;
	w->arena = &r->arena;
	w->bundle.issuer = r->issuer->iss;
	w->bundle.issued_at = r->now;
	status s = admin_read_body(r, FIELDS, COUNT_OF(FIELDS), w, &w->why);
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", w->why.message);
	return s == ST_OK ? admin_run(r, gather, w) : admin_fault(r, s);
}

static status finish(struct request *r, struct trust_bundle *b, struct slice *ret)
{
	struct buf metadata = { 0 };
	AUTO_BUF struct buf json = { 0 };
	discovery_write(r, &metadata);
	b->metadata = buf_finish(&metadata, &r->arena);
	if (!b->metadata.p)
		return ST_NOMEM;
	TRY(trust_bundle_next(r->issuer->records, admin_of(r)->batch, b->issued_at, &r->arena,
			      &b->version));
	TRY(trust_bundle_encode(b, &json));
	*ret = buf_finish(&json, &r->arena);
	return ret->p ? ST_OK : ST_NOMEM;
}

static enum step_result bundle_end(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct making *w = ad->work;
	if (is_fault(r->op.status))
		return admin_fault(r, r->op.status);
	if (r->op.status != ST_OK)
		return admin_refuse(r, r->op.status == ST_INVALID ? 400 : 409, "invalid_request", "%s",
				    w->why.message);
	status s = finish(r, &w->bundle, &ad->json);
	if (s != ST_OK)
		return admin_fault(r, s);
	ad->http = 200;
	ad->entry.detail = arena_format(&r->arena, "version %" PRId64 " until %" PRId64,
					w->bundle.version, w->bundle.expires_at);
	return STEP_NEXT;
}

step_fn *const ADMIN_KEYS_BUNDLE[] = { admin_write, bundle_begin, bundle_end, admin_commit,
				       admin_answer, NULL };
