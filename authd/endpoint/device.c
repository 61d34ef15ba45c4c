/*
 * /device: the person types the code that a device shows, and decides (RFC 8628 §3.3).
 *
 * Only for somebody who is signed in: so tries are counted by person, too. A code that is right takes
 * its try back, and no other: whoever has a device of their own cannot wipe the slate with it (§5.1).
 */
#include "authd/endpoint/decision.h"
#include "authd/endpoint/endpoints.h"
#include "authd/service/subjects.h"
#include "authd/service/throttle.h"
#include "authd/service/user_code.h"

struct device {
	struct decision decision; /* first, so that the shared steps find it */
	struct throttle throttle;
	struct slice user_code;
	struct cache_command commands[4];
};

static struct browser *browser(struct device *d) { return &d->decision.interaction.browser; }

/* ---- the code --------------------------------------------------------------------------------- */

static enum step_result show(struct request *r, int http_status, enum page_problem problem,
			     struct slice user_code)
{
	struct device *d = r->state;
	struct subject subject;
	const struct pending pending = {
		.step = PENDING_DEVICE,
		.session_id = browser(d)->session.id,
		.expires_at = r->now + r->issuer->conf->life.sign_in_s,
	};
	struct page_device page = {
		.language = browser(d)->language,
		.user_code = user_code,
		.problem = problem,
		.minutes = (int)((r->issuer->conf->throttle.window_s + 59) / 60),
	};
	status s = subjects_get(r->issuer, browser(d)->session.subject_id, &r->arena, &subject);
	if (s == ST_OK)
		s = pending_seal(r, &pending, &page.request);
	if (s != ST_OK)
		return answer_fault_page(r, is_fault(s) ? s : ST_BUG, "device page");
	page.subject = masked_name(subject.name, &r->arena);
	struct buf html = { 0 };
	return answer_page(r, http_status, &html, page_device(&html, &page));
}

static enum step_result read_language(struct request *r)
{
	struct device *d = r->state;
	const struct params *params = r->method == METHOD_POST ? &r->form : &r->query;
	browser(d)->language = request_language(r, params_get(params, "ui_locales"));
	return STEP_NEXT;
}

/* The path to come back to after sign-in, with the code that stood in the link. */
static struct slice own_path(struct request *r)
{
	struct param kept[] = { { SLICE("user_code"), params_get(&r->query, "user_code") } };
	AUTO_BUF struct buf path = { 0 };
	buf_put_text(&path, DEVICE_ROUTE.path);
	if (!slice_empty(kept[0].value) && kept[0].value.n <= 64) {
		buf_put_byte(&path, '?');
		params_put(&path, &(struct params){ kept, COUNT_OF(kept) });
	}
	return buf_finish(&path, &r->arena);
}

static enum step_result read_form(struct request *r)
{
	struct device *d = r->state;
	if (r->method != METHOD_POST && browser(d)->has_session)
		return show(r, 200, PROBLEM_NONE, params_get(&r->query, "user_code"));
	if (r->method == METHOD_POST) {
		enum step_result open = browser_open_form(r, PENDING_DEVICE, &d->decision.pending);
		if (open != STEP_NEXT)
			return open;
	}
	if (!browser(d)->has_session)
		return interaction_sign_in_first(r, &d->decision.interaction, own_path(r));
	if (slice_is(params_get(&r->form, "action"), "language"))
		return show(r, 200, PROBLEM_NONE, NO_SLICE);

