/* /authorize: the authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2), and POST /consent. */
#include "authd/endpoint/endpoints.h"
#include "authd/endpoint/interaction.h"
#include "authd/endpoint/pages.h"
#include "authd/service/audit.h"
#include "authd/service/consents.h"

static enum step_result authorize_begin(struct request *r)
{
	if (r->method == METHOD_POST)
		return browser_post_becomes_get(r);
	return interaction_begin(r);
}

static step_fn *const AUTHORIZE_STEPS[] = {
	authorize_begin,     interaction_found,    interaction_read_object, interaction_read,
	browser_get_session, browser_take_session, interaction_decide,      interaction_issue,
	interaction_answer,  NULL,
};
const struct route AUTHORIZE_ROUTE = {
	.path = "/authorize",
	.methods = METHOD_GET | METHOD_POST,
	.steps = AUTHORIZE_STEPS,
	.state_size = sizeof(struct interaction),
	.form = true,
	.metadata = "authorization_endpoint",
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
static step_fn *const SHOW_AGAIN_STEPS[] = { interaction_decide, interaction_issue, interaction_answer,
					    NULL };

/* In whose name they agree is what the page said. */
static status settle(struct request *r, struct interaction *i)
{
	TRY(acting_load(r, i));
	TRY(acting_settle(i));
	return i->acting.settled ? ST_OK : ST_CONFLICT;
}

/* The decision counts for the person and the session that were on the page. */
static struct slice consent_detail(struct request *r, const struct consent *given)
{
	struct slice names;
	if (claims_names(given->claims, &r->arena, &names) != ST_OK)
		return NO_SLICE;
	return names.n ? arena_format(&r->arena, "%.*s claims: %.*s", SLICE_FMT(given->scope), SLICE_FMT(names))
		       : given->scope;
}

static enum step_result consent_decide(struct request *r)
{
	struct consent_form *c = r->state;
	struct interaction *i = &c->interaction;
	if (!i->browser.has_session || !id_equal(i->browser.session.id, c->pending.session_id))
		return interaction_sign_in_page(r, i, 200, PROBLEM_EXPIRED, 0, NO_SLICE);
	/* Whoever was asked to sign in for this request did so before this page was shown. */
	i->just_signed_in = true;

	if (slice_is(params_get(&r->form, "action"), "language")) {
		r->next = SHOW_AGAIN_STEPS;
		return STEP_NEXT;
	}
	struct slice decision = params_get(&r->form, "decision");
	if (slice_is(decision, "deny"))
		return interaction_deny(r, i, "the person said no");
	if (!slice_is(decision, "allow"))
		return answer_error_page(r, 400, refuse(&INVALID_REQUEST, "decision is missing"));

	status s = settle(r, i);
	if (s == ST_CONFLICT) { /* what was on the page is no more: asked again */
		r->next = SHOW_AGAIN_STEPS;
		return STEP_NEXT;
	}
	if (s != ST_OK)
		return answer_fault_page(r, s, "mandates");
	struct batch *b = batch_new(&r->arena);
	const struct consent given = interaction_consent(r, i);
	const struct audit_entry entry = {
		.event = "consent.give",
		.actor = i->browser.session.subject_id,
		.mandate = i->acting.mandate_id,
		.client_id = i->az.client.client_id,
		.session = i->browser.session.id,
		.authorization_details = i->az.details,
		.detail = consent_detail(r, &given),
	};
	s = b && entry.detail.p
		    ? consent_give(r->issuer, b, &i->az.client, interaction_owner(i), &given, &r->arena)
		    : ST_NOMEM;
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
	return STEP_NEXT;
}

static step_fn *const CONSENT_STEPS[] = {
	consent_read,  browser_get_session, browser_take_session, consent_decide,
	consent_given, interaction_decide,  interaction_issue,    interaction_answer, NULL,
};
const struct route CONSENT_ROUTE = {
	.path = "/consent",
	.methods = METHOD_POST,
	.steps = CONSENT_STEPS,
	.state_size = sizeof(struct consent_form),
	.form = true,
};
