/*
 * /account: whoever is signed in sees which clients may get what, and withdraws it.
 *
 * Withdrawing takes the consent away and ends the client's offline grants with their tokens. A token
 * that hangs on a session that is still going on lives out its minutes.
 */
#include "authd/endpoint/browser.h"
#include "authd/endpoint/endpoints.h"
#include "authd/service/audit.h"
#include "authd/service/clients.h"
#include "authd/service/consents.h"
#include "authd/service/redirect_uri.h"
#include "authd/service/subjects.h"
#include "libauth/base/encode.h"

struct account {
	struct browser browser; /* first, so that its steps find it */
	struct subject subject;
	struct slice after; /* the page begins behind this client_id */
};

static enum step_result read_language(struct request *r)
{
	struct account *c = r->state;
	const struct params *params = r->method == METHOD_POST ? &r->form : &r->query;
	c->browser.language = request_language(r, params_get(params, "ui_locales"));
	c->after = slice_first(params_get(&r->query, "after"), CLIENT_ID_MAX);
	return STEP_NEXT;
}

static enum step_result load_person(struct request *r)
{
	struct account *c = r->state;
	if (!c->browser.has_session)
		return answer_error_page(r, 401, refuse(&LOGIN_REQUIRED, "sign in at a portal first"));
	status s = subjects_get(r->issuer, c->browser.session.subject_id, &r->arena, &c->subject);
	return s == ST_OK ? STEP_NEXT : answer_fault_page(r, is_fault(s) ? s : ST_BUG, "subject of a session");
}

/* ---- withdrawing ------------------------------------------------------------------------------ */

static status put_withdrawal(struct request *r, struct batch *b, struct slice client_id)
{
	const struct account *c = r->state;
	const struct audit_entry entry = {
		.event = "consent.withdraw",
		.actor = c->subject.id,
		.subject = c->subject.id,
		.client_id = client_id,
	};
	TRY(consent_withdraw(r->issuer, b, c->subject.id, client_id, r->now, &r->arena));
	return audit_write(b, &entry);
}

static enum step_result read_form(struct request *r)
{
	struct account *c = r->state;
	struct slice client_id = params_get(&r->form, "withdraw");
	struct pending pending;
	bool listed = false;
	r->op.status = ST_OK;
	if (r->method != METHOD_POST)
		return STEP_NEXT;
	enum step_result open = browser_open_form(r, PENDING_ACCOUNT, &pending);
	if (open != STEP_NEXT)
		return open;
	c->after = pending.parameters;
	/* A made-up client_id leaves no trace. */
	status s = slice_empty(client_id) || client_id.n > CLIENT_ID_MAX
			   ? ST_OK
			   : consent_is_listed(r->issuer, c->subject.id, client_id, r->now, &r->arena, &listed);
	if (s != ST_OK)
		return answer_fault_page(r, s, "consents");
	if (!listed)
		return STEP_NEXT;
	struct batch *b = batch_new(&r->arena);
	s = b ? put_withdrawal(r, b, client_id) : ST_NOMEM;
	if (s != ST_OK)
		return answer_fault_page(r, s, "withdrawal");
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

/* ---- the page --------------------------------------------------------------------------------- */

/* OIDC Core §4: the portal learns which issuer it is to ask. */
static struct slice open_uri(struct request *r, const struct client *client)
{
	const struct answer_param params[] = { { "iss", r->issuer->iss } };
	AUTO_BUF struct buf uri = { 0 };
	if (client->initiate_login_uri.n && !client->disabled)
		redirect_uri_put(&uri, client->initiate_login_uri, params, COUNT_OF(params));
	return arena_copy(&r->arena, buf_slice(&uri));
}

/* What was agreed to in detail lives with the offline grant. */
static status fill_grants(struct request *r, const struct consent_listed *l, struct page_account_entry *ret)
{
	struct page_account_grant *grants =
		arena_array(&r->arena, struct page_account_grant, l->families_n ? l->families_n : 1);
	size_t n = 0;
	if (!grants)
		return ST_NOMEM;
	for (size_t k = 0; k < l->families_n; k++) {
		const struct grant *g = &l->families[k].grant;
		if (!g->authorization_details.p)
			continue;
		grants[n].since = date_text(g->created_at, &r->arena);
		TRY(page_details(g->authorization_details, &r->arena, &grants[n].details, &grants[n].details_n));
		n++;
	}
	ret->grants = grants;
	ret->grants_n = n;
	return ST_OK;
}

static status fill_entry(struct request *r, const struct consent_listed *l, struct page_account_entry *ret)
{
	const struct account *c = r->state;
	struct client client = { .client_name = l->client_id };
	status s = clients_get(r->issuer, l->client_id, &r->arena, &client);
	if (is_fault(s))
		return s;
	bool english = c->browser.language == LANGUAGE_EN && client.client_name_en.n;
	*ret = (struct page_account_entry){
		.client_id = l->client_id,
		.client_name = english ? client.client_name_en : client.client_name,
		.scope = l->consent.scope,
		.open_uri = open_uri(r, &client),
		.since = date_text(l->consent.given_at, &r->arena),
	};
	TRY(page_rights(&client, l->consent.claims, &r->arena, &ret->rights));
	return fill_grants(r, l, ret);
}

static struct slice next_uri(struct request *r, struct slice last)
{
	const struct account *c = r->state;
	AUTO_BUF struct buf uri = { 0 };
	buf_put(&uri, SLICE("/account?after="));
	buf_put_percent(&uri, last);
	buf_put(&uri, c->browser.language == LANGUAGE_EN ? SLICE("&ui_locales=en") : SLICE("&ui_locales=zh-CN"));
	return buf_finish(&uri, &r->arena);
}

static status fill_page(struct request *r, struct page_account *page)
{
	const struct account *c = r->state;
	struct consent_listed *listed;
	size_t n;
	bool more;
	const struct pending pending = {
		.step = PENDING_ACCOUNT,
		.parameters = c->after,
		.session_id = c->browser.session.id,
		.expires_at = r->now + r->issuer->conf->life.sign_in_s,
	};
	TRY(consents_list(r->issuer, c->subject.id, c->after, r->now, &r->arena, &listed, &n, &more));
	struct page_account_entry *entries = arena_array(&r->arena, struct page_account_entry, n ? n : 1);
	if (!entries)
		return ST_NOMEM;
	for (size_t k = 0; k < n; k++)
		TRY(fill_entry(r, &listed[k], &entries[k]));
	page->entries = entries;
	page->entries_n = n;
	page->begins_later = c->after.n > 0;
	page->next = more ? next_uri(r, listed[n - 1].client_id) : NO_SLICE;
	if (more && !page->next.p)
		return ST_NOMEM;
	return pending_seal(r, &pending, &page->request);
}

static enum step_result show(struct request *r)
{
	struct account *c = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, is_fault(r->op.status) ? r->op.status : ST_UNAVAILABLE, "withdrawal");
	struct page_account page = {
		.language = c->browser.language,
		.subject = masked_name(c->subject.name, &r->arena),
	};
	status s = fill_page(r, &page);
	if (s != ST_OK)
		return answer_fault_page(r, s, "account page");
	struct buf html = { 0 };
	return answer_page(r, 200, &html, page_account(&html, &page));
}

static step_fn *const ACCOUNT_STEPS[] = {
	read_language, browser_get_session, browser_take_session, load_person, read_form, show, NULL,
};
const struct route ACCOUNT_ROUTE = {
	.path = "/account",
	.methods = METHOD_GET | METHOD_POST,
	.steps = ACCOUNT_STEPS,
	.state_size = sizeof(struct account),
	.form = true,
};
