/*
 * /account/factors: whoever is signed in enrols an authenticator app, gets new recovery codes, or removes
 * the app. All of it only for somebody who has just proved to be the person: by a code where there is an
 * app already, else by the password. A stolen session is not enough.
 *
 * The secret of an app that is not confirmed yet is stored nowhere: it travels in the page, sealed.
 */
#include "authd/endpoint/endpoints.h"
#include "authd/endpoint/interaction.h"
#include "authd/endpoint/pages.h"
#include "authd/service/audit.h"
#include "authd/service/subjects.h"
#include "authd/service/totp.h"
#include "keys/seal.h"

struct factors_form {
	struct interaction interaction; /* first, so that the shared steps find it */
	struct subject subject;
	struct totp totp;
	bool enrolled, recorded;
	uint64_t version; /* of its record; VERSION_NONE */
	struct slice secret; /* to enrol, as text */
	struct slice codes[RECOVERY_CODES];
	size_t codes_n;
};

/* ---- who, and for how long proved ----------------------------------------------------------- */

static enum step_result read_language(struct request *r)
{
	struct factors_form *f = r->state;
	const struct params *params = r->method == METHOD_POST ? &r->form : &r->query;
	f->interaction.browser.language = request_language(r, params_get(params, "ui_locales"));
	f->interaction.asked_us = r->now_us;
	return STEP_NEXT;
}

static status load(struct request *r, struct factors_form *f)
{
	struct id person = f->interaction.browser.session.subject_id;
	TRY(subjects_get(r->issuer, person, &r->arena, &f->subject));
	status s = totp_get(r->issuer, person, &r->arena, &f->totp, &f->version);
	f->enrolled = s == ST_OK;
	if (s == ST_NOT_FOUND)
		f->version = VERSION_NONE;
	return s == ST_NOT_FOUND ? ST_OK : s;
}

static enum step_result load_person(struct request *r)
{
	enum { US = 1000000 };
	struct factors_form *f = r->state;
	struct interaction *i = &f->interaction;
	struct slice path = slice_str(r->route->path);
	if (!i->browser.has_session)
		return interaction_sign_in_first(r, i, path);
	status s = load(r, f);
	if (s != ST_OK)
		return answer_fault_page(r, is_fault(s) ? s : ST_BUG, "second factor");
	enum factor needed = f->enrolled ? FACTOR_OTP : FACTOR_PWD;
	if (i->browser.session.factors.shown_us[needed] < r->now_us - r->issuer->conf->levels.fresh_s * US)
		return interaction_prove_first(r, i, f->enrolled ? PROOF_OTP : PROOF_PASSWORD, path);
	return STEP_NEXT;
}

/* ---- the page ------------------------------------------------------------------------------- */

static status new_secret(struct request *r, struct factors_form *f)
{
	uint8_t bytes[TOTP_SECRET_SIZE];
	TRY(random_bytes(bytes, sizeof bytes));
	f->secret = base32_text(slice_of(bytes, sizeof bytes), &r->arena);
	explicit_bzero(bytes, sizeof bytes);
	return f->secret.p ? ST_OK : ST_NOMEM;
}

/* What apps read of a QR code; the host says whose codes these are. */
static status enrolment_uri(struct request *r, const struct factors_form *f, struct slice *ret)
{
	struct slice host = slice_from(r->issuer->iss, slice_find(r->issuer->iss, '/') + 2);
	struct slice name = masked_name(f->subject.name, &r->arena);
	const struct param params[] = { { SLICE("secret"), f->secret }, { SLICE("issuer"), host } };
	AUTO_BUF struct buf uri = { 0 };
	buf_put_text(&uri, "otpauth://totp/");
	buf_put_percent(&uri, host);
	buf_put_text(&uri, ":");
	buf_put_percent(&uri, name);
	buf_put_byte(&uri, '?');
	params_put(&uri, &(struct params){ (struct param *)params, COUNT_OF(params) });
	buf_format(&uri, "&algorithm=SHA1&digits=%d&period=%d", TOTP_DIGITS, TOTP_PERIOD_S);
	*ret = buf_finish(&uri, &r->arena);
	return ret->p ? ST_OK : ST_NOMEM;
}

