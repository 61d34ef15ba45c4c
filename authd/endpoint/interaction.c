#include "authd/endpoint/interaction.h"

#include "authd/endpoint/account.h"
#include "authd/endpoint/pages.h"
#include "authd/oauth/redirect.h"
#include "authd/service/codes.h"
#include "authd/service/consents.h"
#include "authd/service/own_tokens.h"
#include "authd/service/pairwise.h"
#include "authd/service/subjects.h"
#include "keys/seal.h"

enum { PARAMETERS_MAX = 8 << 10 };

/* ---- the answer to the portal --------------------------------------------------------------- */

static enum step_result answer_by_redirect(struct request *r, const struct interaction *i,
					   const struct answer_param *params, size_t n)
{
	AUTO_BUF struct buf location = { 0 };
	redirect_uri_put(&location, i->az.redirect_uri, params, n);
	struct slice copy = location.failed ? NO_SLICE : arena_copy(&r->arena, buf_slice(&location));
	if (!copy.p)
		return answer_fault_page(r, ST_NOMEM, "redirect");
	/* 303, so that a browser never repeats a form's POST at the portal (RFC 9700 §4.12). */
	return answer_redirect(r, 303, copy);
}

static enum step_result answer_by_form(struct request *r, const struct interaction *i,
				       const struct answer_param *params, size_t n)
{
	enum { FIELDS_MAX = 8 };
	struct page_field fields[FIELDS_MAX];
	size_t fields_n = 0;
	for (size_t k = 0; k < n && fields_n < FIELDS_MAX; k++)
		if (!slice_empty(params[k].value))
			fields[fields_n++] = (struct page_field){ slice_str(params[k].name), params[k].value };

	const struct page_form_post page = {
		.language = i->language,
		.action = i->az.redirect_uri,
		.fields = fields,
		.fields_n = fields_n,
	};
	struct buf html = { 0 };
	response_header(r, "Content-Security-Policy", slice_str(PAGE_CSP_FORM_POST));
	return answer_page(r, 200, &html, page_form_post(&html, &page));
}

static enum step_result answer_portal(struct request *r, const struct interaction *i,
				      const struct answer_param *params, size_t n)
{
	if (i->az.response_mode == RESPONSE_MODE_FORM_POST)
		return answer_by_form(r, i, params, n);
	return answer_by_redirect(r, i, params, n);
}

enum step_result interaction_refuse(struct request *r, struct interaction *i, struct refusal refusal)
{
	if (!i->az.may_redirect)
		return answer_error_page(r, 400, refusal);
	const struct answer_param params[] = {
		{ "error", slice_str(refusal.error->name) },
		{ "error_description", slice_str(refusal.description) },
		{ "state", i->az.state },
		{ "iss", r->issuer->iss }, /* RFC 9207 §2.1 */
	};
	r->log_reason = slice_str(refusal.description);
	return answer_portal(r, i, params, COUNT_OF(params));
}

enum step_result interaction_answer(struct request *r, struct interaction *i)
{
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "code");
	const struct answer_param params[] = {
		{ "code", i->code },
		{ "state", i->az.state },
		{ "iss", r->issuer->iss },
	};
	return answer_portal(r, i, params, COUNT_OF(params));
}

/* ---- the request ---------------------------------------------------------------------------- */

enum step_result interaction_read(struct request *r, struct interaction *i, const struct params *params)
{
	struct refusal refusal;
	status s = authorization_read(r, params, &i->az, &refusal);
	i->language = request_language(r, params_get(params, "ui_locales"));
	if (s != ST_OK)
		return answer_fault_page(r, s, "authorization request");
	if (refusal.error)
		return interaction_refuse(r, i, refusal);
	if (i->parameters.n > PARAMETERS_MAX)
		return interaction_refuse(r, i, refuse(&INVALID_REQUEST, "the request is over 8 KiB"));
	return STEP_NEXT;
}

enum step_result interaction_resume(struct request *r, struct interaction *i, enum pending_step step,
				    struct pending *ret_pending)
{
	if (!request_is_same_origin(r))
		return answer_error_page(r, 403, refuse(&INVALID_REQUEST, "the form came from another site"));
	status s = pending_open(r, step, params_get(&r->form, "request"), ret_pending);
	if (s == ST_INVALID)
		return answer_error_page(r, 403, refuse(&INVALID_REQUEST,
			"the form does not belong to this browser, or its cookies are blocked"));
	if (s == ST_EXPIRED)
		return answer_error_page(r, 400, refuse(&INVALID_REQUEST,
			"the page was open for too long: start again at the portal"));
	if (s != ST_OK)
		return answer_fault_page(r, s, "pending request");