	struct slice typed = params_get(&r->form, "user_code");
	status s = user_code_read(typed, &r->arena, &d->user_code);
	if (s == ST_INVALID)
		return show(r, 200, PROBLEM_WRONG_USER_CODE, typed);
	struct slice account = arena_format(&r->arena, "user code %.*s", SLICE_FMT(
			id_text(&r->arena, browser(d)->session.subject_id)));
	if (s == ST_OK)
		s = throttle_begin(account, r->peer, &r->arena, &d->throttle);
	if (s != ST_OK)
		return answer_fault_page(r, s, "user code");
	throttle_try(r->issuer, THROTTLE_ADDRESS, &d->throttle);
	cache_submit(r->issuer->cache, &d->throttle.commands[THROTTLE_ADDRESS], 1, &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result show_throttled(struct request *r)
{
	int64_t window = r->issuer->conf->throttle.window_s;
	response_header(r, "Retry-After", arena_format(&r->arena, "%lld", (long long)window));
	r->log_reason = SLICE("too many user codes");
	return show(r, 429, PROBLEM_THROTTLED, NO_SLICE);
}

static enum step_result look_up(struct request *r)
{
	struct device *d = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "throttle");
	if (throttle_check(r->issuer, THROTTLE_ADDRESS, &d->throttle) != ST_OK)
		return show_throttled(r);
	throttle_try(r->issuer, THROTTLE_ACCOUNT, &d->throttle);
	d->commands[0] = d->throttle.commands[THROTTLE_ACCOUNT];
	d->commands[1] = user_code_get(d->user_code);
	cache_submit(r->issuer->cache, d->commands, 2, &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result find_request(struct request *r)
{
	struct device *d = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "user code");
	d->throttle.commands[THROTTLE_ACCOUNT] = d->commands[0];
	if (throttle_check(r->issuer, THROTTLE_ACCOUNT, &d->throttle) != ST_OK)
		return show_throttled(r);
	if (d->commands[1].status != ST_OK)
		return show(r, 200, PROBLEM_WRONG_USER_CODE, d->user_code);
	throttle_take_back(r->issuer, THROTTLE_ADDRESS, &d->throttle);
	throttle_take_back(r->issuer, THROTTLE_ACCOUNT, &d->throttle);
	decision_ask(&d->decision, d->commands[1].value);
	memcpy(d->commands, d->decision.commands, DECISION_READS * sizeof *d->commands);
	memcpy(d->commands + DECISION_READS, d->throttle.commands, sizeof d->throttle.commands);
	cache_submit(r->issuer->cache, d->commands, COUNT_OF(d->commands), &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result ask(struct request *r)
{
	struct device *d = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "device request");
	memcpy(d->decision.commands, d->commands, DECISION_READS * sizeof *d->commands);
	status s = decision_read(r, &d->decision);
	if (is_fault(s))
		return answer_fault_page(r, s, "device request");
	if (s != ST_OK)
		return show(r, 200, PROBLEM_WRONG_USER_CODE, d->user_code);
	return decision_page(r, &d->decision, DEVICE_DECISION_ROUTE.path, d->user_code, d->user_code);
}

static step_fn *const DEVICE_STEPS[] = {
	read_language, browser_get_session, browser_take_session, read_form, look_up, find_request, ask, NULL,
};
const struct route DEVICE_ROUTE = {
	.path = "/device",
	.methods = METHOD_GET | METHOD_POST,
	.steps = DEVICE_STEPS,
	.state_size = sizeof(struct device),
	.form = true,
};

/* ---- the decision ----------------------------------------------------------------------------- */

static enum step_result open_decision(struct request *r)
{
	struct device *d = r->state;
	enum step_result open = decision_open(r, &d->decision);
	if (open != STEP_NEXT)
		return open;
	d->user_code = d->decision.pending.parameters;
	d->commands[0] = user_code_get(d->user_code);
	cache_submit(r->issuer->cache, d->commands, 1, &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result is_over(struct request *r)
{
	return answer_error_page(r, 410, refuse(&INVALID_REQUEST, "the device's request is over"));
}

static enum step_result get_request(struct request *r)
{
	struct device *d = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "user code");
	if (d->commands[0].status != ST_OK)
		return is_over(r);
	decision_ask(&d->decision, d->commands[0].value);
	cache_submit(r->issuer->cache, d->decision.commands, DECISION_READS, &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result check_request(struct request *r)
{
	struct device *d = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "device request");
	status s = decision_read(r, &d->decision);
	if (is_fault(s))
		return answer_fault_page(r, s, "device request");
	if (s != ST_OK)
		return is_over(r);
	if (slice_is(params_get(&r->form, "action"), "language"))
		return decision_page(r, &d->decision, r->route->path, d->user_code, d->user_code);
	d->decision.commands[1] = user_code_delete(d->user_code);
	return STEP_NEXT;
}

static step_fn *const DECISION_STEPS[] = {
	read_language, browser_get_session, browser_take_session, open_decision,  get_request,
	check_request, decision_record,     decision_keep,        decision_answer, NULL,
};
const struct route DEVICE_DECISION_ROUTE = {
	.path = "/device/decision",
	.methods = METHOD_POST,
	.steps = DECISION_STEPS,
	.state_size = sizeof(struct device),
	.form = true,
};
