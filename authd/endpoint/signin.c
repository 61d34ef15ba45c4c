/* POST /signin: name and password, then on to consent or code. */
#include "authd/endpoint/endpoints.h"
#include "authd/endpoint/interaction.h"
#include "authd/endpoint/pages.h"
#include "authd/service/audit.h"
#include "authd/service/credentials.h"
#include "authd/service/login_name.h"
#include "authd/service/marks.h"
#include "authd/service/password.h"
#include "authd/service/subjects.h"
#include "authd/service/throttle.h"

struct sign_in {
	struct interaction interaction; /* first, so that the shared steps find it */
	struct pending pending;
	struct slice username;
	struct subject subject;
	bool known; /* the name leads to an active person */
	struct credential credential;
	uint64_t subject_version, credential_version;
	struct throttle throttle;
	struct password_job job;
	bool replaces; /* another person's session in this browser ends */
	struct session_ticket old;
};

/* ---- what the form says --------------------------------------------------------------------- */

static enum step_result sign_in_read(struct request *r)
{
	struct sign_in *s = r->state;
	struct interaction *i = &s->interaction;
	enum step_result read = interaction_resume(r, i, PENDING_SIGN_IN, &s->pending);
	if (read != STEP_NEXT)
		return read;
	if (slice_is(params_get(&r->form, "action"), "cancel"))
		return interaction_deny(r, i, "the person cancelled");
	if (slice_is(params_get(&r->form, "action"), "language"))
		return interaction_sign_in_page(r, i, 200, PROBLEM_NONE, 0, NO_SLICE);

	s->username = params_get(&r->form, "username");
	s->job.password = params_get(&r->form, "password");
	if (slice_empty(s->username) || slice_empty(s->job.password))
		return interaction_sign_in_page(r, i, 200, PROBLEM_MISSING_FIELD, 0, s->username);
	if (s->username.n > PASSWORD_MAX || s->job.password.n > PASSWORD_MAX)
		return answer_error_page(r, 400, refuse(&INVALID_REQUEST, "a field is too long"));
	return STEP_NEXT;
}

/* ---- the password --------------------------------------------------------------------------- */

static enum step_result count(struct request *r, enum throttle_by by)
{
	struct sign_in *s = r->state;
	throttle_try(r->issuer, by, &s->throttle);
	cache_submit(r->issuer->cache, &s->throttle.commands[by], 1, &r->arena, &r->op);
	return STEP_WAIT;
}

/* Who it is, and one try counted. An unknown name is counted like a known one, which has one account
 * for all of its spellings. */
static enum step_result sign_in_find(struct request *r)
{
	struct sign_in *s = r->state;
	struct slice spelling;
	status st = subjects_find_login(r->issuer, s->username, r->now, &r->arena, &s->subject);
	if (is_fault(st))
		return answer_fault_page(r, st, "subject");
	if (st == ST_OK)
		st = subjects_get_version(r->issuer, s->subject.id, &r->arena, &s->subject,
					  &s->subject_version);
	if (is_fault(st))
		return answer_fault_page(r, st, "subject");
	s->known = st == ST_OK && s->subject.state == SUBJECT_ACTIVE;
	if (s->known) {
		st = credentials_get(r->issuer, s->subject.id, &r->arena, &s->credential,
				     &s->credential_version);
		if (is_fault(st))
			return answer_fault_page(r, st, "credential");
		s->job.hash = st == ST_OK ? s->credential.password_hash : NO_SLICE;
	}
	st = login_spelling(s->username, r->now, &r->arena, &spelling);
	if (st == ST_OK)
		st = throttle_begin(s->known ? id_slice(&s->subject.id) : spelling, r->peer, &r->arena,
				    &s->throttle);
	if (st != ST_OK)
		return answer_fault_page(r, st, "throttle");
	return count(r, THROTTLE_ADDRESS);
}

static enum step_result answer_throttled(struct request *r, struct sign_in *s)
{
	int64_t window = r->issuer->conf->throttle.window_s;
	response_header(r, "Retry-After", arena_format(&r->arena, "%lld", (long long)window));
	r->log_reason = SLICE("too many tries");
	return interaction_sign_in_page(r, &s->interaction, 429, PROBLEM_THROTTLED,
					(int)((window + 59) / 60), s->username);
}

static enum step_result sign_in_admit(struct request *r)
{
	struct sign_in *s = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "throttle");
	if (throttle_check(r->issuer, THROTTLE_ADDRESS, &s->throttle) != ST_OK)
		return answer_throttled(r, s);
	return count(r, THROTTLE_ACCOUNT);
}

static enum step_result sign_in_verify(struct request *r)
{
	struct sign_in *s = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "throttle");
	if (throttle_check(r->issuer, THROTTLE_ACCOUNT, &s->throttle) != ST_OK)
		return answer_throttled(r, s);
	password_verify_submit(r->issuer, &s->job, &r->op);
	return STEP_WAIT;
}