	/* Client and redirect URI are checked again: they may have changed meanwhile. */
	struct params params;
	i->parameters = ret_pending->parameters;
	s = params_parse(i->parameters, &r->arena, &params);
	if (s != ST_OK)
		return answer_fault_page(r, is_fault(s) ? s : ST_BUG, "pending parameters");
	enum step_result read = interaction_read(r, i, &params);
	/* What the page was in counts more than what the portal asked for. */
	if (read == STEP_NEXT && params_get(&r->form, "ui_locales").n)
		i->language = request_language(r, params_get(&r->form, "ui_locales"));
	return read;
}

/* ---- the session ---------------------------------------------------------------------------- */

enum step_result interaction_get_session(struct request *r, struct interaction *i)
{
	struct slice cookie = request_cookie(r, SESSION_COOKIE);
	status s = session_ticket_open(r->issuer, cookie, &r->arena, &i->ticket);
	if (is_fault(s))
		return answer_fault_page(r, s, "session cookie");
	if (s != ST_OK)
		return STEP_NEXT;
	i->has_ticket = true;
	i->commands[0] = session_get_command(&i->ticket);
	cache_submit(r->issuer->cache, i->commands, 1, &r->arena, &r->op);
	return STEP_WAIT;
}

enum step_result interaction_take_session(struct request *r, struct interaction *i)
{
	if (!i->has_ticket)
		return STEP_NEXT;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "session");
	status s = session_from_answer(r->issuer, &i->ticket, &i->commands[0], r->now, &r->arena,
				       &i->session);
	if (is_fault(s))
		return answer_fault_page(r, s, "session");
	i->has_session = s == ST_OK;
	return STEP_NEXT;
}

/* ---- pages ---------------------------------------------------------------------------------- */

static struct slice client_name(const struct interaction *i)
{
	const struct client *c = &i->az.client;
	if (i->language == LANGUAGE_EN && c->client_name_en.n)
		return c->client_name_en;
	return c->client_name.n ? c->client_name : c->client_id;
}

enum step_result interaction_sign_in_page(struct request *r, struct interaction *i, int http_status,
					  enum page_problem problem, int minutes, struct slice username)
{
	const struct pending pending = {
		.step = PENDING_SIGN_IN,
		.parameters = i->parameters,
		.expires_at = r->now + r->issuer->conf->life.sign_in_s,
	};
	struct page_sign_in page = {
		.language = i->language,
		.client_name = client_name(i),
		.client_host = uri_host(i->az.redirect_uri),
		.username = username,
		.problem = problem,
		.minutes = minutes,
	};
	status s = pending_seal(r, &pending, &page.request);
	if (s != ST_OK)
		return answer_fault_page(r, s, "sign-in page");
	struct buf html = { 0 };
	return answer_page(r, http_status, &html, page_sign_in(&html, &page));
}

static enum step_result consent_page(struct request *r, struct interaction *i)
{
	struct subject subject;
	status s = subjects_get(r->issuer, i->session.subject_id, &r->arena, &subject);
	if (s != ST_OK)
		return answer_fault_page(r, is_fault(s) ? s : ST_BUG, "subject of a session");

	const struct pending pending = {
		.step = PENDING_CONSENT,
		.parameters = i->parameters,
		.session_id = i->session.id,
		.expires_at = r->now + r->issuer->conf->life.sign_in_s,
	};
	struct page_consent page = {
		.language = i->language,
		.client_name = client_name(i),
		.client_host = uri_host(i->az.redirect_uri),
		.scope = i->az.scope,
		.subject = masked_name(subject.name, &r->arena),
	};
	s = pending_seal(r, &pending, &page.request);
	if (s != ST_OK)
		return answer_fault_page(r, s, "consent page");
	struct buf html = { 0 };
	return answer_page(r, 200, &html, page_consent(&html, &page));
}

/* ---- the decision --------------------------------------------------------------------------- */

enum hint { HINT_NONE, HINT_MATCHES, HINT_DIFFERS, HINT_UNUSABLE };

