#include "authd/endpoint/interaction.h"

#include "authd/endpoint/authorization_response.h"
#include "authd/service/codes.h"
#include "authd/service/consents.h"
#include "authd/service/own_tokens.h"
#include "authd/service/pairwise.h"
#include "authd/service/pushed_requests.h"
#include "authd/service/redirect_uri.h"
#include "authd/service/session_clients.h"
#include "authd/service/subjects.h"
#include "keys/seal.h"

enum step_result interaction_refuse(struct request *r, struct interaction *i, struct refusal refusal)
{
	return authorization_answer_refusal(r, i, refusal);
}

/* ---- pages ---------------------------------------------------------------------------------- */

static struct slice client_name(const struct interaction *i)
{
	const struct client *c = &i->az.client;
	if (i->browser.language == LANGUAGE_EN && c->client_name_en.n)
		return c->client_name_en;
	return c->client_name.n ? c->client_name : c->client_id;
}

static struct page_links client_links(const struct client *c)
{
	return (struct page_links){ c->client_uri, c->logo_uri, c->policy_uri, c->tos_uri };
}

enum step_result interaction_sign_in_page(struct request *r, struct interaction *i, int http_status,
					  enum page_problem problem, int minutes, struct slice username)
{
	const struct pending pending = {
		.step = PENDING_SIGN_IN,
		.parameters = i->parameters,
		.own_page = i->own_page,
		.expires_at = r->now + r->issuer->conf->life.sign_in_s,
		.asked_us = i->asked_us,
	};
	struct page_sign_in page = {
		.language = i->browser.language,
		.client_name = client_name(i),
		.client_host = redirect_uri_authority(i->az.redirect_uri),
		.username = username,
		.problem = problem,
		.minutes = minutes,
		.links = client_links(&i->az.client),
	};
	status s = pending_seal(r, &pending, &page.request);
	if (s != ST_OK)
		return answer_fault_page(r, s, "sign-in page");
	struct buf html = { 0 };
	return answer_page(r, http_status, &html, page_sign_in(&html, &page));
}

enum step_result interaction_sign_in_first(struct request *r, struct interaction *i, struct slice path)
{
	i->own_page = true;
	i->parameters = path;
	return interaction_sign_in_page(r, i, 200, PROBLEM_NONE, 0, NO_SLICE);
}

enum step_result interaction_factor_page(struct request *r, struct interaction *i, int http_status,
					 enum page_problem problem)
{
	const struct pending pending = {
		.step = PENDING_FACTOR,
		.parameters = i->parameters,
		.own_page = i->own_page,
		.session_id = i->browser.session.id,
		.expires_at = r->now + r->issuer->conf->life.sign_in_s,
		.asked_us = i->asked_us,
	};
	struct page_factor page = {
		.language = i->browser.language,
		.client_name = i->own_page ? NO_SLICE : client_name(i),
		.client_host = i->own_page ? NO_SLICE : redirect_uri_authority(i->az.redirect_uri),
		.problem = problem,
		.minutes = (int)((r->issuer->conf->throttle.window_s + 59) / 60),
	};
	status s = pending_seal(r, &pending, &page.request);
	if (s != ST_OK)
		return answer_fault_page(r, s, "code page");
	struct buf html = { 0 };
	return answer_page(r, http_status, &html, page_factor(&html, &page));
}

enum step_result interaction_prove_first(struct request *r, struct interaction *i, enum proof proof,
					 struct slice path)
{
	if (proof == PROOF_PASSWORD)
		return interaction_sign_in_first(r, i, path);
	i->own_page = true;
	i->parameters = path;
	return interaction_factor_page(r, i, 200, PROBLEM_NONE);
}

struct consent interaction_consent(const struct request *r, const struct interaction *i)
{
	return (struct consent){ .scope = i->az.scope, .claims = i->az.told, .given_at = r->now };
}

