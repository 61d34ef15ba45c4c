#include "authd/endpoint/pages.h"

#include "libauth/base/json_writer.h"

enum language request_language(const struct request *r, struct slice ui_locales)
{
	return page_language(ui_locales, r->accept_language);
}

enum step_result answer_page(struct request *r, int http_status, struct buf *html, status rendered)
{
	struct slice body = rendered == ST_OK && !html->failed ? arena_copy(&r->arena, buf_slice(html))
							       : NO_SLICE;
	buf_done(html);
	if (!body.p)
		return answer_unavailable(r, "no memory for a page");
	return answer(r, http_status, "text/html; charset=utf-8", body);
}

enum step_result answer_error_page(struct request *r, int http_status, struct refusal refusal)
{
	const struct page_error page = {
		.language = request_language(r, params_get(&r->query, "ui_locales")),
		.status = http_status,
		.error = slice_str(refusal.error->name),
		.description = slice_str(refusal.description),
		.request_id = slice_str(r->request_id),
	};
	r->log_reason = slice_str(refusal.description);
	struct buf html = { 0 };
	return answer_page(r, http_status, &html, page_error(&html, &page));
}

enum step_result answer_fault_page(struct request *r, status fault, const char *what)
{
	bool unavailable = fault == ST_UNAVAILABLE || fault == ST_BUSY;
	if (unavailable)
		response_header(r, "Retry-After", SLICE("5"));
	enum step_result done = answer_error_page(
		r, unavailable ? 503 : 500,
		unavailable ? refuse(&TEMPORARILY_UNAVAILABLE, "something that is needed cannot be reached")
			    : refuse(&SERVER_ERROR, "something went wrong on our side"));
	r->log_reason = arena_format(&r->arena, "%s: %s", what, status_name(fault));
	return done;
}

enum step_result answer_refusal(struct request *r, struct refusal refusal)
{
	AUTO_BUF struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_object(&w, NULL);
	json_text(&w, "error", slice_str(refusal.error->name));
	json_text(&w, "error_description", slice_str(refusal.description));
	json_end(&w);
	r->log_reason = slice_str(refusal.description);
	struct slice body = json.failed ? NO_SLICE : arena_copy(&r->arena, buf_slice(&json));
	if (!body.p)
		return answer_unavailable(r, "no memory for an answer");
	return answer_json(r, refusal.error->status, body);
}

enum step_result answer_fault(struct request *r, status fault, const char *what)
{
	bool unavailable = fault == ST_UNAVAILABLE || fault == ST_BUSY;
	if (unavailable)
		response_header(r, "Retry-After", SLICE("5"));
	enum step_result done = answer_refusal(
		r, unavailable ? refuse(&TEMPORARILY_UNAVAILABLE, "something that is needed cannot be reached")
			       : refuse(&SERVER_ERROR, "something went wrong on our side"));
	r->log_reason = arena_format(&r->arena, "%s: %s", what, status_name(fault));
	return done;
}

bool request_is_same_origin(const struct request *r)
{
	if (r->sec_fetch_site.p && !slice_is(r->sec_fetch_site, "same-origin") &&
	    !slice_is(r->sec_fetch_site, "none"))
		return false;
	/* Referrer-Policy: no-referrer makes browsers send `Origin: null` with a form's POST. */
	return !r->origin.p || slice_is(r->origin, "null") || slice_equal(r->origin, r->issuer->iss);
}
