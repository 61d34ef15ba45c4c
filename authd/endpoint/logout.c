/*
 * /logout: RP-initiated logout (OIDC RP-Initiated Logout 1.0).
 *
 * Whoever brings a good id_token_hint for the session of this browser is believed; anybody else's
 * request is shown to the person first. A return address counts only together with a good hint or a
 * client_id that has registered it; a wrong one is an error page, never a redirect.
 */
#include "authd/endpoint/account.h"
#include "authd/endpoint/endpoints.h"
#include "authd/oauth/redirect.h"
#include "authd/service/audit.h"
#include "authd/service/clients.h"
#include "authd/service/own_tokens.h"
#include "authd/service/pairwise.h"
#include "libauth/base/encode.h"

struct logout {
	struct account account; /* first, so that the shared steps find it */
	struct params params;   /* of the request, or of the pending one */
	struct slice parameters;
	bool confirmed;         /* the person said yes on our page */

	struct client client;
	bool has_client;
	struct slice return_to, state;
	struct own_id_token hint;
	bool has_hint;
	struct cache_command forget;
};

/* ---- the request ----------------------------------------------------------------------------- */

static struct refusal read_hint(struct request *r, struct logout *l, status *ret_fault)
{
	struct slice text = params_get(&l->params, "id_token_hint");
	if (slice_empty(text))
		return NO_REFUSAL;
	status s = own_id_token_verify(r->issuer, text, r->now, &r->arena, &l->hint);
	if (is_fault(s)) {
		*ret_fault = s;
		return NO_REFUSAL;
	}
	if (s != ST_OK)
		return refuse(&INVALID_REQUEST, "id_token_hint is not an ID token of this issuer");
	l->has_hint = true;
	return NO_REFUSAL;
}

static struct refusal read_client(struct request *r, struct logout *l, status *ret_fault)
{
	struct slice client_id = params_get(&l->params, "client_id");
	if (l->has_hint && !slice_empty(client_id) && !slice_equal(client_id, l->hint.client_id))
		return refuse(&INVALID_REQUEST, "client_id is not the one of id_token_hint");
	if (slice_empty(client_id))
		client_id = l->hint.client_id;
	if (slice_empty(client_id))
		return NO_REFUSAL;
	status s = clients_get(r->issuer, client_id, &r->arena, &l->client);
	if (is_fault(s))
		*ret_fault = s;
	else if (s != ST_OK)
		return refuse(&INVALID_REQUEST, "this client is not registered");
	l->has_client = true;
	return NO_REFUSAL;
}

static struct refusal read_return(struct logout *l)
{
	l->return_to = params_get(&l->params, "post_logout_redirect_uri");
	l->state = params_get(&l->params, "state");
	if (slice_empty(l->return_to))
		return NO_REFUSAL;
	if (!l->has_client)
		return refuse(&INVALID_REQUEST, "post_logout_redirect_uri without id_token_hint or client_id");
	if (!post_logout_redirect_uri_matches(&l->client, l->return_to))
		return refuse(&INVALID_REQUEST, "post_logout_redirect_uri is not registered");
	return NO_REFUSAL;
}

static enum step_result check_parameters(struct request *r, struct logout *l)
{
	status fault = ST_OK;
	struct refusal refusal = NO_REFUSAL;
	if (params_duplicate(&l->params).p)
		refusal = refuse(&INVALID_REQUEST, "a parameter is given twice");
	if (!refusal.error)
		refusal = read_hint(r, l, &fault);
	if (!refusal.error && fault == ST_OK)
		refusal = read_client(r, l, &fault);
	if (!refusal.error && fault == ST_OK)
		refusal = read_return(l);
	if (fault != ST_OK)
		return answer_fault_page(r, fault, "sign-out");
	if (refusal.error)
		return answer_error_page(r, 400, refusal);
	return STEP_NEXT;
}

static enum step_result take_up_pending(struct request *r, struct logout *l)
{
	struct pending pending;
	enum step_result open = account_open_form(r, &l->account, PENDING_SIGN_OUT, &pending);
	if (open != STEP_NEXT)
		return open;
	l->parameters = pending.parameters;
	status s = params_parse(pending.parameters, &r->arena, &l->params);
	if (s != ST_OK)
		return answer_fault_page(r, is_fault(s) ? s : ST_BUG, "pending parameters");
	l->confirmed = slice_is(params_get(&r->form, "decision"), "logout");
	return STEP_NEXT;
}

