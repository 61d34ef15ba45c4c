/* POST /device_authorization: a device without a browser asks for codes (RFC 8628 §3.1, §3.2). */
#include "authd/endpoint/endpoints.h"
#include "authd/oauth/client_step.h"
#include "authd/oauth/deferred_request.h"
#include "authd/oauth/grants/grants.h"
#include "authd/oauth/json_answer.h"
#include "authd/service/user_code.h"

enum { LIFE_S = 10 * 60, TRIES_MAX = 8 };

struct device_request {
	struct client_step client_step; /* first: client_step_begin() finds it there */
	struct deferred deferred;
	struct slice device_code, user_code;
	struct cache_command commands[2];
	unsigned tries;
};

static enum step_result read(struct request *r)
{
	struct device_request *d = r->state;
	struct refusal refusal;
	status s = deferred_request_read(r, &r->form, &d->client_step.auth.client, &GRANT_DEVICE_CODE, LIFE_S,
					 &d->deferred, &refusal);
	if (s == ST_OK && refusal.error)
		return answer_refusal(r, refusal);
	if (s == ST_OK)
		s = deferred_new(GRANT_DEVICE_CODE.name, &d->deferred, &r->arena, &d->device_code);
	return s == ST_OK ? STEP_NEXT : answer_fault(r, s, "device authorization");
}

static enum step_result store(struct request *r)
{
	struct device_request *d = r->state;
	status s = user_code_new(&r->arena, &d->user_code);
	if (s == ST_OK)
		s = deferred_put(&d->deferred, r->now, &r->arena, &d->commands[1]);
	if (s != ST_OK)
		return answer_fault(r, s, "device authorization");
	d->commands[0] = user_code_add(d->user_code, d->deferred.handle, LIFE_S);
	cache_submit(r->issuer->cache, d->commands, COUNT_OF(d->commands), &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result stored(struct request *r);
static step_fn *const AGAIN_STEPS[] = { store, stored, NULL };

static enum step_result stored(struct request *r)
{
	struct device_request *d = r->state;
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "device authorization");
	/* Another device has that user code. */
	if (d->commands[0].status == ST_EXISTS && ++d->tries < TRIES_MAX) {
		r->next = AGAIN_STEPS;
		return STEP_NEXT;
	}
	if (d->commands[0].status != ST_OK)
		return answer_fault(r, ST_BUSY, "user code");

	struct slice uri = arena_format(&r->arena, "%.*s%s", SLICE_FMT(r->issuer->iss), DEVICE_ROUTE.path);
	struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_text(&w, "device_code", d->device_code);
	json_text(&w, "user_code", d->user_code);
	json_text(&w, "verification_uri", uri);
	json_text(&w, "verification_uri_complete",
		  arena_format(&r->arena, "%.*s?user_code=%.*s", SLICE_FMT(uri), SLICE_FMT(d->user_code)));
	json_number(&w, "expires_in", LIFE_S);
	json_number(&w, "interval", d->deferred.interval_s);
	json_end(&w);
	return answer_buf(r, 200, &json);
}

static step_fn *const STEPS[] = {
	client_step_begin, client_step_end, anonymous_step_count, anonymous_step_admit, read, store, stored, NULL,
};
const struct route DEVICE_AUTHORIZATION_ROUTE = {
	.path = "/device_authorization",
	.methods = METHOD_POST,
	.steps = STEPS,
	.state_size = sizeof(struct device_request),
	.form = true,
	.metadata = "device_authorization_endpoint",
	.has_alias = true,
};