struct id interaction_owner(const struct interaction *i)
{
	return i->acting.use ? i->acting.use->mandate.id : i->browser.session.subject_id;
}

static enum step_result consent_page(struct request *r, struct interaction *i)
{
	struct subject subject;
	status s = subjects_get(r->issuer, i->browser.session.subject_id, &r->arena, &subject);
	if (s != ST_OK)
		return answer_fault_page(r, is_fault(s) ? s : ST_BUG, "subject of a session");

	const struct pending pending = {
		.step = PENDING_CONSENT,
		.parameters = i->parameters,
		.session_id = i->browser.session.id,
		.expires_at = r->now + r->issuer->conf->life.sign_in_s,
		.asked_us = i->asked_us,
		.chosen = true,
		.mandate_id = i->acting.use ? i->acting.use->mandate.id : (struct id){ 0 },
	};
	struct page_consent page = {
		.language = i->browser.language,
		.client_name = client_name(i),
		.client_host = redirect_uri_authority(i->az.redirect_uri),
		.scope = i->az.scope,
		.subject = masked_name(subject.name, &r->arena),
		.acting_for = i->acting.use ? i->acting.use->legal.name : NO_SLICE,
		.purpose = i->az.client.purpose,
		.links = client_links(&i->az.client),
	};
	s = page_rights(&i->az.client, i->az.told, &r->arena, &page.rights);
	if (s == ST_OK)
		s = page_details(i->az.details, &r->arena, &page.details, &page.details_n);
	if (s == ST_OK)
		s = pending_seal(r, &pending, &page.request);
	if (s != ST_OK)
		return answer_fault_page(r, s, "consent page");
	struct buf html = { 0 };
	return answer_page(r, 200, &html, page_consent(&html, &page));
}

static status fill_choice(struct request *r, const struct mandate_use *use, struct page_mandate *ret)
{
	*ret = (struct page_mandate){
		.id = id_text(&r->arena, use->mandate.id),
		.legal_name = use->legal.name,
		.role = use->mandate.role,
		.matters = mandate_matters(&use->mandate, &r->arena),
		.until = mandate_day(use->until, &r->arena),
	};
	return ret->id.p ? ST_OK : ST_NOMEM;
}

static status fill_choices(struct request *r, struct interaction *i, struct page_acting *page)
{
	const struct acting *c = &i->acting;
	struct subject person;
	const struct pending pending = {
		.step = PENDING_ACTING,
		.parameters = i->parameters,
		.session_id = i->browser.session.id,
		.expires_at = r->now + r->issuer->conf->life.sign_in_s,
	};
	struct page_mandate *items = arena_array(&r->arena, struct page_mandate, c->n + 1);
	if (!items)
		return ST_NOMEM;
	for (size_t k = 0; k < c->n; k++)
		TRY(fill_choice(r, &c->uses[k], &items[k]));
	status s = subjects_get(r->issuer, i->browser.session.subject_id, &r->arena, &person);
	if (s != ST_OK)
		return is_fault(s) ? s : ST_BUG;
	page->items = items;
	page->n = c->n;
	page->subject = masked_name(person.name, &r->arena);
	return pending_seal(r, &pending, &page->request);
}

static enum step_result acting_page(struct request *r, struct interaction *i)
{
	struct page_acting page = {
		.language = i->browser.language,
		.client_name = client_name(i),
		.client_host = redirect_uri_authority(i->az.redirect_uri),
		.own = i->acting.own,
	};
	status s = fill_choices(r, i, &page);
	if (s != ST_OK)
		return answer_fault_page(r, s, "choice of a mandate");
	struct buf html = { 0 };
	return answer_page(r, 200, &html, page_acting(&html, &page));
}

/* ---- the decision --------------------------------------------------------------------------- */

enum hint { HINT_NONE, HINT_MATCHES, HINT_DIFFERS, HINT_UNUSABLE };

