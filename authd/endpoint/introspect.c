/*
 * POST /introspect: is this token good, and what does it say (RFC 7662)?
 *
 * A client sees its own tokens; a resource server that is registered for it sees those that are
 * meant for it. For everybody else a token is as good as unknown (§2.2: active false).
 */
#include "authd/endpoint/endpoints.h"
#include "authd/oauth/client_step.h"
#include "authd/oauth/json_answer.h"
#include "authd/service/families.h"
#include "authd/service/own_tokens.h"
#include "authd/service/marks.h"
#include "authd/service/tokens.h"

static enum step_result answer_inactive(struct request *r)
{
	return answer_json(r, 200, SLICE("{\"active\":false}"));
}

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
	json_text(&w, "token_type", SLICE("Bearer"));
	json_text(&w, "jti", t->jti);
	json_number(&w, "iat", t->iat);
	json_number(&w, "exp", t->exp);
	json_text(&w, "acr", t->acr);
	if (t->auth_time >= 0)
		json_number(&w, "auth_time", t->auth_time);
	json_end(&w);
	return answer_buf(r, 200, &json);
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
	return answer_buf(r, 200, &json);
}

static enum step_result introspect(struct request *r)
{
	const struct client_step *state = r->state;
	const struct client *c = &state->auth.client;
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
	.state_size = sizeof(struct client_step),
	.form = true,
};
