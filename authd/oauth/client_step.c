#include "authd/oauth/client_step.h"

#include "authd/oauth/json_answer.h"
#include "authd/oauth/keys_step.h"
#include "authd/service/client_answers.h"
#include "authd/service/throttle.h"

static enum step_result answer_refused_client(struct request *r, const struct client_authentication *auth)
{
	if (auth->outcome == CLIENT_AUTH_SEVERAL || auth->outcome == CLIENT_AUTH_MALFORMED)
		return answer_refusal(r, refuse(&INVALID_REQUEST, auth->reason));
	/* RFC 6749 §5.2: a client that tried the header is told in the header. */
	if (auth->tried_basic)
		response_header(r, "WWW-Authenticate", SLICE("Basic realm=\"authd\", charset=\"UTF-8\""));
	return answer_refusal(r, refuse(&INVALID_CLIENT, auth->reason));
}

/* It may have changed its keys; or its answer will be encrypted to one of them. */
static bool wait_for_keys(struct request *r, struct client_step *c)
{
	if (c->auth.needs_keys)
		return keys_wait(r, &c->auth.client, &c->auth.keys, &c->asked_for_keys);
	return c->auth.outcome == CLIENT_AUTH_OK && client_answers_encrypted(&c->auth.client) &&
	       keys_wait_first(r, &c->auth.client, &c->asked_for_keys);
}

enum step_result client_step_begin(struct request *r)
{
	struct client_step *c = r->state;
	if (params_duplicate(&r->form).p)
		return answer_refusal(r, refuse(&INVALID_REQUEST, "a parameter is given twice"));
	const struct client_credentials credentials = {
		.authorization = r->authorization,
		.client_id = params_get(&r->form, "client_id"),
		.client_secret = params_get(&r->form, "client_secret"),
		.assertion_type = params_get(&r->form, "client_assertion_type"),
		.assertion = params_get(&r->form, "client_assertion"),
		.certificate = r->client_certificate,
		.endpoint = r->route->path,
	};
	status s = client_auth_begin(r->issuer, &credentials, r->now, &r->arena, &c->auth);
	if (s != ST_OK)
		return answer_fault(r, s, "client authentication");
	if (wait_for_keys(r, c))
		return STEP_WAIT;
	if (c->auth.outcome != CLIENT_AUTH_OK)
		return answer_refused_client(r, &c->auth);
	if (c->auth.needs_replay_mark)
		c->marks[c->marks_n++] = c->auth.replay;
	if (c->sender.jkt.p)
		c->marks[c->marks_n++] = c->sender.replay;
	if (!c->marks_n)
		return STEP_NEXT;
	cache_submit(r->issuer->cache, c->marks, c->marks_n, &r->arena, &r->op);
	return STEP_WAIT;
}

static status read_marks(struct client_step *c, struct refusal *ret_refusal)
{
	*ret_refusal = NO_REFUSAL;
	if (c->auth.needs_replay_mark) {
		c->auth.replay = c->marks[0];
		TRY(client_auth_end(&c->auth));
	}
	if (!c->sender.jkt.p)
		return ST_OK;
	c->sender.replay = c->marks[c->marks_n - 1];
	TRY(sender_replayed(&c->sender, ret_refusal));
	if (!ret_refusal->error)
		*ret_refusal = sender_check_algorithm(&c->auth.client, &c->sender);
	return ST_OK;
}

enum step_result client_step_end(struct request *r)
{
	struct client_step *c = r->state;
	struct refusal refusal;
	if (!c->marks_n)
		return STEP_NEXT;
	status s = r->op.status == ST_OK ? read_marks(c, &refusal) : r->op.status;
	if (s != ST_OK)
		return answer_fault(r, s, "replay mark of a client assertion or a DPoP proof");
	if (c->auth.outcome != CLIENT_AUTH_OK)
		return answer_refused_client(r, &c->auth);
	return refusal.error ? answer_refusal(r, refusal) : STEP_NEXT;
}

/* ---- who could be anybody ------------------------------------------------------------------- */

static bool is_anonymous(const struct client_step *c)
{
	return c->auth.client.token_endpoint_auth_method == CLIENT_AUTH_NONE;
}

enum step_result anonymous_step_count(struct request *r)
{
	struct client_step *c = r->state;
	if (!is_anonymous(c))
		return STEP_NEXT;
	status s = throttle_count(r->issuer, THROTTLE_REQUESTS, r->peer, &r->arena, &c->attempt);
	if (s != ST_OK)
		return answer_fault(r, s, "throttle");
	cache_submit(r->issuer->cache, &c->attempt, 1, &r->arena, &r->op);
	return STEP_WAIT;
}

enum step_result anonymous_step_admit(struct request *r)
{
	const struct client_step *c = r->state;
	const struct conf *conf = r->issuer->conf;
	if (!is_anonymous(c))
		return STEP_NEXT;
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "throttle");
	if (c->attempt.count <= conf->throttle.address_requests)
		return STEP_NEXT;
	response_header(r, "Retry-After", arena_format(&r->arena, "%lld", (long long)conf->throttle.window_s));
	return answer_refusal(r, refuse(&TOO_MANY_REQUESTS, "too many requests from this address"));
}