/* Themselves, or a legal person for whom they act. */
static status compare_sub(struct request *r, struct interaction *i, struct slice wanted, enum hint *ret)
{
	bool any;
	if (!i->browser.has_session)
		return ST_OK;
	TRY(acting_narrow(r, i, wanted, &any));
	*ret = any ? HINT_MATCHES : HINT_DIFFERS;
	return ST_OK;
}

/* Is the person of this session whom id_token_hint (OIDC Core §3.1.2.1) or a `sub` asked for among the
 * claims (§3.1.2.2) names? */
static status compare_hint(struct request *r, struct interaction *i, enum hint *ret)
{
	*ret = HINT_NONE;
	if (i->az.sub.p)
		TRY(compare_sub(r, i, i->az.sub, ret));
	if (slice_empty(i->az.id_token_hint) || *ret == HINT_DIFFERS)
		return ST_OK;
	struct own_id_token hint;
	status s = own_id_token_verify(r->issuer, i->az.id_token_hint, r->now, &r->arena, &hint);
	if (is_fault(s))
		return s;
	if (s != ST_OK || !slice_equal(hint.client_id, i->az.client.client_id)) {
		*ret = HINT_UNUSABLE;
		return ST_OK;
	}
	return compare_sub(r, i, hint.sub, ret);
}

/* Whether the person who is named is here is for those to hear who hold their consent: to others, it is
 * as if somebody else were (OIDC Core §3.1.2.1 leaves the error open, §3.1.2.6 consent_required). */
static status read_standing(struct request *r, struct interaction *i, enum hint *ret_hint,
			    enum consent_extent *ret_extent)
{
	const struct consent asked = interaction_consent(r, i);
	TRY(acting_load(r, i));
	TRY(compare_hint(r, i, ret_hint));
	TRY(acting_settle(i));
	*ret_extent = CONSENT_TO_NOTHING;
	if (i->browser.has_session && i->acting.settled)
		TRY(consent_extent(r->issuer, &i->az.client, interaction_owner(i), &asked, &r->arena, ret_extent));
	if (i->az.prompt & PROMPT_NONE && *ret_hint == HINT_MATCHES && *ret_extent == CONSENT_TO_NOTHING)
		*ret_hint = HINT_DIFFERS;
	return ST_OK;
}

/* What was shown before does not count: with prompt=login nothing does, with max_age what is older. So
 * max_age=0 asks again, whatever the clock says (OIDC Core §3.1.2.1). */
static int64_t since_us(const struct interaction *i)
{
	enum { US = 1000000 };
	if (i->az.prompt & (PROMPT_LOGIN | PROMPT_SELECT_ACCOUNT))
		return i->asked_us;
	return i->az.max_age >= 0 ? i->asked_us - i->az.max_age * US : 0;
}

static status find_level(struct request *r, struct interaction *i)
{
	if (!i->browser.has_session)
		return ST_OK;
	i->asked = (struct level_asked){ .acr = i->az.acr, .since_us = since_us(i) };
	status s = level_find(r->issuer, &i->browser.session, &i->asked, r->now_us, &r->arena, &i->found);
	return s == ST_NOT_FOUND ? ST_BUG : s;
}

/* RFC 9470 §5: below what is asked for, the person is asked to prove what is missing, and no more. */
static enum proof proof_needed(const struct interaction *i, enum hint hint)
{
	bool silent = i->az.prompt & PROMPT_NONE;
	if (!i->browser.has_session || hint == HINT_DIFFERS || !i->found.shown)
		return PROOF_PASSWORD;
	if (!i->found.short_of || (silent && !i->az.acr.essential))
		return PROOF_ENOUGH;
	return i->found.missing;
}

