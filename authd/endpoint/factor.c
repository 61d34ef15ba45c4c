/*
 * POST /factor: the code of the second factor, for a portal that asks for more than a password; then on to
 * consent or code. The session goes on, under a new key.
 *
 * A try is judged against the person's record and counts once that is durable again: whoever was first at
 * this version is answered, the others look again. By address it counts in the cache, with the passwords.
 */
#include "authd/endpoint/endpoints.h"
#include "authd/endpoint/interaction.h"
#include "authd/endpoint/pages.h"
#include "authd/service/audit.h"
#include "authd/service/throttle.h"
#include "authd/service/totp.h"

struct factor_form {
	struct interaction interaction; /* first, so that the shared steps find it */
	struct pending pending;
	struct slice code;
	struct throttle throttle;
	struct totp totp;
	enum totp_answer answer;
	struct session_ticket old;
	unsigned tries;
};

/* ---- what the form says --------------------------------------------------------------------- */

static enum step_result factor_read(struct request *r)
{
	enum { CODE_MAX = 64 };
	struct factor_form *f = r->state;
	struct interaction *i = &f->interaction;
	enum step_result read = interaction_resume(r, i, PENDING_FACTOR, &f->pending);
	if (read != STEP_NEXT)
		return read;
	if (!i->browser.has_session || !id_equal(i->browser.session.id, f->pending.session_id))
		return answer_error_page(r, 403, refuse(&LOGIN_REQUIRED, "the session has ended"));
	if (slice_is(params_get(&r->form, "action"), "cancel"))
		return interaction_deny(r, i, "the person cancelled");
	if (slice_is(params_get(&r->form, "action"), "language"))
		return interaction_factor_page(r, i, 200, PROBLEM_NONE);
	f->code = params_get(&r->form, "code");
	if (slice_empty(f->code) || f->code.n > CODE_MAX)
		return interaction_factor_page(r, i, 200, PROBLEM_WRONG_CODE);

