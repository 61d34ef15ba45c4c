#include "authd/endpoint/browser.h"

enum step_result browser_get_session(struct request *r)
{
	struct browser *b = r->state;
	status s = session_ticket_open(r->issuer, request_cookie(r, SESSION_COOKIE), &r->arena, &b->ticket);
	if (is_fault(s))
		return answer_fault_page(r, s, "session cookie");
	if (s != ST_OK)
		return STEP_NEXT;
	b->has_ticket = true;
	b->get = session_get_command(&b->ticket);
	cache_submit(r->issuer->cache, &b->get, 1, &r->arena, &r->op);
	return STEP_WAIT;
}

enum step_result browser_take_session(struct request *r)
{
	struct browser *b = r->state;
	if (!b->has_ticket)
		return STEP_NEXT;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "session");
	status s = session_from_answer(r->issuer, &b->ticket, &b->get, r->now, &r->arena, &b->session);
	if (is_fault(s))
		return answer_fault_page(r, s, "session");
	b->has_session = s == ST_OK;
	return STEP_NEXT;
}

enum step_result browser_open_form(struct request *r, enum pending_step step, struct pending *ret)
{
	const struct browser *b = r->state;
	static const char FOREIGN[] = "the form does not belong to this browser, or its cookies are blocked";
	if (!request_is_same_origin(r))
		return answer_error_page(r, 403, refuse(&INVALID_REQUEST, "the form came from another site"));
	if (params_duplicate(&r->form).p)
		return answer_error_page(r, 400, refuse(&INVALID_REQUEST, "a field is given twice"));
	status s = pending_open(r, step, params_get(&r->form, "request"), ret);
	if (s == ST_EXPIRED)
		return answer_error_page(r, 403, refuse(&INVALID_REQUEST, "the page was open for too long"));
	if (s == ST_INVALID)
		return answer_error_page(r, 403, refuse(&INVALID_REQUEST, FOREIGN));
	if (s != ST_OK)
		return answer_fault_page(r, s, "form");
	if (b->has_ticket && !id_equal(ret->session_id, b->ticket.session_id))
		return answer_error_page(r, 403, refuse(&INVALID_REQUEST, FOREIGN));
	return STEP_NEXT;
}

enum step_result browser_post_becomes_get(struct request *r)
{
	enum { LOCATION_MAX = 8 << 10 };
	AUTO_BUF struct buf location = { .limit = LOCATION_MAX };
	buf_put_text(&location, r->route->path);
	buf_put_byte(&location, '?');
	params_put(&location, &r->form);
	if (location.failed)
		return answer_error_page(r, 400, refuse(&INVALID_REQUEST, "the request is over 8 KiB"));
	return answer_redirect(r, 303, buf_finish(&location, &r->arena));
}
