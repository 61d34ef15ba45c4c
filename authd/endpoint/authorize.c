/* /authorize: the authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2), and POST /consent. */
#include "authd/endpoint/endpoints.h"
#include "authd/endpoint/interaction.h"
#include "authd/endpoint/pages.h"
#include "authd/service/audit.h"
#include "authd/service/consents.h"

/*
 * A POST from another site brings no SameSite=Lax cookie, so the session would not be seen: the
 * browser is sent to the same request as a GET (303), which does bring it.
 */
static enum step_result post_becomes_get(struct request *r)
{
	AUTO_BUF struct buf location = { 0 };
	buf_put_text(&location, "/authorize?");
	params_put(&location, &r->form);
	enum { LOCATION_MAX = 8 << 10 };
	if (location.n > LOCATION_MAX)
		return answer_error_page(r, 400, refuse(&INVALID_REQUEST, "the request is over 8 KiB"));
	struct slice copy = location.failed ? NO_SLICE : arena_copy(&r->arena, buf_slice(&location));
	if (!copy.p)
		return answer_fault_page(r, ST_NOMEM, "authorization request");
	return answer_redirect(r, 303, copy);
}

static enum step_result authorize_read(struct request *r)
{
	struct interaction *i = r->state;
	if (r->method == METHOD_POST)
		return post_becomes_get(r);
	i->parameters = r->query_string;
	return interaction_read(r, i, &r->query);
}

static enum step_result get_session(struct request *r) { return interaction_get_session(r, r->state); }
static enum step_result take_session(struct request *r) { return interaction_take_session(r, r->state); }
static enum step_result decide(struct request *r) { return interaction_decide(r, r->state); }
static enum step_result issue(struct request *r) { return interaction_issue(r, r->state); }
static enum step_result answer_code(struct request *r) { return interaction_answer(r, r->state); }

static step_fn *const AUTHORIZE_STEPS[] = { authorize_read, get_session, take_session, decide,
					    issue,          answer_code, NULL };
const struct route AUTHORIZE_ROUTE = {
	.path = "/authorize",
	.methods = METHOD_GET | METHOD_POST,
	.steps = AUTHORIZE_STEPS,
	.state_size = sizeof(struct interaction),
	.form = true,
};

/* ---- consent -------------------------------------------------------------------------------- */

struct consent_form {
	struct interaction interaction; /* first, so that the shared steps find it */
	struct pending pending;
};

static enum step_result consent_read(struct request *r)
{
	struct consent_form *c = r->state;
	return interaction_resume(r, &c->interaction, PENDING_CONSENT, &c->pending);
}

/* Deciding once more ends at the same page, now in the other language. */
static step_fn *const SHOW_AGAIN_STEPS[] = { decide, issue, answer_code, NULL };

/* The decision counts for the person and the session that were on the page. */
static enum step_result consent_decide(struct request *r)
{
	struct consent_form *c = r->state;
	struct interaction *i = &c->interaction;
	if (!i->has_session || !id_equal(i->session.id, c->pending.session_id))
		return interaction_sign_in_page(r, i, 200, PROBLEM_EXPIRED, 0, NO_SLICE);

	if (slice_is(params_get(&r->form, "action"), "language")) {
		r->next = SHOW_AGAIN_STEPS;
		return STEP_NEXT;
	}
	struct slice decision = params_get(&r->form, "decision");
	if (slice_is(decision, "deny"))
		return interaction_refuse(r, i, refuse(&ACCESS_DENIED, "the person said no"));
	if (!slice_is(decision, "allow"))
		return answer_error_page(r, 400, refuse(&INVALID_REQUEST, "decision is missing"));

	struct batch *b = batch_new(&r->arena);
	const struct audit_entry entry = {
		.event = "consent.give",
		.actor = i->session.subject_id,
		.client_id = i->az.client.client_id,
		.session = i->session.id,
		.detail = i->az.scope,
	};
	status s = b ? consent_give(r->issuer, b, &i->az.client, i->session.subject_id, i->az.scope, r->now,
				    &r->arena) : ST_NOMEM;
	if (s == ST_OK)
		s = audit_write(b, &entry);
	if (s != ST_OK)
		return answer_fault_page(r, s, "consent");
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

static enum step_result consent_given(struct request *r)
{
	struct consent_form *c = r->state;
	/* Somebody agreed in another window at the same moment: the page is shown again. */
	if (r->op.status == ST_CONFLICT)
		return STEP_NEXT;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "consent");
	c->interaction.just_consented = true;
	/* Whoever was asked to sign in for this request did so before this page was shown. */
	c->interaction.just_signed_in = true;
	return STEP_NEXT;
}

static step_fn *const CONSENT_STEPS[] = { consent_read,  get_session, take_session, consent_decide,
					  consent_given, decide,      issue,        answer_code,
					  NULL };
const struct route CONSENT_ROUTE = {
	.path = "/consent",
	.methods = METHOD_POST,
	.steps = CONSENT_STEPS,
	.state_size = sizeof(struct consent_form),
	.form = true,
};
