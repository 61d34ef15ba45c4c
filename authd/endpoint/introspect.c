/*
 * POST /introspect: is this token good, and what does it say (RFC 7662), signed if need be (RFC 9701)?
 *
 * A client sees its own tokens; a resource server that is registered for it sees those that are
 * meant for it. For everybody else a token is as good as unknown (§2.2: active false).
 */
#include "authd/endpoint/endpoints.h"
#include "authd/oauth/client_step.h"
#include "authd/oauth/json_answer.h"
#include "authd/service/client_answers.h"
#include "authd/service/acting.h"
#include "authd/service/families.h"
#include "authd/service/own_tokens.h"
#include "authd/service/marks.h"
#include "authd/service/tokens.h"

struct introspection {
	struct client_step client_step; /* first: client_step_begin() finds it there */
	struct sign_job job;
};

/* ---- the answer, as JSON or signed ----------------------------------------------------------- */

static const char SIGNED_TYPE[] = "application/token-introspection+jwt";

/* RFC 9701 §4: the Accept header says so. */
static bool wants_signed(const struct request *r)
{
	struct slice type = slice_first(r->accept, sizeof SIGNED_TYPE - 1);
	return r->accept.n && slice_is(type, SIGNED_TYPE);
}

static enum step_result answer_signed(struct request *r)
{
	struct introspection *i = r->state;
	status s = r->op.status;
	struct slice token = arena_copy(&r->arena, buf_slice(&i->job.token));
	buf_done(&i->job.token);
	if (s == ST_OK && !token.p)
		s = ST_NOMEM;
	return s == ST_OK ? answer(r, 200, SIGNED_TYPE, token) : answer_fault(r, s, "introspection");
}

static step_fn *const SIGNED_STEPS[] = { answer_signed, NULL };

/* RFC 9701 §5: for the caller alone, and never to be taken for the token that it tells of. */
static enum step_result sign_answer(struct request *r, struct slice told)
{
	struct introspection *i = r->state;
	const struct client *c = &i->client_step.auth.client;
	struct sign_job job = { .type = "token-introspection+jwt" };
	status s = client_answer_algorithm(c, c->introspection_signed_response_alg, &job.algorithm);
	if (s != ST_OK)
		return answer_fault(r, s, "introspection");
	struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_text(&w, "iss", r->issuer->iss);
	json_text(&w, "aud", c->client_id);
	json_number(&w, "iat", r->now);
	json_raw(&w, "token_introspection", told);
	json_end(&w);
	job.payload = buf_finish(&json, &r->arena);
	if (!job.payload.p)
		return answer_fault(r, ST_NOMEM, "introspection");
	i->job = job;
	r->next = SIGNED_STEPS;
	keys_sign(r->issuer->keys, &i->job, 1, &r->op);
	return STEP_WAIT;
}

static enum step_result conclude(struct request *r, struct buf *json)
{
	if (!wants_signed(r))
		return answer_buf(r, 200, json);
	struct slice told = buf_finish(json, &r->arena);
	return told.p ? sign_answer(r, told) : answer_fault(r, ST_NOMEM, "introspection");
}

static enum step_result answer_inactive(struct request *r)
{
	struct slice inactive = SLICE("{\"active\":false}");
	return wants_signed(r) ? sign_answer(r, inactive) : answer_json(r, 200, inactive);
}

/* ---- what is told ---------------------------------------------------------------------------- */

static bool may_see(const struct client *c, const struct own_access_token *t)
{
	if (slice_equal(c->client_id, t->client_id))
		return true;
	struct slice rest = t->audience, audience;
	while (c->introspect_any && slice_next_word(&rest, &audience))
		if (client_list_has(&c->audiences, audience))
			return true;
	return false;
}

static enum step_result answer_access_token(struct request *r, const struct own_access_token *t)
{
	struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_bool(&w, "active", true);
	json_text(&w, "iss", r->issuer->iss);
	json_text(&w, "sub", t->sub);
	audience_write(&w, t->audience);
	json_text(&w, "client_id", t->client_id);
	json_text(&w, "scope", t->scope);
	json_text(&w, "token_type", t->dpop_jkt.n ? SLICE("DPoP") : SLICE("Bearer"));
	json_text(&w, "jti", t->jti);
	json_number(&w, "iat", t->iat);
	json_number(&w, "exp", t->exp);
	json_text(&w, "acr", t->acr);
	json_raw(&w, "authorization_details", t->details); /* RFC 9396 §9.2 */
	if (t->kind == SUBJECT_LEGAL)
		json_text(&w, "sub_type", SLICE("legal_person"));
	json_raw(&w, "act", t->act); /* RFC 8693 §4.1 */
	confirmation_write(&w, t->dpop_jkt, t->x5t_s256);
	if (t->auth_time >= 0)
		json_number(&w, "auth_time", t->auth_time);
	json_end(&w);
	return conclude(r, &json);
}

/* Refresh tokens are for their own client alone: the MAC covers client_id. */
static enum step_result answer_refresh_token(struct request *r, const struct client *c, struct slice text)
{
	struct refresh_token token;
	struct family family;
	uint64_t version;
	bool revoked = false;
	status s = refresh_token_open(r->issuer, text, c->client_id, &r->arena, &token);
	if (s == ST_OK)
		s = family_get(r->issuer, token.family_id, &r->arena, &family, &version);
	if (s == ST_OK)
		s = mark_check_grant(r->issuer, &family.grant, &r->arena, &revoked);
	if (s == ST_OK)
		s = acting_begin(r->issuer, c, &family.grant, r->now, &r->arena);
	if (is_fault(s))
		return answer_fault(r, s, "refresh token");
	if (s != ST_OK || revoked)
		return answer_inactive(r);
	enum family_step step = family_decide(r->issuer->conf, &family, &token, c->rotate_refresh, r->now);
	if (step == FAMILY_ENDED || step == FAMILY_REPLAY)
		return answer_inactive(r);

	struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_bool(&w, "active", true);
	json_text(&w, "iss", r->issuer->iss);
	json_text(&w, "client_id", c->client_id);
	json_text(&w, "scope", family.grant.scope);
	json_number(&w, "iat", family.stepped_at);
	json_number(&w, "exp", family.expires_at);
	json_end(&w);
	return conclude(r, &json);
}

static enum step_result introspect(struct request *r)
{
	const struct introspection *i = r->state;
	const struct client *c = &i->client_step.auth.client;
	struct slice token = params_get(&r->form, "token");
	if (c->token_endpoint_auth_method == CLIENT_AUTH_NONE)
		return answer_refusal(r, refuse(&INVALID_CLIENT, "a public client may not introspect"));
	if (slice_empty(token))
		return answer_refusal(r, refuse(&INVALID_REQUEST, "token is missing"));

	struct own_access_token access_token;
	status s = own_access_token_verify(r->issuer, token, r->now, &r->arena, &access_token);
	if (is_fault(s))
		return answer_fault(r, s, "access token");
	if (s == ST_OK && may_see(c, &access_token))
		return answer_access_token(r, &access_token);
	if (s == ST_INVALID)
		return answer_refresh_token(r, c, token);
	return answer_inactive(r);
}

static step_fn *const INTROSPECT_STEPS[] = { client_step_begin, client_step_end, introspect, NULL };
const struct route INTROSPECT_ROUTE = {
	.path = "/introspect",
	.methods = METHOD_POST,
	.steps = INTROSPECT_STEPS,
	.state_size = sizeof(struct introspection),
	.form = true,
	.metadata = "introspection_endpoint",
	.has_alias = true,
};
