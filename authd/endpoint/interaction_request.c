/* The authorization request: where its parameters are, what they say, and how they travel in pages. */
#include "authd/endpoint/interaction.h"
#include "authd/service/pushed_requests.h"

enum { PARAMETERS_MAX = 8 << 10, PUSHED_PARAMETERS_MAX = PUSHED_REQUEST_MAX + 256 };

/* What is wrong with the place of the parameters goes back by what stands beside it, if that will do. */
static enum step_result refuse_source(struct request *r, struct interaction *i)
{
	authorization_read_return(r, &r->query, &i->az);
	return interaction_refuse(r, i, i->source.refusal);
}

enum step_result interaction_begin(struct request *r)
{
	struct interaction *i = r->state;
	struct request_source *source = &i->source;
	bool wait = false;
	i->asked_us = r->now_us;
	request_source_begin(source, &r->query);
	i->browser.language = request_language(r, params_get(&r->query, "ui_locales"));
	struct refusal refusal;
	status s = authorization_read_client(r, &r->query, &i->az, &refusal);
	/* Nobody is sent back to a client that is not one, or not any more. */
	if (s == ST_OK && refusal.error)
		return interaction_refuse(r, i, refusal);
	if (s == ST_OK && !source->refusal.error)
		s = request_source_look_up(r, &i->az.client, source, &wait);
	if (s != ST_OK)
		return answer_fault_page(r, s, "authorization request");
	if (source->refusal.error)
		return refuse_source(r, i);
	return wait ? STEP_WAIT : STEP_NEXT;
}

enum step_result interaction_found(struct request *r)
{
	struct interaction *i = r->state;
	status s = request_source_found(r, &i->source);
	if (s != ST_OK)
		return answer_fault_page(r, s, "pushed request");
	return i->source.refusal.error ? refuse_source(r, i) : STEP_NEXT;
}

enum step_result interaction_read_object(struct request *r)
{
	struct interaction *i = r->state;
	bool wait;
	status s = request_source_read_object(r, &i->az.client, &i->source, &wait);
	if (s != ST_OK)
		return answer_fault_page(r, s, "request object");
	if (i->source.refusal.error)
		return refuse_source(r, i);
	return wait ? STEP_WAIT : STEP_NEXT;
}

/* Of `claims`, only what the page tells of goes on with it. */
static void keep_claims(struct params *p, struct slice claims)
{
	for (size_t k = 0; k < p->n; k++)
		if (slice_is(p->items[k].name, "claims"))
			p->items[k].value = claims;
}

/* The parameters as pages carry them. */
static status keep_parameters(struct request *r, struct interaction *i)
{
	struct buf text = { .limit = PUSHED_PARAMETERS_MAX };
	keep_claims(&i->source.params, i->az.claims);
	params_put(&text, &i->source.params);
	if (i->source.pushed_uri.n) {
		const struct param spent = { SLICE("request_uri"), i->source.pushed_uri };
		buf_put_byte(&text, '&');
		params_put(&text, &(struct params){ (struct param *)&spent, 1 });
	}
	i->parameters = buf_finish(&text, &r->arena);
	return i->parameters.p ? ST_OK : ST_TOO_LARGE;
}

static enum step_result read_parameters(struct request *r, struct interaction *i)
{
	struct refusal refusal;
	status s = authorization_read(r, &i->source.params, i->source.way, &i->az, &refusal);
	i->browser.language = request_language(r, i->az.ui_locales);
	if (s != ST_OK)
		return answer_fault_page(r, s, "authorization request");
	return refusal.error ? interaction_refuse(r, i, refusal) : STEP_NEXT;
}

enum step_result interaction_read(struct request *r)
{
	struct interaction *i = r->state;
	enum step_result read = read_parameters(r, i);
	if (read != STEP_NEXT)
		return read;
	bool pushed = i->source.way & AUTHORIZATION_PUSHED;
	if (keep_parameters(r, i) != ST_OK || (!pushed && i->parameters.n > PARAMETERS_MAX))
		return interaction_refuse(r, i, refuse(&INVALID_REQUEST, "the request is over 8 KiB: use PAR"));
	return STEP_NEXT;
}

enum step_result interaction_resume(struct request *r, struct interaction *i, enum pending_step step,
				    struct pending *ret_pending)
{
	enum step_result open = browser_open_form(r, step, ret_pending);
	if (open != STEP_NEXT)
		return open;

	i->own_page = ret_pending->own_page;
	i->asked_us = ret_pending->asked_us;
	i->acting.chosen = ret_pending->chosen;
	i->acting.mandate_id = ret_pending->mandate_id;
	if (i->own_page) {
		i->parameters = ret_pending->parameters;
		i->browser.language = request_language(r, params_get(&r->form, "ui_locales"));
		return STEP_NEXT;
	}

	/* Client and redirect URI are checked again: they may have changed meanwhile. */
	struct request_source *source = &i->source;
	i->parameters = ret_pending->parameters;
	status s = params_parse(i->parameters, &r->arena, &source->params);
	if (s != ST_OK)
		return answer_fault_page(r, is_fault(s) ? s : ST_BUG, "pending parameters");
	source->way = AUTHORIZATION_RESUMED;
	source->pushed_uri = params_get(&source->params, "request_uri");
	enum step_result read = read_parameters(r, i);
	/* What the page was in counts more than what the portal asked for. */
	if (read == STEP_NEXT && params_get(&r->form, "ui_locales").n)
		i->browser.language = request_language(r, params_get(&r->form, "ui_locales"));
	return read;
}
