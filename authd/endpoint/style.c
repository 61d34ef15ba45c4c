/* /style.css: the one style sheet of all pages. */
#include "authd/endpoint/endpoints.h"
#include "authd/page/page.h"

static enum step_result style(struct request *r)
{
	response_header(r, "Cache-Control", SLICE("public, max-age=3600"));
	response_header(r, "ETag", page_style_etag());
	if (slice_equal(r->if_none_match, page_style_etag()))
		return answer_empty(r, 304);
	return answer(r, 200, "text/css; charset=utf-8", page_style());
}

static step_fn *const STYLE_STEPS[] = { style, NULL };
const struct route STYLE_ROUTE = { .path = "/style.css", .methods = METHOD_GET, .steps = STYLE_STEPS };
