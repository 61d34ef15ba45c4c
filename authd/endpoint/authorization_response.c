#include "authd/endpoint/authorization_response.h"

#include "authd/endpoint/pages.h"
#include "authd/service/client_answers.h"
#include "authd/service/redirect_uri.h"
#include "libauth/base/json_writer.h"

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

static enum step_result send(struct request *r, struct interaction *i, const struct answer_param *params,
			     size_t n)
{
	if (i->az.response_mode == RESPONSE_MODE_FORM_POST)
		return by_form_post(r, i->az.redirect_uri, i->browser.language, params, n);
	return by_redirect(r, i->az.redirect_uri, params, n);
}

/* ---- JARM ----------------------------------------------------------------------------------- */

static enum step_result send_signed(struct request *r)
{
	struct interaction *i = r->state;
	struct slice token = r->op.status == ST_OK ? buf_finish(&i->response_job.token, &r->arena) : NO_SLICE;
	if (!token.p) {
		buf_done(&i->response_job.token);
		return answer_fault_page(r, r->op.status == ST_OK ? ST_NOMEM : r->op.status, "response");
	}
	const struct answer_param response = { "response", token };
	return send(r, i, &response, 1);
}

static step_fn *const SIGNED_STEPS[] = { send_signed, NULL };

static enum step_result sign(struct request *r, struct interaction *i, const struct answer_param *params,
			     size_t n)
{
	enum { LIFE_S = 120 };
	const struct client *client = &i->az.client;
	struct sign_job job = { .type = "JWT" };
	status s = client_answer_algorithm(client, client->authorization_signed_response_alg, &job.algorithm);
	if (s != ST_OK)
		return answer_fault_page(r, s, "authorization_signed_response_alg");

	struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_text(&w, "aud", client->client_id);
	json_number(&w, "exp", r->now + LIFE_S);
	for (size_t k = 0; k < n; k++)
		if (!slice_empty(params[k].value))
			json_text(&w, params[k].name, params[k].value);
	json_end(&w);
	job.payload = buf_finish(&json, &r->arena);
	if (!job.payload.p)
		return answer_fault_page(r, ST_NOMEM, "response");
	i->response_job = job;
	r->next = SIGNED_STEPS;
	keys_sign(r->issuer->keys, &i->response_job, 1, &r->op);
	return STEP_WAIT;
}

/* ---- the answer ----------------------------------------------------------------------------- */

static enum step_result respond(struct request *r, struct interaction *i,
				const struct answer_param own[OWN_MAX])
{
	const struct answer_param params[ANSWER_MAX] = {
		own[0],
		own[1],
		{ "state", i->az.state },
		{ "iss", r->issuer->iss }, /* RFC 9207 §2: of errors, too */
	};
	if (i->az.signed_response)
		return sign(r, i, params, ANSWER_MAX);
	return send(r, i, params, ANSWER_MAX);
}

enum step_result authorization_answer_code(struct request *r, struct interaction *i, struct slice code)
{
	const struct answer_param own[OWN_MAX] = { { "code", code } };
	return respond(r, i, own);
}

enum step_result authorization_answer_refusal(struct request *r, struct interaction *i,
					      struct refusal refusal)
{
	const struct answer_param own[OWN_MAX] = {
		{ "error", slice_str(refusal.error->name) },
		{ "error_description", slice_str(refusal.description) },
	};
	if (!i->az.may_redirect)
		return answer_error_page(r, 400, refusal);
	if (!r->log_reason.p)
		r->log_reason = slice_str(refusal.description);
	return respond(r, i, own);
}
