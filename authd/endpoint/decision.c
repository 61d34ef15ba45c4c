#include "authd/endpoint/decision.h"

#include "authd/service/audit.h"
#include "authd/service/claim_rights.h"
#include "authd/service/clients.h"
#include "authd/service/consents.h"
#include "authd/service/notice.h"
#include "authd/service/subjects.h"
#include "libauth/base/json_writer.h"

void decision_ask(struct decision *d, struct slice handle)
{
	d->commands[0] = deferred_get(handle);
	d->commands[1] = deferred_decided(handle);
}

status decision_read(struct request *r, struct decision *d)
{
	status s = deferred_from(&d->commands[0], r->now, &d->deferred);
	if (s == ST_EXPIRED || d->commands[1].status != ST_NOT_FOUND)
		return ST_NOT_FOUND;
	TRY(s);
	TRY(clients_get(r->issuer, d->deferred.grant.client_id, &r->arena, &d->client));
	return d->client.disabled ? ST_NOT_FOUND : ST_OK;
}

struct slice decision_client_name(const struct decision *d)
{
	const struct client *c = &d->client;
	if (d->interaction.browser.language == LANGUAGE_EN && c->client_name_en.n)
		return c->client_name_en;
	return c->client_name.n ? c->client_name : c->client_id;
}

static claim_set decision_claims(const struct decision *d)
{
	return claims_of_scope(d->deferred.grant.scope) & claims_allowed(&d->client);
}

enum step_result decision_page(struct request *r, struct decision *d, const char *path,
			       struct slice parameters, struct slice user_code)
{
	const struct browser *b = &d->interaction.browser;
	if (b->session.kind == SUBJECT_LEGAL && !d->client.legal_persons)
		return answer_error_page(r, 403, refuse(&ACCESS_DENIED, "this client takes no legal persons"));
	struct subject subject;
	status s = subjects_get(r->issuer, b->session.subject_id, &r->arena, &subject);
	if (s != ST_OK)
		return answer_fault_page(r, is_fault(s) ? s : ST_BUG, "subject of a session");
	const struct pending pending = {
		.step = PENDING_DECISION,
		.parameters = parameters,
		.session_id = b->session.id,
		.expires_at = d->deferred.expires_at,
	};
	struct page_decision page = {
		.language = b->language,
		.path = path,
		.client_name = decision_client_name(d),
		.scope = d->deferred.grant.scope,
		.subject = masked_name(subject.name, &r->arena),
		.user_code = user_code,
		.binding_message = d->deferred.binding_message,
	};
	s = page_rights(&d->client, decision_claims(d), &r->arena, &page.rights);
	if (s == ST_OK)
		s = page_details(d->deferred.grant.authorization_details, &r->arena, &page.details, &page.details_n);
	if (s == ST_OK)
		s = pending_seal(r, &pending, &page.request);
	if (s != ST_OK)
		return answer_fault_page(r, s, "decision page");
	struct buf html = { 0 };
	return answer_page(r, 200, &html, page_decision(&html, &page));
}

enum step_result decision_open(struct request *r, struct decision *d)
{
	const struct browser *b = &d->interaction.browser;
	enum step_result open = browser_open_form(r, PENDING_DECISION, &d->pending);
	if (open != STEP_NEXT)
		return open;
	if (!b->has_session || !id_equal(b->session.id, d->pending.session_id))
		return answer_error_page(r, 403, refuse(&LOGIN_REQUIRED, "the session has ended"));
	return STEP_NEXT;
}

/* ---- what becomes of the answer ---------------------------------------------------------------- */

static step_fn *const AGAIN_STEPS[] = { decision_record, decision_keep, decision_answer, NULL };

/* What the person has said, in one batch: the audit's entry, and the consent. */
static status write_decision(struct request *r, const struct decision *d, struct batch *b)
{
	const struct session *session = &d->interaction.browser.session;
	const struct consent given = { .scope = d->deferred.grant.scope,
				       .claims = decision_claims(d),
				       .given_at = r->now };
	const struct audit_entry entry = {
		.event = d->allowed ? "consent.give" : "consent.refuse",
		.actor = session->subject_id,
		.client_id = d->client.client_id,
		.session = session->id,
		.grant = d->deferred.grant.id,
		.authorization_details = d->deferred.grant.authorization_details,
		.detail = d->deferred.grant.scope,
	};
	if (d->allowed)
		TRY(consent_give(r->issuer, b, &d->client, session->subject_id, &given, &r->arena));
	return audit_write(b, &entry);
}

