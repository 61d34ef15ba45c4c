/*
 * /logout: RP-initiated logout (OIDC RP-Initiated Logout 1.0).
 *
 * Whoever brings a good id_token_hint for the session of this browser is believed; anybody else's
 * request is shown to the person first. A return address counts only together with a good hint or a
 * client_id that has registered it; a wrong one is an error page, never a redirect.
 */
#include "authd/endpoint/browser.h"
#include "authd/endpoint/endpoints.h"
#include "authd/endpoint/logout_frames.h"
#include "authd/service/audit.h"
#include "authd/service/clients.h"
#include "authd/service/own_tokens.h"
#include "authd/service/pairwise.h"
#include "authd/service/redirect_uri.h"
#include "authd/service/subjects.h"
#include "libauth/base/encode.h"

enum { STATE_MAX = 4096 };

struct logout {
	struct browser browser; /* first, so that its steps find it */
	struct params params;   /* of the request, or of the pending one */
	struct slice parameters;
	bool confirmed;         /* the person said yes on our page */

	struct client client;
	bool has_client;
	struct slice return_to, state;
	struct own_id_token hint;
	bool has_hint;
	struct logout_frames frames;
	struct cache_command forget;
};

/* ---- the request ----------------------------------------------------------------------------- */

static enum step_result refuse_page(struct request *r, const char *description)
{
	return answer_error_page(r, 400, refuse(&INVALID_REQUEST, description));
}

static enum step_result read_request(struct request *r)
{
	struct logout *l = r->state;
	const struct params *params = r->method == METHOD_POST ? &r->form : &r->query;
	l->browser.language = request_language(r, params_get(params, "ui_locales"));
	/* A portal's POST is from another site. */
	if (r->method == METHOD_POST && slice_empty(params_get(&r->form, "request")))
		return browser_post_becomes_get(r);
	l->params = r->query;
	l->parameters = r->query_string;
	return STEP_NEXT;
}

/* Signing out works without the cache, too: the cookie says which session it is. */
static enum step_result take_session(struct request *r)
{
	return r->op.status == ST_OK ? browser_take_session(r) : STEP_NEXT;
}

/* Our own page comes back: the request that it was shown for is taken up again. */
static enum step_result take_up_pending(struct request *r)
{
	struct logout *l = r->state;
	struct pending pending;
	if (r->method != METHOD_POST)
		return STEP_NEXT;
	enum step_result open = browser_open_form(r, PENDING_SIGN_OUT, &pending);
	if (open != STEP_NEXT)
		return open;
	l->parameters = pending.parameters;
	status s = params_parse(pending.parameters, &r->arena, &l->params);
	if (s != ST_OK)
		return answer_fault_page(r, is_fault(s) ? s : ST_BUG, "pending parameters");
	l->confirmed = slice_is(params_get(&r->form, "decision"), "logout");
	return STEP_NEXT;
}

static enum step_result check_hint(struct request *r)
{
	struct logout *l = r->state;
	struct slice text = params_get(&l->params, "id_token_hint");
	if (params_duplicate(&l->params).p)
		return refuse_page(r, "a parameter is given twice");
	if (slice_empty(text))
		return STEP_NEXT;
	status s = own_id_token_verify(r->issuer, text, r->now, &r->arena, &l->hint);
	if (is_fault(s))
		return answer_fault_page(r, s, "id_token_hint");
	if (s != ST_OK)
		return refuse_page(r, "id_token_hint is not an ID token of this issuer");
	l->has_hint = true;
	return STEP_NEXT;
}

static enum step_result check_client(struct request *r)
{
	struct logout *l = r->state;
	struct slice client_id = params_get(&l->params, "client_id");
	if (l->has_hint && !slice_empty(client_id) && !slice_equal(client_id, l->hint.client_id))
		return refuse_page(r, "client_id is not the one of id_token_hint");
	if (slice_empty(client_id))
		client_id = l->hint.client_id;
	if (slice_empty(client_id))
		return STEP_NEXT;
	status s = clients_get(r->issuer, client_id, &r->arena, &l->client);
	if (is_fault(s))
		return answer_fault_page(r, s, "client");
	if (s != ST_OK)
		return refuse_page(r, "this client is not registered");
	if (l->client.disabled)
		return refuse_page(r, "this client is disabled");
	l->has_client = true;
	return STEP_NEXT;
}

