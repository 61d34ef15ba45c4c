/* /account/password: whoever is signed in changes the password. */
#include "authd/endpoint/browser.h"
#include "authd/endpoint/endpoints.h"
#include "authd/service/audit.h"
#include "authd/service/credentials.h"
#include "authd/service/password.h"
#include "authd/service/sign_out.h"
#include "authd/service/subjects.h"
#include "authd/service/throttle.h"

struct change {
	struct browser browser; /* first, so that its steps find it */
	struct pending pending;
	struct subject subject;
	struct credential credential;
	uint64_t credential_version;
	struct slice current, fresh;
	struct password_job verify, hash;
	struct throttle throttle;
	struct cache_command commands[4];
};

static enum step_result show(struct request *r, int http_status, enum page_problem problem)
{
	struct change *c = r->state;
	const struct conf *conf = r->issuer->conf;
	const struct pending pending = {
		.step = PENDING_PASSWORD,
		.session_id = c->browser.session.id,
		.expires_at = r->now + conf->life.sign_in_s,
	};
	struct page_password page = {
		.language = c->browser.language,
		.subject = masked_name(c->subject.name, &r->arena),
		.problem = problem,
		.min_length = (int)conf->password.min_length,
		.minutes = (int)((conf->throttle.window_s + 59) / 60),
	};
	status s = pending_seal(r, &pending, &page.request);
	if (s != ST_OK)
		return answer_fault_page(r, s, "password page");
	struct buf html = { 0 };
	return answer_page(r, http_status, &html, page_password(&html, &page));
}

static enum step_result read_language(struct request *r)
{
	struct change *c = r->state;
	const struct params *params = r->method == METHOD_POST ? &r->form : &r->query;
	c->browser.language = request_language(r, params_get(params, "ui_locales"));
	return STEP_NEXT;
}

/* Only for somebody who is signed in; there is no portal here to send anybody back to. */
static enum step_result load_person(struct request *r)
{
	struct change *c = r->state;
	if (!c->browser.has_session)
		return answer_error_page(r, 401, refuse(&LOGIN_REQUIRED, "sign in at a portal first"));
	status s = subjects_get(r->issuer, c->browser.session.subject_id, &r->arena, &c->subject);
	if (s == ST_OK)
		s = credentials_get(r->issuer, c->subject.id, &r->arena, &c->credential, &c->credential_version);
	if (s != ST_OK)
		return answer_fault_page(r, is_fault(s) ? s : ST_BUG, "credential");
	return STEP_NEXT;
}

static enum step_result count(struct request *r, enum throttle_by by)
{
	struct change *c = r->state;
	throttle_try(r->issuer, by, &c->throttle);
	cache_submit(r->issuer->cache, &c->throttle.commands[by], 1, &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result read_form(struct request *r)
{
	struct change *c = r->state;
	if (r->method != METHOD_POST)
		return show(r, 200, PROBLEM_NONE);
	enum step_result open = browser_open_form(r, PENDING_PASSWORD, &c->pending);
	if (open != STEP_NEXT)
		return open;
	if (slice_is(params_get(&r->form, "action"), "language"))
		return show(r, 200, PROBLEM_NONE);

	c->current = params_get(&r->form, "current_password");
	c->fresh = params_get(&r->form, "new_password");
	if (slice_empty(c->current) || slice_empty(c->fresh))
		return show(r, 200, PROBLEM_MISSING_FIELD);
	if (!slice_equal_secret(c->fresh, params_get(&r->form, "new_password_again")))
		return show(r, 200, PROBLEM_PASSWORD_MISMATCH);
	if (slice_equal_secret(c->fresh, c->current))
		return show(r, 200, PROBLEM_PASSWORD_SAME);
	status s = password_check(r->issuer->conf, c->fresh, NULL);
	if (s == ST_TOO_LARGE)
		return answer_error_page(r, 400, refuse(&INVALID_REQUEST, "the password is too long"));
	if (s != ST_OK)
		return show(r, 200, PROBLEM_PASSWORD_TOO_SHORT);

	/* A session left open is no way around the limit on guesses. */
	s = throttle_begin(id_slice(&c->subject.id), r->peer, &r->arena, &c->throttle);
	return s == ST_OK ? count(r, THROTTLE_ADDRESS) : answer_fault_page(r, s, "throttle");
}

static enum step_result show_throttled(struct request *r)
{
	int64_t window = r->issuer->conf->throttle.window_s;
	response_header(r, "Retry-After", arena_format(&r->arena, "%lld", (long long)window));
	return show(r, 429, PROBLEM_THROTTLED);
}

static enum step_result admit(struct request *r)
{
	struct change *c = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "throttle");
	if (throttle_check(r->issuer, THROTTLE_ADDRESS, &c->throttle) != ST_OK)
		return show_throttled(r);
	return count(r, THROTTLE_ACCOUNT);
}

static enum step_result verify_current(struct request *r)
{
	struct change *c = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "throttle");
	if (throttle_check(r->issuer, THROTTLE_ACCOUNT, &c->throttle) != ST_OK)
		return show_throttled(r);
	c->verify = (struct password_job){ .password = c->current, .hash = c->credential.password_hash };
	password_verify_submit(r->issuer, &c->verify, &r->op);
	return STEP_WAIT;
}

