/*
 * /requests: what waits for the person who is signed in (CIBA §8). This browser is the device on which
 * they are asked: each request has a page of its own, which says who asks for what, and a decision.
 */
#include "authd/endpoint/decision.h"
#include "authd/endpoint/endpoints.h"
#include "authd/service/clients.h"
#include "authd/service/inbox.h"
#include "authd/service/subjects.h"

struct waiting {
	struct decision decision; /* first, so that the shared steps find it */
	struct cache_command places[INBOX_PLACES];
	struct cache_command reads[INBOX_PLACES * DECISION_READS];
	const struct cache_command *place_of[INBOX_PLACES]; /* of each pair of reads */
	size_t n;
};

static struct browser *browser(struct waiting *w) { return &w->decision.interaction.browser; }

static struct slice own_path(struct request *r)
{
	return slice_empty(r->segment)
		       ? slice_str(REQUESTS_ROUTE.path)
		       : arena_format(&r->arena, "%s/%.*s", REQUESTS_ROUTE.path, SLICE_FMT(r->segment));
}

static enum step_result read_language(struct request *r)
{
	struct waiting *w = r->state;
	struct id id;
	const struct params *params = r->method == METHOD_POST ? &r->form : &r->query;
	browser(w)->language = request_language(r, params_get(params, "ui_locales"));
	if (!slice_empty(r->segment) && id_parse(r->segment, &id) != ST_OK)
		return answer_error_page(r, 404, refuse(&INVALID_REQUEST, "there is no such request"));
	return STEP_NEXT;
}

/* ---- what waits ------------------------------------------------------------------------------- */

