#include "authd/endpoint/account.h"

enum step_result account_get_session(struct request *r, struct account *a)
{
	r->op.status = ST_OK;
	a->language = request_language(r, params_get(r->method == METHOD_POST ? &r->form : &r->query,
						     "ui_locales"));
	status s = session_ticket_open(r->issuer, request_cookie(r, SESSION_COOKIE), &r->arena, &a->ticket);
	if (is_fault(s))
		return answer_fault_page(r, s, "session cookie");
	if (s != ST_OK)
		return STEP_NEXT;
	a->has_ticket = true;
	a->get = session_get_command(&a->ticket);
	cache_submit(r->issuer->cache, &a->get, 1, &r->arena, &r->op);
	return STEP_WAIT;
}

enum step_result account_take_session(struct request *r, struct account *a)
{
	if (!a->has_ticket)
		return STEP_NEXT;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, r->op.status, "session");
	status s = session_from_answer(r->issuer, &a->ticket, &a->get, r->now, &r->arena, &a->session);
	if (is_fault(s))
		return answer_fault_page(r, s, "session");
	a->has_session = s == ST_OK;
	return STEP_NEXT;
}

enum step_result account_open_form(struct request *r, struct account *a, enum pending_step step,
				   struct pending *ret)
{
	static const char FOREIGN[] = "the form does not belong to this browser, or its cookies are blocked";
	if (!request_is_same_origin(r))
		return answer_error_page(r, 403, refuse(&INVALID_REQUEST, "the form came from another site"));
	if (params_duplicate(&r->form).p)
		return answer_error_page(r, 400, refuse(&INVALID_REQUEST, "a field is given twice"));
	status s = pending_open(r, step, params_get(&r->form, "request"), ret);
	if (s == ST_EXPIRED)
		return answer_error_page(r, 400, refuse(&INVALID_REQUEST, "the page was open for too long"));
	if (s == ST_INVALID)
		return answer_error_page(r, 403, refuse(&INVALID_REQUEST, FOREIGN));
	if (s != ST_OK)
		return answer_fault_page(r, s, "form");
	if (a->has_ticket && !id_equal(ret->session_id, a->ticket.session_id))
		return answer_error_page(r, 403, refuse(&INVALID_REQUEST, FOREIGN));
	return STEP_NEXT;
}

struct slice masked_name(struct slice name, struct arena *a)
{
	size_t first = 1;
	while (first < name.n && (name.p[first] & 0xc0) == 0x80)
		first++;
	return arena_format(a, "%.*s**", SLICE_FMT(slice_first(name, first)));
}