/* Does id_token_hint name the person of this session (OIDC Core §3.1.2.1)? */
static status compare_hint(struct request *r, const struct interaction *i, enum hint *ret)
{
	*ret = HINT_NONE;
	if (slice_empty(i->az.id_token_hint))
		return ST_OK;
	struct own_id_token hint;
	status s = own_id_token_verify(r->issuer, i->az.id_token_hint, r->now, &r->arena, &hint);
	if (is_fault(s))
		return s;
	if (s != ST_OK || !slice_equal(hint.client_id, i->az.client.client_id)) {
		*ret = HINT_UNUSABLE;
		return ST_OK;
	}
	if (!i->has_session)
		return ST_OK;
	struct slice sub;
	TRY(pairwise_sub(r->issuer, i->session.kind, i->session.subject_id, i->az.client.sector,
			 &r->arena, &sub));
	*ret = slice_equal(sub, hint.sub) ? HINT_MATCHES : HINT_DIFFERS;
	return ST_OK;
}

static bool sign_in_needed(const struct request *r, const struct interaction *i, enum hint hint)
{
	if (!i->has_session || hint == HINT_DIFFERS)
		return true;
	if (i->just_signed_in)
		return false;
	if (i->az.prompt & (PROMPT_LOGIN | PROMPT_SELECT_ACCOUNT))
		return true;
	/* max_age=0 asks again, whatever the clock says (OIDC Core §3.1.2.1). */
	int64_t age = r->now - i->session.authentication.auth_time;
	return i->az.max_age == 0 || (i->az.max_age > 0 && age > i->az.max_age);
}

enum step_result interaction_decide(struct request *r, struct interaction *i)
{
	bool silent = i->az.prompt & PROMPT_NONE;
	enum hint hint;
	status s = compare_hint(r, i, &hint);
	if (s != ST_OK)
		return answer_fault_page(r, s, "id_token_hint");

	if (sign_in_needed(r, i, hint) || (silent && hint == HINT_UNUSABLE)) {
		if (silent)
			return interaction_refuse(r, i, refuse(&LOGIN_REQUIRED, "the person has to sign in"));
		if (i->just_signed_in)
			return interaction_refuse(r, i, refuse(&LOGIN_REQUIRED, "somebody else signed in"));
		return interaction_sign_in_page(r, i, 200, PROBLEM_NONE, 0, i->az.login_hint);
	}
	if (i->session.kind == SUBJECT_LEGAL && !i->az.client.legal_persons)
		return interaction_refuse(r, i, refuse(&ACCESS_DENIED, "this client takes no legal persons"));

	bool consent = i->az.prompt & PROMPT_CONSENT && !i->az.client.state_owned;
	if (!consent)
		s = consent_needed(r->issuer, &i->az.client, i->session.subject_id, i->az.scope, &r->arena,
				   &consent);
	if (s != ST_OK)
		return answer_fault_page(r, s, "consent");
	if (consent && !i->just_consented) {
		if (silent)
			return interaction_refuse(r, i, refuse(&CONSENT_REQUIRED, "the person has to agree"));
		return consent_page(r, i);
	}
	return STEP_NEXT;
}

/* ---- the code ------------------------------------------------------------------------------- */

enum step_result interaction_issue(struct request *r, struct interaction *i)
{
	struct issuer *is = r->issuer;
	struct code code = {
		.grant = {
			.subject_id = i->session.subject_id,
			.session_id = i->session.id,
			.client_id = i->az.client.client_id,
			.scope = i->az.scope,
			.audience = i->az.audience,
			.kind = i->session.kind,
			.authentication = i->session.authentication,
			.created_at = r->now,
		},
		.redirect_uri = i->az.redirect_uri,
		.nonce = i->az.nonce,
		.code_challenge = i->az.code_challenge,
		.expires_at = r->now + is->conf->life.code_s,
	};
	status s = random_bytes(code.grant.id.bytes, sizeof code.grant.id.bytes);
	if (s == ST_OK)
		s = code_issue(is, &code, &r->arena, &i->code, &i->commands[0]);
	size_t n = 1;
	if (s == ST_OK && !i->just_signed_in && session_wants_touch(&i->session, r->now)) {
		i->session.used_at = r->now;
		s = session_put_command(is, &i->session, r->now, &r->arena, &i->commands[n++]);
	}
	if (s != ST_OK)
		return answer_fault_page(r, s, "code");
	cache_submit(is->cache, i->commands, n, &r->arena, &r->op);
	return STEP_WAIT;
}