static enum step_result hash_new(struct request *r)
{
	struct change *c = r->state;
	if (r->op.status == ST_BUSY)
		return show(r, 503, PROBLEM_UNAVAILABLE);
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "password");
	if (!c->verify.ret_match)
		return show(r, 200, PROBLEM_WRONG_CREDENTIALS);
	c->hash = (struct password_job){ .password = c->fresh };
	password_hash_submit(r->issuer, &c->hash, &r->op);
	return STEP_WAIT;
}

/*
 * Whatever was got with the old password ends: all other sessions, all codes, tokens and offline
 * grants. This session goes on under a new key (attack: an old cookie).
 */
static status record_change(struct request *r, struct change *c, struct batch *b)
{
	struct session *session = &c->browser.session;
	const struct credential fresh = { .password_hash = slice_str(c->hash.ret_hash), .changed_at = r->now };
	const struct audit_entry entry = {
		.event = "password.change",
		.actor = c->subject.id,
		.subject = c->subject.id,
		.session = session->id,
	};
	TRY(credentials_put(r->issuer, b, &r->arena, c->subject.id, &fresh, c->credential_version));
	TRY(sign_out_everywhere(r->issuer, b, c->subject.id, session->id, &r->arena,
				&session->proved_us));
	session->proved_us++;
	TRY(session_renew(r->issuer->conf, FACTOR_PWD, r->now_us, session));
	TRY(session_record_begin(b, session));
	return audit_write(b, &entry);
}

static enum step_result store_new(struct request *r)
{
	struct change *c = r->state;
	if (r->op.status == ST_BUSY)
		return show(r, 503, PROBLEM_UNAVAILABLE);
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "password");
	struct batch *b = batch_new(&r->arena);
	status s = b ? record_change(r, c, b) : ST_NOMEM;
	if (s != ST_OK)
		return answer_fault_page(r, s, "password");
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

static enum step_result renew_session(struct request *r)
{
	struct change *c = r->state;
	struct slice cookie;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, is_fault(r->op.status) ? r->op.status : ST_UNAVAILABLE, "password");
	throttle_forgive(r->issuer, &c->throttle);
	memcpy(c->commands, c->throttle.commands, sizeof c->throttle.commands);
	c->commands[2] = session_delete_command(&c->browser.ticket);
	status s = session_put_command(r->issuer, &c->browser.session, r->now, &r->arena, &c->commands[3]);
	if (s == ST_OK)
		s = session_cookie(r->issuer, &c->browser.session, &r->arena, &cookie);
	if (s != ST_OK)
		return answer_fault_page(r, s, "session");
	response_header(r, "Set-Cookie", cookie);
	cache_submit(r->issuer->cache, c->commands, COUNT_OF(c->commands), &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result changed(struct request *r)
{
	struct change *c = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "session");
	const struct page_password page = {
		.language = c->browser.language,
		.subject = masked_name(c->subject.name, &r->arena),
		.changed = true,
	};
	struct buf html = { 0 };
	return answer_page(r, 200, &html, page_password(&html, &page));
}

static step_fn *const PASSWORD_STEPS[] = {
	read_language, browser_get_session, browser_take_session, load_person, read_form, admit,
	verify_current, hash_new, store_new, renew_session, changed, NULL,
};
const struct route PASSWORD_ROUTE = {
	.path = "/account/password",
	.methods = METHOD_GET | METHOD_POST,
	.steps = PASSWORD_STEPS,
	.state_size = sizeof(struct change),
	.form = true,
};
