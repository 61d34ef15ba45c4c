/*
 * An assertion for tokens (RFC 7523 §2.1): another issuer, whose keys stand in a row of policy, says for
 * whom the client wants one. Nobody was authenticated here, so the token says no level and no time.
 */
#include "authd/oauth/grants/grants.h"

#include "authd/oauth/exchange_target.h"
#include "authd/oauth/json_answer.h"
#include "authd/service/audit.h"
#include "authd/service/bearer_assertion.h"
#include "authd/service/claims.h"
#include "authd/service/consents.h"
#include "authd/service/subjects.h"
#include "keys/seal.h"

struct bearer {
	struct exchange_target target;
	struct bearer_assertion assertion;
};

/* ---- is it good? ---------------------------------------------------------------------------- */

static enum step_result choose_row(struct request *r)
{
	struct token_request *t = r->state;
	struct bearer *b = t->own;
	struct slice text = params_get(&r->form, "assertion"), issuer, rest, first;
	struct refusal refusal;
	if (token_client(r)->token_endpoint_auth_method == CLIENT_AUTH_NONE)
		return token_refuse(r, &UNAUTHORIZED_CLIENT, "a public client may not present assertions");
	if (slice_empty(text))
		return token_refuse(r, &INVALID_REQUEST, "assertion is missing");
	status s = bearer_assertion_peek(text, &r->arena, &issuer);
	if (s == ST_INVALID)
		return token_refuse(r, &INVALID_GRANT, "the assertion is malformed");
	if (s == ST_OK)
		s = exchange_target_read(r, issuer, SLICE(TOKEN_TYPE_JWT), &b->target, &refusal);
	if (s != ST_OK)
		return answer_fault(r, s, "assertion");
	if (refusal.error)
		return token_refuse(r, refusal.error, refusal.description);
	/* Each row has its own keys. */
	rest = b->target.audience;
	if (slice_next_word(&rest, &first) && !slice_empty(rest))
		return token_refuse(r, &INVALID_TARGET, "an assertion is good for one audience");
	return STEP_NEXT;
}

static enum step_result verify(struct request *r)
{
	struct token_request *t = r->state;
	struct bearer *b = t->own;
	status s = bearer_assertion_verify(r->issuer, &b->target.policy, params_get(&r->form, "assertion"),
					   r->now, &r->arena, &b->assertion);
	if (s == ST_INVALID)
		return token_refuse(r, &INVALID_GRANT, b->assertion.reason);
	if (s != ST_OK)
		return answer_fault(r, s, "assertion");
	cache_submit(r->issuer->cache, &b->assertion.replay, 1, &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result check_replay(struct request *r)
{
	struct token_request *t = r->state;
	struct bearer *b = t->own;
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "assertion");
	if (b->assertion.replay.status == ST_EXISTS)
		return token_refuse(r, &INVALID_GRANT, "the assertion was used before");
	if (b->assertion.replay.status != ST_OK)
		return answer_fault(r, b->assertion.replay.status, "assertion");
	return STEP_NEXT;
}

/* ---- what is issued ------------------------------------------------------------------------- */

/* The record must still be as it was read when the entry is written: a suspension comes before or after. */
static enum step_result record(struct request *r, const struct grant *g, uint64_t version)
{
	const struct audit_entry entry = {
		.event = "grant.assertion",
		.client_id = g->client_id,
		.subject = g->subject_id,
		.grant = g->id,
		.detail = g->audience,
	};
	struct batch *b = batch_new(&r->arena);
	status s = b ? audit_write(b, &entry) : ST_NOMEM;
	if (s != ST_OK)
		return answer_fault(r, s, "assertion");
	if (!id_is_zero(g->subject_id))
		subject_expect(b, g->subject_id, version);
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

static enum step_result decide(struct request *r)
{
	struct token_request *t = r->state;
	struct bearer *b = t->own;
	const struct client *client = token_client(r);
	struct subject subject;
	uint64_t version;
	status s = bearer_assertion_subject(r->issuer, &b->target.policy, b->assertion.subject, r->now,
					    &r->arena, &subject, &version);
	/* Nobody learns here who is registered, or suspended. */
	if (s == ST_NOT_FOUND || (s == ST_OK && subject.kind == SUBJECT_LEGAL && !client->legal_persons))
		return token_refuse(r, &INVALID_GRANT, "the assertion means nobody that this client may act for");
	if (s == ST_OK && !token_scope_narrowed(r, b->target.scope, &t->scope))
		return token_refuse(r, &INVALID_SCOPE, "the scope is wider than the client's or the policy's");

	t->grant = (struct grant){
		.subject_id = subject.id,
		.client_id = client->client_id,
		.scope = t->scope,
		.audience = b->target.audience,
		.kind = subject.kind,
		.authentication.proved_us = r->now_us,
		.created_at = r->now,
	};
	if (s == ST_OK && !id_is_zero(subject.id))
		s = consent_claims(r->issuer, client, subject.id, claims_of_scope(t->scope), &r->arena,
				   &t->grant.agreed);
	if (s == ST_OK)
		s = random_bytes(t->grant.id.bytes, sizeof t->grant.id.bytes);
	if (s != ST_OK)
		return answer_fault(r, s, "assertion");
	return record(r, &t->grant, version);
}

static enum step_result issue(struct request *r)
{
	if (r->op.status == ST_CONFLICT)
		return answer_unavailable(r, "the person's record has just changed");
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "assertion");
	return token_issue(r);
}

static step_fn *const STEPS[] = { choose_row, verify, check_replay, decide, issue, NULL };
const struct grant_type GRANT_JWT_BEARER = {
	.name = "urn:ietf:params:oauth:grant-type:jwt-bearer",
	.steps = STEPS,
	.state_size = sizeof(struct bearer),
};
