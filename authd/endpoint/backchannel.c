/* POST /bc-authorize: a client asks for a person who is elsewhere (CIBA §7). */
#include "authd/endpoint/endpoints.h"
#include "authd/oauth/backchannel_request.h"
#include "authd/oauth/client_step.h"
#include "authd/oauth/grants/grants.h"
#include "authd/oauth/json_answer.h"
#include "authd/oauth/keys_step.h"
#include "authd/service/foreign_jwt.h"
#include "authd/service/inbox.h"

enum { TRIES_MAX = 8, REPLAY_S = 2 * 3600 };

struct backchannel {
	struct client_step client_step; /* first: client_step_begin() finds it there */
	struct backchannel_request request;
	struct slice auth_req_id;
	bool asked_keys; /* of the client's jwks_uri, once */
	struct cache_command commands[INBOX_PLACES + 1], chosen[2];
	unsigned tries;
};

static enum step_result look(struct request *r);
static enum step_result store(struct request *r);
static enum step_result stored(struct request *r);
static step_fn *const AGAIN_STEPS[] = { look, store, stored, NULL };

static enum step_result read(struct request *r)
{
	struct backchannel *b = r->state;
	struct refusal refusal;
	struct deferred *d = &b->request.deferred;
	const struct client *client = &b->client_step.auth.client;
	if (client->token_endpoint_auth_method == CLIENT_AUTH_NONE)
		return answer_refusal(r, refuse(&UNAUTHORIZED_CLIENT, "a public client cannot do this"));
	struct client_keys keys = { 0 };
	status s = client_keys_get(r->issuer, client, r->now, &r->arena, &keys);
	if (!is_fault(s))
		s = backchannel_request_read(r, client, keys.jwks, &b->request, &refusal);
	bool is_signed = params_get(&r->form, "request").n;
	if (s == ST_OK && refusal.error && is_signed && keys_wait(r, client, &keys, &b->asked_keys))
		return STEP_WAIT;
	if (s == ST_OK && refusal.error)
		return answer_refusal(r, refusal);
	if (s == ST_OK)
		s = deferred_new(GRANT_TYPE_CIBA, d, &r->arena, &b->auth_req_id);
	if (backchannel_pings(client))
		d->auth_req_id = b->auth_req_id;
	return s == ST_OK ? STEP_NEXT : answer_fault(r, s, "back-channel request");
}

/* The person's places, and, the first time, the mark that a signed request counts once. */
static enum step_result look(struct request *r)
{
	struct backchannel *b = r->state;
	size_t n = INBOX_PLACES;
	status s = inbox_get(b->request.deferred.grant.subject_id, &r->arena, b->commands);
	if (s == ST_OK && b->request.jti.n && !b->tries)
		s = replay_mark("request", b->request.deferred.grant.client_id, b->request.jti, REPLAY_S, &r->arena,
				&b->commands[n++]);
	if (s != ST_OK)
		return answer_fault(r, s, "back-channel request");
	cache_submit(r->issuer->cache, b->commands, n, &r->arena, &r->op);
	return STEP_WAIT;
}

/* NULL: there is none. */
static status free_place(const struct backchannel *b, const struct cache_command **ret)
{
	unsigned share;
	TRY(inbox_share(b->request.deferred.grant.client_id, &share));
	*ret = NULL;
	for (size_t i = 0; i < INBOX_PLACES && !*ret; i++)
		if (share & 1U << i && b->commands[i].status == ST_NOT_FOUND)
			*ret = &b->commands[i];
	return ST_OK;
}

static enum step_result store(struct request *r)
{
	struct backchannel *b = r->state;
	const struct deferred *d = &b->request.deferred;
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "back-channel request");
	if (b->commands[INBOX_PLACES].status == ST_EXISTS)
		return answer_refusal(r, refuse(&INVALID_REQUEST, "the request object was used before"));
	const struct cache_command *place;
	status s = free_place(b, &place);
	if (s != ST_OK)
		return answer_fault(r, s, "back-channel request");
	if (!place)
		return answer_refusal(r, refuse(&ACCESS_DENIED, "too many requests wait for this person"));
	b->chosen[0] = inbox_add(place, d->handle, b->request.life_s);
	s = deferred_put(d, r->now, &r->arena, &b->chosen[1]);
	if (s != ST_OK)
		return answer_fault(r, s, "back-channel request");
	cache_submit(r->issuer->cache, b->chosen, COUNT_OF(b->chosen), &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result stored(struct request *r)
{
	struct backchannel *b = r->state;
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "back-channel request");
	/* Another request took the place. */
	if (b->chosen[0].status == ST_EXISTS && ++b->tries < TRIES_MAX) {
		r->next = AGAIN_STEPS;
		return STEP_NEXT;
	}
	if (b->chosen[0].status != ST_OK)
		return answer_fault(r, ST_BUSY, "back-channel request");
	struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_text(&w, "auth_req_id", b->auth_req_id);
	json_number(&w, "expires_in", b->request.life_s);
	json_number(&w, "interval", b->request.deferred.interval_s);
	json_end(&w);
	return answer_buf(r, 200, &json);
}

static step_fn *const STEPS[] = { client_step_begin, client_step_end, read, look, store, stored, NULL };
const struct route BACKCHANNEL_ROUTE = {
	.path = "/bc-authorize",
	.methods = METHOD_POST,
	.steps = STEPS,
	.state_size = sizeof(struct backchannel),
	.form = true,
	.metadata = "backchannel_authentication_endpoint",
	.has_alias = true,
};