/* STEP_NEXT: nothing more has to be proved. */
static enum step_result ask_for_proof(struct request *r, struct interaction *i, enum hint hint)
{
	bool silent = i->az.prompt & PROMPT_NONE;
	enum proof proof = proof_needed(i, hint);
	if (silent && hint == HINT_UNUSABLE)
		proof = PROOF_PASSWORD;
	if (proof == PROOF_ENOUGH || (proof == PROOF_OUT_OF_REACH && !i->az.acr.essential))
		return STEP_NEXT;
	if (proof == PROOF_OUT_OF_REACH)
		return interaction_refuse(r, i, refuse(&UNMET_AUTHENTICATION_REQUIREMENTS,
						       "the person has no acr that was asked for"));
	if (silent)
		return interaction_refuse(r, i, refuse(&LOGIN_REQUIRED, "the person has to sign in"));
	if (i->just_signed_in && hint == HINT_DIFFERS)
		return interaction_refuse(r, i, refuse(&LOGIN_REQUIRED, "somebody else signed in"));
	if (proof == PROOF_OTP)
		return interaction_factor_page(r, i, 200, PROBLEM_NONE);
	return interaction_sign_in_page(r, i, 200, PROBLEM_NONE, 0, i->az.login_hint);
}

/* In the language in which the person has signed in. */
static enum step_result see_own_page(struct request *r, const struct interaction *i)
{
	bool query = slice_find(i->parameters, '?') < i->parameters.n;
	return answer_see_other(r, arena_format(&r->arena, "%.*s%cui_locales=%s", SLICE_FMT(i->parameters),
						query ? '&' : '?',
						i->browser.language == LANGUAGE_EN ? "en" : "zh-CN"));
}

/* The client will hear of the session's end: noted before it is given a code. */
static enum step_result note_client(struct request *r, struct interaction *i)
{
	const struct session *session = &i->browser.session;
	struct batch *b = NULL;
	status s = session_client_is_new(r->issuer, session, &i->az.client, &i->noting);
	if (s == ST_OK && !i->noting)
		return STEP_NEXT;
	if (s == ST_OK)
		s = (b = batch_new(&r->arena)) ? ST_OK : ST_NOMEM;
	if (s == ST_OK)
		s = session_client_put(r->issuer, b, session, &i->az.client, &r->arena);
	if (s == ST_NOT_FOUND)
		return interaction_refuse(r, i, refuse(&LOGIN_REQUIRED, "the session has ended"));
	if (s != ST_OK)
		return answer_fault_page(r, s, "session's client");
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

enum step_result interaction_decide(struct request *r)
{
	struct interaction *i = r->state;
	bool silent = i->az.prompt & PROMPT_NONE;
	enum hint hint;
	enum consent_extent extent;
	if (i->own_page)
		return see_own_page(r, i);
	status s = read_standing(r, i, &hint, &extent);
	if (s == ST_OK)
		s = find_level(r, i);
	if (s != ST_OK)
		return answer_fault_page(r, s, "session's level or consent");
	enum step_result proved = ask_for_proof(r, i, hint);
	if (proved != STEP_NEXT)
		return proved;
	if (i->browser.session.kind == SUBJECT_LEGAL && !i->az.client.legal_persons)
		return interaction_refuse(r, i, refuse(&ACCESS_DENIED, "this client takes no legal persons"));

	if (!i->acting.settled && silent)
		return interaction_refuse(r, i, refuse(&ACCOUNT_SELECTION_REQUIRED,
						       "the person has to say in whose name"));
	if (!i->acting.settled)
		return acting_page(r, i);

