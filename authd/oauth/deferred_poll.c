#include "authd/oauth/deferred_poll.h"

#include "authd/oauth/grants/grants.h"
#include "authd/oauth/json_answer.h"

enum step_result deferred_poll_begin(struct request *r, const char *parameter)
{
	struct token_request *t = r->state;
	struct deferred_poll *p = t->own;
	struct slice code = params_get(&r->form, parameter);
	if (slice_empty(code))
		return token_refuse(r, &INVALID_REQUEST, "the code is missing");
	status s = deferred_ask(t->type->name, code, token_client(r)->client_id, &r->arena, p);
	if (s == ST_INVALID)
		return token_refuse(r, &INVALID_GRANT, "the code is not valid");
	if (s != ST_OK)
		return answer_fault(r, s, "deferred request");
	cache_submit(r->issuer->cache, p->commands, DEFERRED_ASKS, &r->arena, &r->op);
	return STEP_WAIT;
}

/* ---- nobody has decided yet ------------------------------------------------------------------- */

static enum step_result slowed(struct request *r)
{
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "polling");
	return token_refuse(r, &SLOW_DOWN, "the interval is five seconds longer from now on");
}

static enum step_result waited(struct request *r)
{
	struct token_request *t = r->state;
	struct deferred_poll *p = t->own;
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "polling");
	if (!deferred_too_soon(p))
		return token_refuse(r, &AUTHORIZATION_PENDING, "the person has not decided yet");
	deferred_slow_down(r->now, p);
	cache_submit(r->issuer->cache, p->commands, DEFERRED_SLOWS, &r->arena, &r->op);
	return STEP_WAIT;
}

static step_fn *const WAIT_STEPS[] = { waited, slowed, NULL };

static enum step_result wait(struct request *r, struct deferred_poll *p)
{
	deferred_wait(p);
	r->next = WAIT_STEPS;
	cache_submit(r->issuer->cache, p->commands, DEFERRED_WAITS, &r->arena, &r->op);
	return STEP_WAIT;
}

/* ---- the decision ----------------------------------------------------------------------------- */

enum step_result deferred_poll_answer(struct request *r)
{
	struct token_request *t = r->state;
	struct deferred_poll *p = t->own;
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "deferred request");
	switch (deferred_answer(r->now, p)) {
	case ST_OK: break;
	case ST_BUSY: return wait(r, p);
	case ST_USED: return token_refuse(r, &INVALID_GRANT, "the code was used before");
	case ST_EXPIRED: return token_refuse(r, &EXPIRED_TOKEN, "the person did not decide in time");
	case ST_NOT_FOUND: return token_refuse(r, &INVALID_GRANT, "the code is not valid");
	default: return answer_fault(r, ST_CORRUPT, "deferred request");
	}
	if (p->deferred.denied)
		return token_refuse(r, &GRANT_DENIED, "the person said no");
	grant_take(r, &p->deferred.grant);
	return grant_narrow(r);
}