static enum step_result sign_in_verified(struct request *r)
{
	struct sign_in *s = r->state;
	if (r->op.status == ST_BUSY) {
		response_header(r, "Retry-After", SLICE("5"));
		r->log_reason = SLICE("password pool is full");
		return interaction_sign_in_page(r, &s->interaction, 503, PROBLEM_UNAVAILABLE, 0, s->username);
	}
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "password");
	if (!s->job.ret_match || !s->known) {
		r->log_reason = SLICE("wrong name or password");
		return interaction_sign_in_page(r, &s->interaction, 200, PROBLEM_WRONG_CREDENTIALS, 0,
						s->username);
	}
	/* The session that this browser has, if any, is replaced. */
	return browser_get_session(r);
}

/* ---- the session ---------------------------------------------------------------------------- */

static status new_session(struct request *r, struct sign_in *s)
{
	struct interaction *i = &s->interaction;
	s->old = i->browser.ticket;
	bool same_person = i->browser.has_session && id_equal(i->browser.session.subject_id, s->subject.id);
	if (same_person) {
		TRY(session_renew(r->issuer->conf, FACTOR_PWD, r->now_us, &i->browser.session));
		i->browser.session.proved_us = r->now_us;
		return ST_OK;
	}
	s->replaces = i->browser.has_session;
	return session_begin(r->issuer, &s->subject, FACTOR_PWD, r->now_us, &i->browser.session);
}

/* Durable before the answer leaves: the session's entry, the audit's, and a fresher hash. */
static status record_sign_in(struct request *r, struct sign_in *s, struct batch *b)
{
	struct interaction *i = &s->interaction;
	const struct audit_entry entry = {
		.event = "session.begin",
		.actor = s->subject.id,
		.session = i->browser.session.id,
		.client_id = i->az.client.client_id,
		.detail = SLICE("pwd"),
	};
	if (s->replaces)
		TRY(session_record_end(r->issuer, b, s->old.subject_id, s->old.session_id, r->now, &r->arena));
	TRY(marks_prune(r->issuer, b, r->now, &r->arena));
	TRY(sessions_prune(r->issuer, b, s->subject.id, r->now, &r->arena));
	TRY(session_record_begin(b, &i->browser.session));
	/* The person may have been suspended since, or the password changed: nobody begins with what
	 * it was before. */
	subject_expect(b, s->subject.id, s->subject_version);
	credentials_expect(b, s->subject.id, s->credential_version);
	if (s->job.ret_needs_rehash) {
		const struct credential fresh = { .password_hash = slice_str(s->job.ret_hash),
						  .changed_at = s->credential.changed_at };
		TRY(credentials_put(r->issuer, b, &r->arena, s->subject.id, &fresh, s->credential_version));
	}
	return audit_write(b, &entry);
}

static enum step_result sign_in_record(struct request *r)
{
	struct sign_in *s = r->state;
	enum step_result taken = browser_take_session(r);
	if (taken != STEP_NEXT)
		return taken;
	struct batch *b = batch_new(&r->arena);
	status st = b ? new_session(r, s) : ST_NOMEM;
	if (st == ST_OK)
		st = record_sign_in(r, s, b);
	if (st != ST_OK)
		return answer_fault_page(r, st, "session");
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

static enum step_result sign_in_remember(struct request *r)
{
	struct sign_in *s = r->state;
	struct interaction *i = &s->interaction;
	struct slice cookie;
	/* Person or password have changed meanwhile: another try will tell. */
	if (r->op.status != ST_OK)
		return answer_fault_page(r, is_fault(r->op.status) ? r->op.status : ST_UNAVAILABLE, "session");

	throttle_forgive(r->issuer, &s->throttle);
	memcpy(i->commands, s->throttle.commands, sizeof s->throttle.commands);
	size_t n = THROTTLE_COMMANDS;
	status st = session_put_command(r->issuer, &i->browser.session, r->now, &r->arena, &i->commands[n++]);
	if (i->browser.has_ticket)
		i->commands[n++] = session_delete_command(&s->old);
	if (st == ST_OK)
		st = session_cookie(r->issuer, &i->browser.session, &r->arena, &cookie);
	if (st != ST_OK)
		return answer_fault_page(r, st, "session");
	response_header(r, "Set-Cookie", cookie);
	cache_submit(r->issuer->cache, i->commands, n, &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result sign_in_decide(struct request *r)
{
	struct sign_in *s = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "session");
	s->interaction.browser.has_session = true;
	s->interaction.just_signed_in = true;
	return interaction_decide(r);
}

static step_fn *const SIGN_IN_STEPS[] = {
	sign_in_read,   sign_in_find,     sign_in_admit,  sign_in_verify,    sign_in_verified,
	sign_in_record, sign_in_remember, sign_in_decide, interaction_issue, interaction_answer,
	NULL,
};
const struct route SIGN_IN_ROUTE = {
	.path = "/signin",
	.methods = METHOD_POST,
	.steps = SIGN_IN_STEPS,
	.state_size = sizeof(struct sign_in),
	.form = true,
};