	status s = throttle_begin(id_slice(&i->browser.session.subject_id), r->peer, &r->arena, &f->throttle);
	if (s != ST_OK)
		return answer_fault_page(r, s, "throttle");
	throttle_try(r->issuer, THROTTLE_ADDRESS, &f->throttle);
	cache_submit(r->issuer->cache, &f->throttle.commands[THROTTLE_ADDRESS], 1, &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result show_throttled(struct request *r)
{
	struct factor_form *f = r->state;
	int64_t window = r->issuer->conf->throttle.window_s;
	response_header(r, "Retry-After", arena_format(&r->arena, "%lld", (long long)window));
	r->log_reason = SLICE("too many tries");
	return interaction_factor_page(r, &f->interaction, 429, PROBLEM_THROTTLED);
}

static enum step_result factor_admit(struct request *r)
{
	struct factor_form *f = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "throttle");
	if (throttle_check(r->issuer, THROTTLE_ADDRESS, &f->throttle) != ST_OK)
		return show_throttled(r);
	f->old = f->interaction.browser.ticket;
	return STEP_NEXT;
}

/* ---- the try -------------------------------------------------------------------------------- */

static bool is_right(const struct factor_form *f)
{
	return f->answer == TOTP_RIGHT || f->answer == TOTP_RECOVERED;
}

/* The session must go on still: nobody else has ended it meanwhile. */
static status put_session(struct request *r, struct factor_form *f, struct batch *b)
{
	struct session *session = &f->interaction.browser.session;
	TRY(session_record_expect(r->issuer, b, session, &r->arena));
	TRY(session_renew(r->issuer->conf, FACTOR_OTP, r->now_us, session));
	return session_record_begin(b, session);
}

static status record_try(struct request *r, struct factor_form *f, uint64_t version, struct batch *b)
{
	const struct session *session = &f->interaction.browser.session;
	bool locks = f->totp.failures == r->issuer->conf->throttle.account_failures;
	const struct audit_entry entry = {
		.event = is_right(f) ? "factor.show" : "factor.lock",
		.actor = session->subject_id,
		.session = session->id,
		.client_id = f->interaction.az.client.client_id,
		.detail = f->answer == TOTP_RECOVERED ? SLICE("recovery") : SLICE("otp"),
	};
	TRY(totp_put(r->issuer, b, &r->arena, session->subject_id, &f->totp, version));
	if (is_right(f))
		TRY(put_session(r, f, b));
	return is_right(f) || locks ? audit_write(b, &entry) : ST_OK;
}

static enum step_result factor_try(struct request *r)
{
	struct factor_form *f = r->state;
	struct issuer *is = r->issuer;
	struct id person = f->interaction.browser.session.subject_id;
	struct batch *b = batch_new(&r->arena);
	uint64_t version;
	r->op.status = ST_OK;
	status s = b ? totp_get(is, person, &r->arena, &f->totp, &version) : ST_NOMEM;
	if (s == ST_NOT_FOUND)
		return answer_error_page(r, 403, refuse(&LOGIN_REQUIRED, "there is no second factor any more"));
	if (s == ST_OK)
		s = totp_try(is->conf, person, f->code, r->now, &r->arena, &f->totp, &f->answer);
	if (s == ST_OK && f->answer == TOTP_LOCKED)
		return show_throttled(r);
	if (s == ST_OK)
		s = record_try(r, f, version, b);
	if (s == ST_NOT_FOUND)
		return answer_error_page(r, 403, refuse(&LOGIN_REQUIRED, "the session has ended"));
	if (s != ST_OK)
		return answer_fault_page(r, s, "second factor");
	records_commit(is->records, b, &r->op);
	return STEP_WAIT;
}

static step_fn factor_tried, factor_decide;
static step_fn *const AGAIN_STEPS[] = {
	factor_try, factor_tried, factor_decide, interaction_issue, interaction_answer, NULL,
};

static enum step_result factor_tried(struct request *r)
{
	enum { TRIES_MAX = 16 };
	struct factor_form *f = r->state;
	struct interaction *i = &f->interaction;
	struct slice cookie;
	if (r->op.status == ST_CONFLICT && ++f->tries < TRIES_MAX) {
		r->next = AGAIN_STEPS;
		return STEP_NEXT;
	}
	if (r->op.status != ST_OK)
		return answer_fault_page(r, is_fault(r->op.status) ? r->op.status : ST_UNAVAILABLE, "second factor");
	if (!is_right(f)) {
		r->log_reason = SLICE("wrong code");
		return interaction_factor_page(r, i, 200, PROBLEM_WRONG_CODE);
	}
	throttle_take_back(r->issuer, THROTTLE_ADDRESS, &f->throttle);
	i->commands[0] = f->throttle.commands[THROTTLE_ADDRESS];
	i->commands[1] = session_delete_command(&f->old);
	status s = session_put_command(r->issuer, &i->browser.session, r->now, &r->arena, &i->commands[2]);
	if (s == ST_OK)
		s = session_cookie(r->issuer, &i->browser.session, &r->arena, &cookie);
	if (s != ST_OK)
		return answer_fault_page(r, s, "session");
	response_header(r, "Set-Cookie", cookie);
	cache_submit(r->issuer->cache, i->commands, 3, &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result factor_decide(struct request *r)
{
	struct factor_form *f = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "session");
	f->interaction.just_signed_in = true;
	return interaction_decide(r);
}

static step_fn *const FACTOR_STEPS[] = {
	browser_get_session, browser_take_session, factor_read,       factor_admit,       factor_try,
	factor_tried,        factor_decide,        interaction_issue, interaction_answer, NULL,
};
const struct route FACTOR_ROUTE = {
	.path = "/factor",
	.methods = METHOD_POST,
	.steps = FACTOR_STEPS,
	.state_size = sizeof(struct factor_form),
	.form = true,
};
