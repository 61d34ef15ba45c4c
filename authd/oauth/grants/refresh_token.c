/* A refresh token is used (RFC 6749 §6, RFC 9700 §4.14). service/families.h has the design. */
#include "authd/oauth/grants/grants.h"

#include "authd/oauth/json_answer.h"
#include "authd/service/audit.h"
#include "authd/service/families.h"
#include "authd/service/levels.h"
#include "authd/service/marks.h"

struct refresh {
	struct refresh_token token;
	struct family family;
	uint64_t version;
	unsigned tries;
};

static step_fn open_token, load_family, stepped, end_recorded;
static step_fn *const STEPS[] = { open_token, load_family, stepped, NULL };
static step_fn *const *const AGAIN = STEPS + 1;
static step_fn *const END_STEPS[] = { end_recorded, NULL };

static enum step_result open_token(struct request *r)
{
	struct token_request *t = r->state;
	struct refresh *f = t->own;
	struct slice text = params_get(&r->form, "refresh_token");
	if (slice_empty(text))
		return token_refuse(r, &INVALID_REQUEST, "refresh_token is missing");
	status s = refresh_token_open(r->issuer, text, token_client(r)->client_id, &r->arena, &f->token);
	if (s == ST_INVALID)
		return token_refuse(r, &INVALID_GRANT, "the refresh token is not valid");
	if (s != ST_OK)
		return answer_fault(r, s, "refresh token");
	return STEP_NEXT;
}

/* What changes in a family is written together with its audit entry. */
static enum step_result commit(struct request *r, struct batch *b, const struct grant *g,
			       const char *event)
{
	const struct audit_entry entry = {
		.event = event,
		.client_id = g->client_id,
		.subject = g->subject_id,
		.actor = g->actor_id,
		.mandate = g->mandate_id,
		.grant = g->id,
	};
	status s = audit_write(b, &entry);
	if (s != ST_OK)
		return answer_fault(r, s, "refresh family");
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

static enum step_result end_family(struct request *r, const struct family *f, const char *event)
{
	struct batch *b = batch_new(&r->arena);
	if (!b)
		return answer_fault(r, ST_NOMEM, "refresh family");
	family_end(r->issuer, b, &f->grant, r->now);
	r->next = END_STEPS;
	return commit(r, b, &f->grant, event);
}

static enum step_result end_recorded(struct request *r)
{
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "refresh family");
	return token_refuse(r, &INVALID_GRANT, "the refresh token is not valid any more");
}

static enum step_result update_family(struct request *r, struct refresh *f, const char *event)
{
	struct batch *b = batch_new(&r->arena);
	status s = b ? family_update(b, &f->family, f->version) : ST_NOMEM;
	if (s != ST_OK)
		return answer_fault(r, s, "refresh family");
	return commit(r, b, &f->family.grant, event);
}

/* What the family's state and the token's generation call for. */
static enum step_result use_family(struct request *r, struct refresh *f)
{
	bool rotate = token_client(r)->rotate_refresh;
	switch (family_decide(r->issuer->conf, &f->family, &f->token, rotate, r->now)) {
	case FAMILY_REPLAY: return end_family(r, &f->family, "refresh.replay");
	case FAMILY_ENDED: return end_family(r, &f->family, "grant.expire");
	case FAMILY_REPEAT: return STEP_NEXT;
	case FAMILY_STEP:
		f->family.generation++;
		f->family.stepped_at = r->now;
		f->family.used_at = r->now;
		return update_family(r, f, "grant.refresh");
	case FAMILY_KEEP:
		if (!family_wants_touch(&f->family, r->now))
			return STEP_NEXT;
		f->family.used_at = r->now;
		return update_family(r, f, "grant.use");
	}
	return answer_fault(r, ST_BUG, "refresh family");
}

static enum step_result load_family(struct request *r)
{
	struct token_request *t = r->state;
	struct refresh *f = t->own;
	r->op.status = ST_OK;
	status s = family_get(r->issuer, f->token.family_id, &r->arena, &f->family, &f->version);
	if (s == ST_NOT_FOUND)
		return token_refuse(r, &INVALID_GRANT, "the refresh token is not valid any more");
	bool revoked = false;
	if (s == ST_OK)
		s = mark_check_grant(r->issuer, &f->family.grant, &r->arena, &revoked);
	if (s != ST_OK)
		return answer_fault(r, s, "refresh family");
	if (revoked)
		return token_refuse(r, &INVALID_GRANT, "the grant was revoked");

	if (!sender_holds(token_sender(r), &f->family.grant))
		return token_refuse(r, &INVALID_GRANT, "the refresh token is bound to another key");

	t->grant = f->family.grant;
	s = level_cap(r->issuer, &t->grant, &r->arena);
	if (s == ST_NOT_FOUND)
		return token_refuse(r, &INVALID_GRANT, "the person is no more");
	if (s != ST_OK)
		return answer_fault(r, s, "the person's level");
	enum step_result acting = grant_check_acting(r);
	if (acting != STEP_NEXT)
		return acting;
	if (!token_scope_narrowed(r, t->grant.scope, &t->scope))
		return token_refuse(r, &INVALID_SCOPE, "the scope is wider than the grant's");
	enum step_result narrowed = grant_narrow(r);
	return narrowed == STEP_NEXT ? use_family(r, f) : narrowed;
}

static enum step_result stepped(struct request *r)
{
	enum { TRIES_MAX = 16 };
	struct token_request *t = r->state;
	struct refresh *f = t->own;
	/* Somebody made the same step at the same time: look again, and give the same successor. */
	if (r->op.status == ST_CONFLICT && ++f->tries < TRIES_MAX) {
		r->next = AGAIN;
		return STEP_NEXT;
	}
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "refresh family");
	status s = refresh_token_make(r->issuer, &f->family, &r->arena, &t->refresh_token);
	if (s != ST_OK)
		return answer_fault(r, s, "refresh token");
	t->offline = true;
	return token_issue(r);
}

const struct grant_type GRANT_REFRESH_TOKEN = {
	.name = "refresh_token",
	.steps = STEPS,
	.state_size = sizeof(struct refresh),
};