/* A portal's POST is from another site, and brings no cookie: it goes on as a GET, which does. */
static enum step_result post_becomes_get(struct request *r)
{
	AUTO_BUF struct buf location = { 0 };
	buf_put_text(&location, "/logout?");
	params_put(&location, &r->form);
	struct slice copy = location.failed ? NO_SLICE : arena_copy(&r->arena, buf_slice(&location));
	if (!copy.p)
		return answer_fault_page(r, ST_NOMEM, "sign-out");
	return answer_redirect(r, 303, copy);
}

static enum step_result read_request(struct request *r)
{
	struct logout *l = r->state;
	if (r->method != METHOD_POST) {
		l->params = r->query;
		l->parameters = r->query_string;
		return STEP_NEXT;
	}
	if (slice_empty(params_get(&r->form, "request")))
		return post_becomes_get(r);
	return STEP_NEXT;
}

static enum step_result get_session(struct request *r) { return account_get_session(r, r->state); }

/* Signing out works without the cache, too: the cookie says which session it is. */
static enum step_result take_session(struct request *r)
{
	struct logout *l = r->state;
	if (l->account.has_ticket && r->op.status == ST_OK) {
		enum step_result taken = account_take_session(r, &l->account);
		if (taken != STEP_NEXT)
			return taken;
	}
	if (r->method == METHOD_POST) {
		enum step_result taken = take_up_pending(r, l);
		if (taken != STEP_NEXT)
			return taken;
	}
	return check_parameters(r, l);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static enum step_result ask(struct request *r, struct logout *l)
{
	const struct pending pending = {
		.step = PENDING_SIGN_OUT,
		.parameters = l->parameters,
		.session_id = l->account.ticket.session_id,
		.expires_at = r->now + r->issuer->conf->life.sign_in_s,
	};
	struct subject subject;
	struct page_sign_out page = { .language = l->account.language };
	if (subjects_get(r->issuer, l->account.ticket.subject_id, &r->arena, &subject) == ST_OK)
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
	TRY(pairwise_sid(r->issuer, l->account.ticket.session_id, l->client.sector, &r->arena, &sid));
	*ret = slice_equal(sid, l->hint.sid);
	return ST_OK;
}

static enum step_result signed_out(struct request *r, struct logout *l, bool stayed)
{
	struct buf html = { 0 };
	if (stayed || slice_empty(l->return_to))
		return answer_page(r, 200, &html, page_signed_out(&html, l->account.language, stayed));
	const struct answer_param params[] = { { "state", l->state } };
	redirect_uri_put(&html, l->return_to, params, COUNT_OF(params));
	struct slice location = html.failed ? NO_SLICE : arena_copy(&r->arena, buf_slice(&html));
	buf_done(&html);
	if (!location.p)
		return answer_fault_page(r, ST_NOMEM, "redirect");
	return answer_redirect(r, 303, location);
}

static enum step_result decide(struct request *r)
{
	struct logout *l = r->state;
	bool certain;
	if (!l->account.has_ticket)
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
	const struct session_ticket *t = &l->account.ticket;
	const struct audit_entry entry = {
		.event = "session.end",
		.actor = t->subject_id,
		.session = t->session_id,
		.client_id = l->has_client ? l->client.client_id : NO_SLICE,
	};
	struct batch *b = batch_new(&r->arena);
	if (!b)
		return answer_fault_page(r, ST_NOMEM, "sign-out");
	session_record_end(r->issuer, b, t->subject_id, t->session_id, r->now);
	status s = audit_write(b, &entry);
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
	l->forget = session_delete_command(&l->account.ticket);
	cache_submit(r->issuer->cache, &l->forget, 1, &r->arena, &r->op);
	return STEP_WAIT;
}

/* Whether the cache could be reached or not: the mark has ended the session. */
static enum step_result finish(struct request *r) { return signed_out(r, r->state, false); }

static step_fn *const LOGOUT_STEPS[] = { read_request, get_session,    take_session, decide,
					 end_session,  forget_session, finish,       NULL };
const struct route LOGOUT_ROUTE = {
	.path = "/logout",
	.methods = METHOD_GET | METHOD_POST,
	.steps = LOGOUT_STEPS,
	.state_size = sizeof(struct logout),
	.form = true,
};