static enum step_result show(struct request *r, enum page_problem problem)
{
	struct factors_form *f = r->state;
	const struct browser *browser = &f->interaction.browser;
	bool enrols = !f->enrolled && !f->codes_n;
	struct page_factors page = {
		.language = browser->language,
		.subject = masked_name(f->subject.name, &r->arena),
		.problem = problem,
		.since = f->enrolled ? date_text(f->totp.created_at, &r->arena) : NO_SLICE,
		.codes_left = (int)recovery_codes_left(&f->totp),
		.codes = f->codes,
		.codes_n = f->codes_n,
	};
	status s = enrols && !f->secret.p ? new_secret(r, f) : ST_OK;
	if (s == ST_OK && enrols)
		s = enrolment_uri(r, f, &page.uri);
	page.secret = f->secret;
	const struct pending pending = {
		.step = PENDING_FACTORS,
		.parameters = f->secret,
		.session_id = browser->session.id,
		.expires_at = r->now + r->issuer->conf->life.sign_in_s,
	};
	if (s == ST_OK)
		s = pending_seal(r, &pending, &page.request);
	if (s != ST_OK)
		return answer_fault_page(r, s, "factors page");
	struct buf html = { 0 };
	return answer_page(r, 200, &html, page_factors(&html, &page));
}

/* ---- what the form says --------------------------------------------------------------------- */

static status commit(struct request *r, struct factors_form *f, struct batch *b, const char *event)
{
	const struct audit_entry entry = {
		.event = event,
		.actor = f->subject.id,
		.subject = f->subject.id,
		.session = f->interaction.browser.session.id,
		.detail = SLICE("otp"),
	};
	TRY(audit_write(b, &entry));
	f->recorded = true;
	records_commit(r->issuer->records, b, &r->op);
	return ST_OK;
}

static status put_codes(struct request *r, struct factors_form *f, struct batch *b, const char *event)
{
	TRY(recovery_codes_make(f->subject.id, &r->arena, &f->totp, f->codes));
	f->codes_n = RECOVERY_CODES;
	TRY(totp_put(r->issuer, b, &r->arena, f->subject.id, &f->totp, f->version));
	return commit(r, f, b, event);
}

/* The first code shows that the app has the secret; it is used with that. ST_FORBIDDEN: it is another. */
static status enrol(struct request *r, struct factors_form *f, struct batch *b)
{
	enum totp_answer answer;
	struct totp totp = { .created_at = r->now };
	TRY(base32_read(f->secret, &r->arena, &totp.secret));
	TRY(totp_try(r->issuer->conf, f->subject.id, params_get(&r->form, "code"), r->now, &r->arena, &totp,
		     &answer));
	if (answer != TOTP_RIGHT)
		return ST_FORBIDDEN;
	f->totp = totp;
	return put_codes(r, f, b, "factor.enrol");
}

static status act(struct request *r, struct factors_form *f, struct slice action)
{
	struct batch *b = batch_new(&r->arena);
	if (!b)
		return ST_NOMEM;
	if (slice_is(action, "confirm") && !f->enrolled && f->secret.n == TOTP_SECRET_TEXT)
		return enrol(r, f, b);
	if (slice_is(action, "renew") && f->enrolled)
		return put_codes(r, f, b, "factor.recovery");
	if (!slice_is(action, "remove") || !f->enrolled)
		return ST_OK;
	totp_remove(b, f->subject.id, f->version);
	return commit(r, f, b, "factor.remove");
}

static enum step_result read_form(struct request *r)
{
	struct factors_form *f = r->state;
	struct pending pending;
	if (r->method != METHOD_POST)
		return show(r, PROBLEM_NONE);
	enum step_result open = browser_open_form(r, PENDING_FACTORS, &pending);
	if (open != STEP_NEXT)
		return open;
	f->secret = f->enrolled ? NO_SLICE : pending.parameters;
	status s = act(r, f, params_get(&r->form, "action"));
	if (s == ST_FORBIDDEN)
		return show(r, PROBLEM_WRONG_CODE);
	if (s != ST_OK)
		return answer_fault_page(r, is_fault(s) ? s : ST_BUG, "second factor");
	return f->recorded ? STEP_WAIT : show(r, PROBLEM_NONE);
}

static enum step_result recorded(struct request *r)
{
	struct factors_form *f = r->state;
	/* Somebody has changed it at the same moment: another try will tell. */
	if (r->op.status != ST_OK)
		return answer_fault_page(r, is_fault(r->op.status) ? r->op.status : ST_UNAVAILABLE, "second factor");
	if (!f->codes_n)
		return answer_see_other(r, slice_str("/account"));
	return show(r, PROBLEM_NONE);
}

static step_fn *const FACTORS_STEPS[] = {
	read_language, browser_get_session, browser_take_session, load_person, read_form, recorded, NULL,
};
const struct route FACTORS_ROUTE = {
	.path = "/account/factors",
	.methods = METHOD_GET | METHOD_POST,
	.steps = FACTORS_STEPS,
	.state_size = sizeof(struct factors_form),
	.form = true,
};
