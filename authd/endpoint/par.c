/* POST /par: pushed authorization requests (RFC 9126). */
#include "authd/endpoint/endpoints.h"
#include "authd/oauth/client_step.h"
#include "authd/oauth/json_answer.h"
#include "authd/oauth/request_source.h"
#include "authd/service/pushed_requests.h"

struct par {
	struct client_step client_step; /* first: client_step_begin() finds it there */
	struct request_source source;
	struct authorization az;
	struct slice request_uri;
	struct cache_command put;
};

static const struct client *par_client(const struct par *p) { return &p->client_step.auth.client; }

/* What the client proves itself by is no part of the request (RFC 9126 §2.1). */
static bool is_proof(struct slice name)
{
	return slice_is(name, "client_secret") || slice_is(name, "client_assertion") ||
	       slice_is(name, "client_assertion_type") || slice_is(name, "client_id");
}

static status pushed_params(struct request *r, const struct par *p, struct params *ret)
{
	struct params out = { .items = arena_array(&r->arena, struct param, r->form.n + 1) };
	if (!out.items)
		return ST_NOMEM;
	out.items[out.n++] = (struct param){ SLICE("client_id"), par_client(p)->client_id };
	for (size_t i = 0; i < r->form.n; i++)
		if (!is_proof(r->form.items[i].name) && r->form.items[i].value.n) /* an empty one is absent */
			out.items[out.n++] = r->form.items[i];
	*ret = out;
	return ST_OK;
}

static enum step_result par_read(struct request *r)
{
	struct par *p = r->state;
	struct params params;
	/* RFC 9126 §2.1, point 2 */
	if (!slice_empty(params_get(&r->form, "request_uri")))
		return answer_refusal(r, refuse(&INVALID_REQUEST, "a pushed request has no request_uri"));
	status s = pushed_params(r, p, &params);
	if (s != ST_OK)
		return answer_fault(r, s, "pushed request");
	request_source_begin(&p->source, &params);
	p->source.way = AUTHORIZATION_PUSHED;
	return STEP_NEXT;
}

static enum step_result par_read_object(struct request *r)
{
	struct par *p = r->state;
	bool wait;
	status s = request_source_read_object(r, par_client(p), &p->source, &wait);
	if (s != ST_OK)
		return answer_fault(r, s, "request object");
	if (p->source.refusal.error)
		return answer_refusal(r, p->source.refusal);
	return wait ? STEP_WAIT : STEP_NEXT;
}

/* RFC 9449 §10.1: a proof that came along binds the code as the parameter dpop_jkt does. */
static status bind_code(struct request *r, struct par *p, struct refusal *ret_refusal)
{
	struct slice jkt = p->client_step.sender.jkt;
	struct slice asked = params_get(&p->source.params, "dpop_jkt");
	*ret_refusal = NO_REFUSAL;
	if (jkt.p && asked.n && !slice_equal(jkt, asked))
		*ret_refusal = refuse(&INVALID_DPOP_PROOF, "dpop_jkt is of another key than the DPoP proof");
	if (!jkt.p || asked.n)
		return ST_OK;
	struct params bound = { .items = arena_array(&r->arena, struct param, p->source.params.n + 1) };
	if (!bound.items)
		return ST_NOMEM;
	for (size_t i = 0; i < p->source.params.n; i++)
		if (!slice_is(p->source.params.items[i].name, "dpop_jkt"))
			bound.items[bound.n++] = p->source.params.items[i];
	bound.items[bound.n++] = (struct param){ SLICE("dpop_jkt"), jkt };
	p->source.params = bound;
	return ST_OK;
}

static enum step_result par_keep(struct request *r)
{
	struct par *p = r->state;
	struct refusal refusal;
	status s = bind_code(r, p, &refusal);
	if (s != ST_OK)
		return answer_fault(r, s, "pushed request");
	if (refusal.error)
		return answer_refusal(r, refusal);
	s = authorization_read(r, &p->source.params, p->source.way, &p->az, &refusal);
	if (s != ST_OK)
		return answer_fault(r, s, "pushed request");
	if (refusal.error)
		return answer_refusal(r, refusal);

	/* Pages carry the request_uri beside them. */
	if (p->source.params.n >= PARAMS_MAX)
		return answer_refusal(r, refuse(&INVALID_REQUEST, "the request has too many parameters"));
	AUTO_BUF struct buf parameters = { .limit = PUSHED_REQUEST_MAX };
	params_put(&parameters, &p->source.params);
	if (parameters.failed)
		return answer_refusal(r, refuse(&INVALID_REQUEST, "the request is over 12 KiB"));
	s = pushed_request_make(r->issuer, par_client(p)->client_id, buf_slice(&parameters), r->now, &r->arena,
				&p->request_uri, &p->put);
	if (s != ST_OK)
		return answer_fault(r, s, "pushed request");
	cache_submit(r->issuer->cache, &p->put, 1, &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result par_answer(struct request *r)
{
	struct par *p = r->state;
	status s = r->op.status == ST_OK ? p->put.status : r->op.status;
	if (s != ST_OK)
		return answer_fault(r, s, "pushed request");
	struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_text(&w, "request_uri", p->request_uri);
	json_number(&w, "expires_in", r->issuer->conf->life.pushed_request_s);
	json_end(&w);
	return answer_buf(r, 201, &json);
}

static step_fn *const STEPS[] = {
	sender_step, client_step_begin, client_step_end, anonymous_step_count, anonymous_step_admit,
	par_read,    par_read_object,   par_keep,        par_answer,           NULL,
};
const struct route PAR_ROUTE = {
	.path = "/par",
	.methods = METHOD_POST,
	.steps = STEPS,
	.state_size = sizeof(struct par),
	.form = true,
	.metadata = "pushed_authorization_request_endpoint",
	.has_alias = true,
};
