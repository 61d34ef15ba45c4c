/* /userinfo: claims about the person whose access token it is (OIDC Core §5.3, RFC 6750). */
#include "authd/endpoint/endpoints.h"
#include "authd/oauth/json_answer.h"
#include "authd/service/audit.h"
#include "authd/service/claims.h"
#include "authd/service/own_tokens.h"
#include "authd/service/subjects.h"

struct userinfo {
	struct own_access_token token;
	struct slice answer;
};

/* RFC 6750 §3.1: without any token, the challenge says nothing more. */
static enum step_result refuse_bearer(struct request *r, const struct oauth_error *error,
				      const char *description)
{
	struct slice challenge = SLICE("Bearer realm=\"authd\"");
	if (error)
		challenge = arena_format(&r->arena, "Bearer realm=\"authd\", error=\"%s\", error_description=\"%s\"",
					 error->name, description);
	response_header(r, "WWW-Authenticate", challenge);
	if (!error) {
		r->log_reason = SLICE("no access token");
		return answer_empty(r, 401);
	}
	return answer_refusal(r, refuse(error, description));
}

static bool is_bearer(struct slice authorization)
{
	return authorization.n > 7 && !strncasecmp((const char *)authorization.p, "Bearer ", 7);
}

/* The token by header or, with POST, in the body; never both (RFC 6750 §2). */
static enum step_result read_token(struct request *r)
{
	struct userinfo *u = r->state;
	struct slice in_body = params_get(&r->form, "access_token"), token = in_body;
	if (params_duplicate(&r->form).p)
		return refuse_bearer(r, &INVALID_REQUEST, "a parameter is given twice");
	if (!slice_empty(r->authorization)) {
		if (!slice_empty(in_body))
			return refuse_bearer(r, &INVALID_REQUEST, "the token is given twice");
		if (!is_bearer(r->authorization))
			return refuse_bearer(r, &INVALID_TOKEN, "the Authorization header is no Bearer token");
		token = slice_from(r->authorization, 7);
	}
	if (slice_empty(token))
		return refuse_bearer(r, NULL, NULL);

	status s = own_access_token_verify(r->issuer, token, r->now, &r->arena, &u->token);
	if (is_fault(s))
		return answer_fault(r, s, "access token");
	if (s == ST_EXPIRED)
		return refuse_bearer(r, &INVALID_TOKEN, "the access token has expired");
	if (s == ST_FORBIDDEN)
		return refuse_bearer(r, &INVALID_TOKEN, "the access token was revoked");
	if (s != ST_OK || id_is_zero(u->token.handle.subject_id))
		return refuse_bearer(r, &INVALID_TOKEN, "this is not an access token of a person");
	/* RFC 9068 §4: what is meant for a resource opens nothing here, whoever holds it. */
	if (!slice_has_word(u->token.audience, r->issuer->iss))
		return refuse_bearer(r, &INVALID_TOKEN, "the access token is for another audience");
	if (!slice_has_word(u->token.scope, SLICE("openid")))
		return refuse_bearer(r, &INSUFFICIENT_SCOPE, "the access token lacks the scope openid");
	return STEP_NEXT;
}

static status write_answer(struct request *r, struct userinfo *u)
{
	struct subject subject;
	status s = subjects_get(r->issuer, u->token.handle.subject_id, &r->arena, &subject);
	if (s != ST_OK)
		return s == ST_NOT_FOUND ? ST_FORBIDDEN : s;

	AUTO_BUF struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_text(&w, "sub", u->token.sub);
	claims_write(&w, &subject, u->token.scope);
	json_end(&w);
	u->answer = buf_finish(&json, &r->arena);
	return u->answer.p ? ST_OK : ST_NOMEM;
}

/* Every release of personal data beyond `sub` is in the ledger before it leaves. */
static enum step_result record_release(struct request *r)
{
	struct userinfo *u = r->state;
	status s = write_answer(r, u);
	if (s == ST_FORBIDDEN)
		return refuse_bearer(r, &INVALID_TOKEN, "the person is not registered any more");
	r->op.status = ST_OK;
	if (s == ST_OK && !claims_any(u->token.scope))
		return STEP_NEXT;

	const struct audit_entry entry = {
		.event = "claims.release",
		.client_id = u->token.client_id,
		.subject = u->token.handle.subject_id,
		.grant = u->token.handle.grant_id,
		.detail = u->token.scope,
	};
	struct batch *b = batch_new(&r->arena);
	if (s == ST_OK)
		s = b ? audit_write(b, &entry) : ST_NOMEM;
	if (s != ST_OK)
		return answer_fault(r, s, "userinfo");
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

static enum step_result answer_claims(struct request *r)
{
	struct userinfo *u = r->state;
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "ledger");
	return answer_json(r, 200, u->answer);
}

static step_fn *const USERINFO_STEPS[] = { read_token, record_release, answer_claims, NULL };
const struct route USERINFO_ROUTE = {
	.path = "/userinfo",
	.methods = METHOD_GET | METHOD_POST,
	.steps = USERINFO_STEPS,
	.state_size = sizeof(struct userinfo),
	.form = true,
};
