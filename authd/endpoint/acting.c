/* POST /acting: in whose name the person goes on. */
#include "authd/endpoint/acting.h"

#include "authd/endpoint/endpoints.h"
#include "authd/endpoint/interaction.h"
#include "authd/service/acting.h"
#include "authd/service/marks.h"
#include "authd/service/pairwise.h"
#include "authd/service/subjects.h"

/* What was revoked of the legal person since they signed in would be refused at the token endpoint. */
static status leave_revoked(struct request *r, struct interaction *i)
{
	struct acting *c = &i->acting;
	size_t n = 0;
	for (size_t k = 0; k < c->n; k++) {
		bool revoked;
		TRY(mark_check(r->issuer, MARK_SUBJECT, id_slice(&c->uses[k].legal.id),
			       i->browser.session.proved_us, &r->arena, &revoked));
		if (!revoked)
			c->uses[n++] = c->uses[k];
	}
	c->n = n;
	return ST_OK;
}

status acting_load(struct request *r, struct interaction *i)
{
	const struct session *session = &i->browser.session;
	struct subject person;
	i->acting.uses = NULL;
	i->acting.n = 0;
	i->acting.own = true;
	if (!i->browser.has_session || session->kind != SUBJECT_NATURAL || !i->az.client.legal_persons)
		return ST_OK;
	status s = subjects_get(r->issuer, session->subject_id, &r->arena, &person);
	if (s != ST_OK)
		return is_fault(s) ? s : ST_BUG;
	TRY(mandates_usable(r->issuer, &person, r->now, &r->arena, &i->acting.uses, &i->acting.n));
	return leave_revoked(r, i);
}

status acting_narrow(struct request *r, struct interaction *i, struct slice wanted, bool *ret_any)
{
	const struct client *client = &i->az.client;
	const struct session *session = &i->browser.session;
	struct acting *c = &i->acting;
	struct slice sub;
	size_t n = 0;
	TRY(client_sub(r->issuer, client, session->kind, session->subject_id, &r->arena, &sub));
	c->own = c->own && slice_equal(sub, wanted);
	for (size_t k = 0; k < c->n; k++) {
		TRY(client_sub(r->issuer, client, SUBJECT_LEGAL, c->uses[k].legal.id, &r->arena, &sub));
		if (slice_equal(sub, wanted))
			c->uses[n++] = c->uses[k];
	}
	c->n = n;
	*ret_any = c->own || n;
	return ST_OK;
}

/* Is it one of them? */
static bool settle_on(struct acting *c, struct id mandate_id)
{
	if (id_is_zero(mandate_id))
		return c->own;
	for (size_t k = 0; k < c->n; k++) {
		if (!id_equal(c->uses[k].mandate.id, mandate_id))
			continue;
		c->use = &c->uses[k];
		return true;
	}
	return false;
}

status acting_settle(struct interaction *i)
{
	struct acting *c = &i->acting;
	struct id last;
	c->use = NULL;
	/* What was chosen and is no more is not silently something else. */
	if (c->chosen) {
		c->settled = settle_on(c, c->mandate_id);
		return ST_OK;
	}
	c->settled = c->n + c->own == 1;
	if (c->settled)
		c->use = c->n ? c->uses : NULL;
	if (c->settled || i->az.prompt & PROMPT_SELECT_ACCOUNT)
		return ST_OK;
	status s = acting_remembered(&i->browser.session, i->az.client.client_id, &last);
	if (s == ST_OK)
		c->settled = settle_on(c, last);
	return is_fault(s) ? s : ST_OK;
}

/* ---- the form ------------------------------------------------------------------------------- */

struct acting_form {
	struct interaction interaction; /* first, so that the shared steps find it */
	struct pending pending;
	struct cache_command put;
};

static enum step_result read_form(struct request *r)
{
	struct acting_form *f = r->state;
	return interaction_resume(r, &f->interaction, PENDING_ACTING, &f->pending);
}

static step_fn *const SHOW_AGAIN_STEPS[] = { interaction_decide, interaction_issue, interaction_answer, NULL };

static enum step_result remember(struct request *r)
{
	struct acting_form *f = r->state;
	struct interaction *i = &f->interaction;
	struct session *session = &i->browser.session;
	session->used_at = r->now;
	status s = acting_remember(session, i->az.client.client_id, i->acting.mandate_id, &r->arena);
	if (s == ST_OK)
		s = session_put_command(r->issuer, session, r->now, &r->arena, &f->put);
	if (s != ST_OK)
		return answer_fault_page(r, s, "session");
	cache_submit(r->issuer->cache, &f->put, 1, &r->arena, &r->op);
	return STEP_WAIT;
}

/* The choice counts for the person and the session that were on the page, and for what they have. */
static enum step_result choose(struct request *r)
{
	struct acting_form *f = r->state;
	struct interaction *i = &f->interaction;
	struct slice said = params_get(&r->form, "mandate");
	if (!i->browser.has_session || !id_equal(i->browser.session.id, f->pending.session_id))
		return interaction_sign_in_page(r, i, 200, PROBLEM_EXPIRED, 0, NO_SLICE);
	i->just_signed_in = true; /* before the page was shown */
	if (slice_is(params_get(&r->form, "action"), "language")) {
		r->next = SHOW_AGAIN_STEPS;
		return STEP_NEXT;
	}
	if (!slice_is(said, "self") && id_parse(said, &i->acting.mandate_id) != ST_OK)
		return answer_error_page(r, 400, refuse(&INVALID_REQUEST, "mandate is missing"));
	i->acting.chosen = true;
	status s = acting_load(r, i);
	if (s == ST_OK)
		s = acting_settle(i);
	if (s != ST_OK)
		return answer_fault_page(r, s, "mandates");
	if (!i->acting.settled)
		return answer_error_page(r, 403, refuse(&ACCESS_DENIED, "this mandate is not one to act by"));
	return remember(r);
}

static enum step_result remembered(struct request *r)
{
	return r->op.status == ST_OK ? STEP_NEXT : answer_fault_page(r, r->op.status, "session");
}

static step_fn *const ACTING_STEPS[] = {
	read_form,  browser_get_session, browser_take_session, choose,
	remembered, interaction_decide,	 interaction_issue,    interaction_answer, NULL,
};
const struct route ACTING_ROUTE = {
	.path = "/acting",
	.methods = METHOD_POST,
	.steps = ACTING_STEPS,
	.state_size = sizeof(struct acting_form),
	.form = true,
};