static enum step_result look(struct request *r)
{
	struct waiting *w = r->state;
	if (r->method == METHOD_POST) {
		enum step_result open = decision_open(r, &w->decision);
		if (open != STEP_NEXT)
			return open;
	}
	if (!browser(w)->has_session)
		return interaction_sign_in_first(r, &w->decision.interaction, own_path(r));
	status s = inbox_get(browser(w)->session.subject_id, &r->arena, w->places);
	if (s != ST_OK)
		return answer_fault_page(r, s, "requests");
	cache_submit(r->issuer->cache, w->places, INBOX_PLACES, &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result read_all(struct request *r)
{
	struct waiting *w = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "requests");
	for (size_t i = 0; i < INBOX_PLACES; i++) {
		if (w->places[i].status != ST_OK)
			continue;
		decision_ask(&w->decision, w->places[i].value);
		memcpy(w->reads + DECISION_READS * w->n, w->decision.commands,
		       DECISION_READS * sizeof *w->reads);
		w->place_of[w->n++] = &w->places[i];
	}
	if (!w->n)
		return STEP_NEXT;
	cache_submit(r->issuer->cache, w->reads, DECISION_READS * w->n, &r->arena, &r->op);
	return STEP_WAIT;
}

/* The i-th: ST_NOT_FOUND when it is over. */
static status read_one(struct request *r, struct waiting *w, size_t i)
{
	memcpy(w->decision.commands, w->reads + DECISION_READS * i, DECISION_READS * sizeof *w->reads);
	TRY(decision_read(r, &w->decision));
	return id_equal(w->decision.deferred.grant.subject_id, browser(w)->session.subject_id) ? ST_OK
											       : ST_NOT_FOUND;
}

/* ---- the list --------------------------------------------------------------------------------- */

static status list(struct request *r, struct waiting *w, struct page_request *items, size_t *ret_n)
{
	size_t n = 0;
	for (size_t i = 0; i < w->n; i++) {
		status s = read_one(r, w, i);
		if (is_fault(s))
			return s;
		if (s != ST_OK)
			continue;
		items[n++] = (struct page_request){
			.id = id_text(&r->arena, w->decision.deferred.grant.id),
			.client_name = decision_client_name(&w->decision),
			.binding_message = w->decision.deferred.binding_message,
		};
	}
	*ret_n = n;
	return ST_OK;
}

static enum step_result show_list(struct request *r)
{
	struct waiting *w = r->state;
	struct page_request items[INBOX_PLACES];
	struct subject subject;
	struct page_requests page = { .language = browser(w)->language, .items = items };
	if (w->n && r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "requests");
	status s = list(r, w, items, &page.n);
	if (s == ST_OK)
		s = subjects_get(r->issuer, browser(w)->session.subject_id, &r->arena, &subject);
	if (s != ST_OK)
		return answer_fault_page(r, is_fault(s) ? s : ST_BUG, "requests");
	page.subject = masked_name(subject.name, &r->arena);
	struct buf html = { 0 };
	return answer_page(r, 200, &html, page_requests(&html, &page));
}

static step_fn *const LIST_STEPS[] = {
	read_language, browser_get_session, browser_take_session, look, read_all, show_list, NULL,
};
const struct route REQUESTS_ROUTE = {
	.path = "/requests",
	.methods = METHOD_GET,
	.steps = LIST_STEPS,
	.state_size = sizeof(struct waiting),
};

/* ---- one of them ------------------------------------------------------------------------------ */

/* Which place it has; INBOX_PLACES where it is over. A fault is left in *ret_fault. */
static size_t find(struct request *r, struct waiting *w, status *ret_fault)
{
	struct id id;
	*ret_fault = ST_OK;
	if (id_parse(r->segment, &id) != ST_OK)
		return INBOX_PLACES;
	for (size_t i = 0; i < w->n; i++) {
		status s = read_one(r, w, i);
		if (is_fault(s))
			*ret_fault = s;
		if (s == ST_OK && id_equal(w->decision.deferred.grant.id, id))
			return i;
	}
	return INBOX_PLACES;
}

/* A request that names a level wants somebody who has proved it since then, as far as that can be. */
static status proof_needed(struct request *r, struct decision *d, enum proof *ret)
{
	*ret = PROOF_ENOUGH;
	if (!d->deferred.acr_values.n)
		return ST_OK;
	TRY(decision_find_level(r, d));
	if (!d->found.shown)
		*ret = PROOF_PASSWORD;
	else if (d->found.short_of && d->found.missing != PROOF_OUT_OF_REACH)
		*ret = d->found.missing;
	return ST_OK;
}

static enum step_result show_one(struct request *r)
{
	struct waiting *w = r->state;
	struct decision *d = &w->decision;
	enum proof proof;
	status fault;
	if (w->n && r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "request");
	size_t i = find(r, w, &fault);
	if (fault != ST_OK)
		return answer_fault_page(r, fault, "request");
	if (i == INBOX_PLACES)
		return answer_error_page(r, 410, refuse(&INVALID_REQUEST, "there is no such request any more"));
	fault = proof_needed(r, d, &proof);
	if (fault != ST_OK)
		return answer_fault_page(r, fault, "session's level");
	if (proof != PROOF_ENOUGH)
		return interaction_prove_first(r, &d->interaction, proof, own_path(r));

	if (r->method != METHOD_POST || slice_is(params_get(&r->form, "action"), "language")) {
		const char *path = arena_string(&r->arena, own_path(r));
		return path ? decision_page(r, d, path, r->segment, NO_SLICE)
			    : answer_fault_page(r, ST_NOMEM, "request");
	}
	/* The seal is of the page of this very request. */
	if (!slice_equal(d->pending.parameters, r->segment))
		return answer_error_page(r, 403, refuse(&INVALID_REQUEST, "the form is of another request"));
	d->commands[1] = inbox_clear(w->place_of[i]);
	return STEP_NEXT;
}

static step_fn *const ONE_STEPS[] = {
	read_language, browser_get_session, browser_take_session, look,           read_all,
	show_one,      decision_record,     decision_keep,        decision_answer, NULL,
};
const struct route REQUEST_ROUTE = {
	.path = "/requests/*",
	.methods = METHOD_GET | METHOD_POST,
	.steps = ONE_STEPS,
	.state_size = sizeof(struct waiting),
	.form = true,
};