status decision_find_level(struct request *r, struct decision *d)
{
	enum { US = 1000000 };
	const struct deferred *asked = &d->deferred;
	d->asked = (struct level_asked){
		.acr = acr_values_read(asked->acr_values, &d->client),
		.since_us = asked->acr_values.n ? asked->grant.created_at * US : 0,
	};
	status s = level_find(r->issuer, &d->interaction.browser.session, &d->asked, r->now_us, &r->arena,
			      &d->found);
	return s == ST_NOT_FOUND ? ST_BUG : s;
}

enum step_result decision_record(struct request *r)
{
	struct decision *d = r->state;
	struct slice said = params_get(&r->form, "decision");
	bool yes = slice_is(said, "allow");
	if (!yes && !slice_is(said, "deny"))
		return answer_error_page(r, 400, refuse(&INVALID_REQUEST, "decision is missing"));
	status s = decision_find_level(r, d);
	if (s != ST_OK)
		return answer_fault_page(r, s, "session's level");
	/* What was asked for by name; the client's default is a wish, and refuses nobody. */
	d->unmet = yes && d->deferred.acr_values.n && d->found.short_of;
	d->allowed = yes && !d->unmet;
	struct batch *b = batch_new(&r->arena);
	s = b ? write_decision(r, d, b) : ST_NOMEM;
	if (s != ST_OK)
		return answer_fault_page(r, s, "decision");
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

enum step_result decision_keep(struct request *r)
{
	enum { TRIES_MAX = 4 };
	struct decision *d = r->state;
	const struct session *session = &d->interaction.browser.session;
	/* Somebody agreed to something else of this client at the same moment. */
	if (r->op.status == ST_CONFLICT && ++d->tries < TRIES_MAX) {
		r->next = AGAIN_STEPS;
		return STEP_NEXT;
	}
	if (r->op.status != ST_OK)
		return answer_fault_page(r, is_fault(r->op.status) ? r->op.status : ST_UNAVAILABLE, "decision");

	/* What the client gets does not end with the session of this browser: it is another device. */
	d->deferred.denied = !d->allowed;
	d->deferred.grant.subject_id = session->subject_id;
	d->deferred.grant.kind = session->kind;
	d->deferred.grant.agreed = decision_claims(d);
	d->deferred.grant.created_at = r->now;
	status s = level_attest(r->issuer, session, &d->asked, &d->found, &r->arena,
				&d->deferred.grant.authentication);
	if (s == ST_OK)
		s = deferred_decide(&d->deferred, r->now, &r->arena, &d->commands[0]);
	if (s != ST_OK)
		return answer_fault_page(r, s, "decision");
	cache_submit(r->issuer->cache, d->commands, d->commands[1].key.n ? 2 : 1, &r->arena, &r->op);
	return STEP_WAIT;
}

/* CIBA §10.2: a client that asked for it hears that it may fetch the tokens, or the refusal. */
static void ping(struct request *r, const struct decision *d)
{
	AUTO_BUF struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_text(&w, "auth_req_id", d->deferred.auth_req_id);
	json_end(&w);
	if (!json.failed)
		notice_send(r->issuer, d->client.backchannel_client_notification_endpoint,
			    d->deferred.notification_token, buf_slice(&json));
}

enum step_result decision_answer(struct request *r)
{
	struct decision *d = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "decision");
	if (d->commands[0].status == ST_EXISTS)
		return answer_error_page(r, 410, refuse(&INVALID_REQUEST, "this was decided before"));
	if (d->deferred.notification_token.n)
		ping(r, d);
	if (d->unmet)
		return answer_error_page(r, 403, refuse(&UNMET_AUTHENTICATION_REQUIREMENTS,
							"the client asked for a level that you do not have"));
	struct buf html = { 0 };
	return answer_page(r, 200, &html, page_decided(&html, d->interaction.browser.language, d->allowed));
}