	/* A payment agreed to once is not agreed to twice: details are asked for each time. */
	bool consent = i->az.details.p || extent != CONSENT_TO_ALL ||
		       (i->az.prompt & PROMPT_CONSENT && !i->az.client.state_owned);
	if (consent && !i->just_consented) {
		if (silent)
			return interaction_refuse(r, i, refuse(&CONSENT_REQUIRED, "the person has to agree"));
		return consent_page(r, i);
	}
	return note_client(r, i);
}

/* ---- the code ------------------------------------------------------------------------------- */

/* A pushed request is good for one answer (RFC 9126 §7.3). */
static status spend_command(struct request *r, const struct interaction *i, struct cache_command *ret)
{
	status s = pushed_request_command(i->source.pushed_uri, i->az.client.client_id, true, &r->arena, ret);
	return s == ST_INVALID ? ST_BUG : s;
}

enum step_result interaction_issue(struct request *r)
{
	struct interaction *i = r->state;
	struct issuer *is = r->issuer;
	/* The session ended or was renewed at this very moment: another try will tell. */
	if (i->noting && r->op.status != ST_OK)
		return answer_fault_page(r, is_fault(r->op.status) ? r->op.status : ST_UNAVAILABLE,
					 "session's client");
	const struct mandate_use *use = i->acting.use;
	const struct id person = i->browser.session.subject_id;
	struct code code = {
		.grant = {
			.subject_id = use ? use->legal.id : person,
			.actor_id = use ? person : (struct id){ 0 },
			.mandate_id = use ? use->mandate.id : (struct id){ 0 },
			.session_id = i->browser.session.id,
			.client_id = i->az.client.client_id,
			.scope = i->az.scope,
			.audience = i->az.audience,
			.kind = use ? SUBJECT_LEGAL : i->browser.session.kind,
			.claims = i->az.claims,
			.agreed = i->az.told,
			.authorization_details = i->az.details,
			.created_at = r->now,
			.dpop_jkt = i->az.dpop_jkt,
		},
		.redirect_uri = i->az.redirect_uri,
		.nonce = i->az.nonce,
		.code_challenge = i->az.code_challenge,
		.expires_at = r->now + is->conf->life.code_s,
	};
	status s = random_bytes(code.grant.id.bytes, sizeof code.grant.id.bytes);
	if (s == ST_OK)
		s = level_attest(is, &i->browser.session, &i->asked, &i->found, &r->arena,
				 &code.grant.authentication);
	if (s == ST_OK)
		s = code_issue(is, &code, &r->arena, &i->code, &i->commands[0]);
	size_t n = 1;
	if (s == ST_OK && !i->just_signed_in && session_wants_touch(&i->browser.session, r->now)) {
		i->browser.session.used_at = r->now;
		s = session_put_command(is, &i->browser.session, r->now, &r->arena, &i->commands[n++]);
	}
	if (s == ST_OK && i->source.pushed_uri.n) {
		i->spend_at = n;
		s = spend_command(r, i, &i->commands[n++]);
	}
	if (s != ST_OK)
		return answer_fault_page(r, s, "code");
	cache_submit(is->cache, i->commands, n, &r->arena, &r->op);
	return STEP_WAIT;
}

enum step_result interaction_answer(struct request *r)
{
	struct interaction *i = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "code");
	/* Another window was first, or the page was open for too long: the code stays here. */
	if (i->source.pushed_uri.n && i->commands[i->spend_at].status != ST_OK)
		return answer_error_page(r, 400, refuse(&INVALID_REQUEST_URI, "this request was used before"));
	return authorization_answer_code(r, i, i->code);
}

/* ---- no ------------------------------------------------------------------------------------- */

static enum step_result denied(struct request *r)
{
	struct interaction *i = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "pushed request");
	return interaction_refuse(r, i, i->denial);
}

static step_fn *const DENIED_STEPS[] = { denied, NULL };

enum step_result interaction_deny(struct request *r, struct interaction *i, const char *why)
{
	i->denial = refuse(&ACCESS_DENIED, why);
	if (slice_empty(i->source.pushed_uri))
		return interaction_refuse(r, i, i->denial);
	status s = spend_command(r, i, &i->commands[0]);
	if (s != ST_OK)
		return answer_fault_page(r, s, "pushed request");
	r->next = DENIED_STEPS;
	cache_submit(r->issuer->cache, i->commands, 1, &r->arena, &r->op);
	return STEP_WAIT;
}