static enum step_result check_return_to(struct request *r)
{
	struct logout *l = r->state;
	l->return_to = params_get(&l->params, "post_logout_redirect_uri");
	l->state = params_get(&l->params, "state");
	if (slice_empty(l->return_to))
		return STEP_NEXT;
	if (l->state.n > STATE_MAX)
		return refuse_page(r, "state is too long");
	if (!l->has_client)
		return refuse_page(r, "post_logout_redirect_uri without id_token_hint or client_id");
	/* Character by character, loopback addresses too (OIDC RP-Initiated Logout §3). */
	if (!client_list_has(&l->client.post_logout_redirect_uris, l->return_to))
		return refuse_page(r, "post_logout_redirect_uri is not registered");
	return STEP_NEXT;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static enum step_result ask(struct request *r, struct logout *l)
{
	const struct pending pending = {
		.step = PENDING_SIGN_OUT,
		.parameters = l->parameters,
		.session_id = l->browser.ticket.session_id,
		.expires_at = r->now + r->issuer->conf->life.sign_in_s,
	};
	struct subject subject;
	struct page_sign_out page = { .language = l->browser.language };
	if (subjects_get(r->issuer, l->browser.ticket.subject_id, &r->arena, &subject) == ST_OK)
		page.subject = masked_name(subject.name, &r->arena);
	if (l->has_client)
		page.client_name = l->client.client_name.n ? l->client.client_name : l->client.client_id;
	status s = pending_seal(r, &pending, &page.request);
	if (s != ST_OK)
		return answer_fault_page(r, s, "sign-out page");
	struct buf html = { 0 };
	return answer_page(r, 200, &html, page_sign_out(&html, &page));
}

/* Is the hint about the very session of this browser? */
static status hint_is_of_session(struct request *r, const struct logout *l, bool *ret)
{
	*ret = false;
	if (!l->has_hint || !l->has_client || slice_empty(l->hint.sid))
		return ST_OK;
	struct slice sid;
	TRY(pairwise_sid(r->issuer, l->browser.ticket.session_id, l->client.sector, &r->arena, &sid));
	*ret = slice_equal(sid, l->hint.sid);
	return ST_OK;
}

static enum step_result signed_out(struct request *r, struct logout *l, bool stayed)
{
	struct page_signed_out page = { .language = l->browser.language, .stayed = stayed };
	struct buf html = { 0 };
	if (!stayed && l->return_to.n) {
		AUTO_BUF struct buf location = { 0 };
		const struct answer_param params[] = { { "state", l->state } };
		redirect_uri_put(&location, l->return_to, params, COUNT_OF(params));
		page.return_to = buf_finish(&location, &r->arena);
		if (!page.return_to.p || !l->frames.n)
			return answer_see_other(r, page.return_to);
	}
	status s = logout_frames_show(r, &l->frames, &page);
	if (s != ST_OK)
		return answer_fault_page(r, s, "portals to be told");
	return answer_page(r, 200, &html, page_signed_out(&html, &page));
}

static enum step_result decide(struct request *r)
{
	struct logout *l = r->state;
	bool certain;
	if (!l->browser.has_ticket)
		return signed_out(r, l, false);
	status s = hint_is_of_session(r, l, &certain);
	if (s != ST_OK)
		return answer_fault_page(r, s, "session");
	if (certain || l->confirmed)
		return STEP_NEXT;
	if (slice_is(params_get(&r->form, "decision"), "stay"))
		return signed_out(r, l, true);
	return ask(r, l);
}

/* ---- the end --------------------------------------------------------------------------------- */

static enum step_result end_session(struct request *r)
{
	struct logout *l = r->state;
	const struct session_ticket *t = &l->browser.ticket;
	const struct audit_entry entry = {
		.event = "session.end",
		.actor = t->subject_id,
		.session = t->session_id,
		.client_id = l->has_client ? l->client.client_id : NO_SLICE,
	};
	struct batch *b = batch_new(&r->arena);
	if (!b)
		return answer_fault_page(r, ST_NOMEM, "sign-out");
	status s = logout_frames_collect(r, t, &l->frames);
	if (s == ST_OK)
		s = session_record_end(r->issuer, b, t->subject_id, t->session_id, r->now, &r->arena);
	if (s == ST_OK)
		s = audit_write(b, &entry);
	if (s != ST_OK)
		return answer_fault_page(r, s, "sign-out");
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

static enum step_result forget_session(struct request *r)
{
	struct logout *l = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "sign-out");
	response_header(r, "Set-Cookie", session_cookie_cleared());
	l->forget = session_delete_command(&l->browser.ticket);
	cache_submit(r->issuer->cache, &l->forget, 1, &r->arena, &r->op);
	return STEP_WAIT;
}

/* Whether the cache could be reached or not: the mark has ended the session. */
static enum step_result finish(struct request *r) { return signed_out(r, r->state, false); }

static step_fn *const LOGOUT_STEPS[] = {
	read_request,    browser_get_session, take_session, take_up_pending, check_hint, check_client,
	check_return_to, decide,              end_session,  forget_session,  finish,     NULL,
};
const struct route LOGOUT_ROUTE = {
	.path = "/logout",
	.methods = METHOD_GET | METHOD_POST,
	.steps = LOGOUT_STEPS,
	.state_size = sizeof(struct logout),
	.form = true,
	.metadata = "end_session_endpoint",
};
