/* A code is exchanged for tokens, once (RFC 6749 §4.1.3, RFC 7636 §4.6, OIDC Core §3.1.3). */
#include "authd/oauth/grants/grants.h"

#include "authd/oauth/json_answer.h"
#include "authd/service/audit.h"
#include "authd/service/codes.h"
#include "authd/service/families.h"
#include "authd/service/marks.h"

struct redemption {
	struct cache_command take;
	struct code code;
};

static bool is_verifier(struct slice v)
{
	enum { VERIFIER_MIN = 43, VERIFIER_MAX = 128 };
	if (v.n < VERIFIER_MIN || v.n > VERIFIER_MAX)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!is_unreserved(v.p[i]))
			return false;
	return true;
}

static enum step_result take_code(struct request *r)
{
	struct token_request *t = r->state;
	struct redemption *d = t->own;
	struct slice code = params_get(&r->form, "code");
	struct slice verifier = params_get(&r->form, "code_verifier");
	/* What is malformed is refused before the code is taken: a slip does not cost the code. */
	if (slice_empty(code))
		return token_refuse(r, &INVALID_REQUEST, "code is missing");
	if (!slice_empty(verifier) && !is_verifier(verifier))
		return token_refuse(r, &INVALID_REQUEST, "code_verifier is malformed (RFC 7636 4.1)");

	status s = code_take_command(code, token_client(r)->client_id, &r->arena, &d->take);
	if (s == ST_INVALID)
		return token_refuse(r, &INVALID_GRANT, "the code is not valid");
	if (s != ST_OK)
		return answer_fault(r, s, "code");
	cache_submit(r->issuer->cache, &d->take, 1, &r->arena, &r->op);
	return STEP_WAIT;
}

/* ---- a replay: whoever has the code a second time may have had it the first time ------------- */

static enum step_result replay_recorded(struct request *r)
{
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "revocation");
	return token_refuse(r, &INVALID_GRANT, "the code was used before");
}

static step_fn *const REPLAY_STEPS[] = { replay_recorded, NULL };

/* RFC 6749 §4.1.2: all tokens of the first exchange are revoked. */
static enum step_result end_grant(struct request *r, const struct code *code)
{
	const struct audit_entry entry = {
		.event = "code.replay",
		.outcome = "refused",
		.client_id = code->grant.client_id,
		.subject = code->grant.subject_id,
		.grant = code->grant.id,
	};
	struct batch *b = batch_new(&r->arena);
	if (!b)
		return answer_fault(r, ST_NOMEM, "revocation");
	family_end(r->issuer, b, &code->grant, r->now);
	status s = audit_write(b, &entry);
	if (s != ST_OK)
		return answer_fault(r, s, "revocation");
	r->next = REPLAY_STEPS;
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

/* ---- the first time -------------------------------------------------------------------------- */

static enum step_result check_code(struct request *r)
{
	struct token_request *t = r->state;
	struct redemption *d = t->own;
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "code");
	status s = code_from_answer(&d->take, r->now, &d->code);
	if (s == ST_USED)
		return end_grant(r, &d->code);
	if (s == ST_NOT_FOUND || s == ST_EXPIRED)
		return token_refuse(r, &INVALID_GRANT, "the code is not valid");
	if (s != ST_OK)
		return answer_fault(r, s, "code");

	if (!slice_equal(params_get(&r->form, "redirect_uri"), d->code.redirect_uri))
		return token_refuse(r, &INVALID_GRANT, "redirect_uri is not the one of the request");
	bool matches;
	s = code_verifier_matches(params_get(&r->form, "code_verifier"), d->code.code_challenge, &matches);
	if (s != ST_OK)
		return answer_fault(r, s, "code_verifier");
	if (!matches)
		return token_refuse(r, &INVALID_GRANT, "code_verifier does not match");

	/* RFC 9449 §10: the code is for one key alone. */
	if (!sender_holds(token_sender(r), &d->code.grant))
		return token_refuse(r, &INVALID_GRANT, "the code is bound to another key");

	t->nonce = d->code.nonce;
	grant_take(r, &d->code.grant);
	return grant_narrow(r);
}

static step_fn *const STEPS[] = { take_code,          check_code,  grant_check_grounds,
				  grant_begin_family, grant_issue, NULL };
const struct grant_type GRANT_AUTHORIZATION_CODE = {
	.name = "authorization_code",
	.steps = STEPS,
	.state_size = sizeof(struct redemption),
};
