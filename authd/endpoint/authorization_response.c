#include "authd/endpoint/authorization_response.h"

#include "authd/endpoint/pages.h"
#include "authd/service/redirect_uri.h"

/* What is the answer's own, then `state` and `iss`. */
enum { OWN_MAX = 2, ANSWER_MAX = OWN_MAX + 2 };

static enum step_result by_redirect(struct request *r, struct slice redirect_uri,
				    const struct answer_param *params, size_t n)
{
	struct buf location = { 0 };
	redirect_uri_put(&location, redirect_uri, params, n);
	return answer_see_other(r, buf_finish(&location, &r->arena));
}

static enum step_result by_form_post(struct request *r, struct slice redirect_uri, enum language language,
				     const struct answer_param *params, size_t n)
{
	struct page_field fields[ANSWER_MAX];
	struct page_form_post page = { .language = language, .action = redirect_uri, .fields = fields };
	for (size_t k = 0; k < n; k++)
		if (!slice_empty(params[k].value))
			fields[page.fields_n++] =
				(struct page_field){ slice_str(params[k].name), params[k].value };
	struct buf html = { 0 };
	response_header(r, "Content-Security-Policy", slice_str(PAGE_CSP_FORM_POST));
	return answer_page(r, 200, &html, page_form_post(&html, &page));
}

static enum step_result respond(struct request *r, const struct authorization *az, enum language language,
				const struct answer_param own[OWN_MAX])
{
	const struct answer_param params[ANSWER_MAX] = {
		own[0],
		own[1],
		{ "state", az->state },
		{ "iss", r->issuer->iss }, /* RFC 9207 §2: of errors, too */
	};
	if (az->response_mode == RESPONSE_MODE_FORM_POST)
		return by_form_post(r, az->redirect_uri, language, params, ANSWER_MAX);
	return by_redirect(r, az->redirect_uri, params, ANSWER_MAX);
}

enum step_result authorization_answer_code(struct request *r, const struct authorization *az,
					   enum language language, struct slice code)
{
	const struct answer_param own[OWN_MAX] = { { "code", code } };
	return respond(r, az, language, own);
}

enum step_result authorization_answer_refusal(struct request *r, const struct authorization *az,
					      enum language language, struct refusal refusal)
{
	const struct answer_param own[OWN_MAX] = {
		{ "error", slice_str(refusal.error->name) },
		{ "error_description", slice_str(refusal.description) },
	};
	if (!az->may_redirect)
		return answer_error_page(r, 400, refusal);
	r->log_reason = slice_str(refusal.description);
	return respond(r, az, language, own);
}
