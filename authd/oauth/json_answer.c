#include "authd/oauth/json_answer.h"

enum step_result answer_buf(struct request *r, int http_status, struct buf *json)
{
	struct slice body = buf_finish(json, &r->arena);
	if (!body.p)
		return answer_unavailable(r, "no memory for an answer");
	return answer_json(r, http_status, body);
}

enum step_result answer_refusal(struct request *r, struct refusal refusal)
{
	struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_text(&w, "error", slice_str(refusal.error->name));
	json_text(&w, "error_description", slice_str(refusal.description));
	json_end(&w);
	if (!r->log_reason.p)
		r->log_reason = slice_str(refusal.description);
	return answer_buf(r, refusal.error->status, &json);
}

struct refusal refusal_of_fault(struct request *r, status fault, const char *what)
{
	r->log_reason = arena_format(&r->arena, "%s: %s", what, status_name(fault));
	if (fault != ST_UNAVAILABLE && fault != ST_BUSY)
		return refuse(&SERVER_ERROR, "something went wrong on our side");
	response_header(r, "Retry-After", SLICE("5"));
	return refuse(&TEMPORARILY_UNAVAILABLE, "something that is needed cannot be reached");
}

enum step_result answer_fault(struct request *r, status fault, const char *what)
{
	return answer_refusal(r, refusal_of_fault(r, fault, what));
}
