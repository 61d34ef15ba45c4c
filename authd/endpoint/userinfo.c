/* /userinfo: claims about the person whose access token it is (OIDC Core §5.3, RFC 6750, RFC 9449 §7). */
#include "authd/endpoint/endpoints.h"
#include "authd/oauth/json_answer.h"
#include "authd/oauth/keys_step.h"
#include "authd/oauth/sender.h"
#include "authd/service/audit.h"
#include "authd/service/claim_rights.h"
#include "authd/service/ledger.h"
#include "authd/service/client_answers.h"
#include "authd/service/clients.h"
#include "authd/service/dpop.h"
#include "authd/service/own_tokens.h"
#include "authd/service/subjects.h"

struct userinfo {
	struct own_access_token token;
	struct sender sender;
	bool as_dpop; /* by the scheme of the Authorization header */
	struct client client;
	bool asked_for_keys;
	struct slice answer; /* JSON */
	struct sign_job job;
};

static struct slice challenge(struct request *r, const char *scheme, struct refusal refusal)
{
	const char *algorithms = slice_is(slice_str(scheme), "DPoP") ? DPOP_ALGORITHMS : NULL;
	AUTO_BUF struct buf b = { 0 };
	buf_put(&b, slice_str(scheme));
	buf_put(&b, SLICE(" realm=\"authd\""));
	if (algorithms)
		buf_format(&b, ", algs=\"%s\"", algorithms);
	if (refusal.error)
		buf_format(&b, ", error=\"%s\", error_description=\"%s\"", refusal.error->name,
			   refusal.description);
	return buf_finish(&b, &r->arena);
}

/* RFC 6750 §3.1, RFC 9449 §7.1: without any token, the challenges say nothing more. */
static enum step_result refuse_sender(struct request *r, struct refusal refusal)
{
	const struct userinfo *u = r->state;
	if (!refusal.error) {
		response_header(r, "WWW-Authenticate", challenge(r, "Bearer", refusal));
		response_header(r, "WWW-Authenticate", challenge(r, "DPoP", refusal));
		r->log_reason = SLICE("no access token");
		return answer_empty(r, 401);
	}
	response_header(r, "WWW-Authenticate", challenge(r, u->as_dpop ? "DPoP" : "Bearer", refusal));
	answer_refusal(r, refusal);
	/* RFC 9449 §7.1: a resource asks for another proof as it does for another token. */
	if (refusal.error == &INVALID_DPOP_PROOF || refusal.error == &USE_DPOP_NONCE)
		r->response.status = 401;
	return STEP_DONE;
}

static enum step_result refuse_token(struct request *r, const struct oauth_error *error,
				     const char *description)
{
	return refuse_sender(r, refuse(error, description));
}

static bool has_scheme(struct slice authorization, struct slice scheme)
{
	return authorization.n > scheme.n &&
	       !strncasecmp((const char *)authorization.p, (const char *)scheme.p, scheme.n);
}

/* The token of an Authorization header; absent if it is of another scheme. */
static struct slice token_of_header(struct request *r)
{
	struct userinfo *u = r->state;
	const struct slice bearer = SLICE("Bearer "), dpop = SLICE("DPoP ");
	if (has_scheme(r->authorization, bearer))
		return slice_from(r->authorization, bearer.n);
	u->as_dpop = has_scheme(r->authorization, dpop);
	return u->as_dpop ? slice_from(r->authorization, dpop.n) : NO_SLICE;
}

static enum step_result check_token(struct request *r, struct slice token)
{
	struct userinfo *u = r->state;
	status s = own_access_token_verify(r->issuer, token, r->now, &r->arena, &u->token);
	if (is_fault(s))
		return answer_fault(r, s, "access token");
	if (s == ST_EXPIRED)
		return refuse_token(r, &INVALID_TOKEN, "the access token has expired");
	if (s == ST_FORBIDDEN)
		return refuse_token(r, &INVALID_TOKEN, "the access token was revoked");
	if (s != ST_OK || id_is_zero(u->token.handle.subject_id))
		return refuse_token(r, &INVALID_TOKEN, "this is not an access token of a person");
	/* RFC 9068 §4: what is meant for a resource opens nothing here, whoever holds it. */
	if (!slice_has_word(u->token.audience, r->issuer->iss))
		return refuse_token(r, &INVALID_TOKEN, "the access token is for another audience");
	if (!slice_has_word(u->token.scope, SLICE("openid")))
		return refuse_token(r, &INSUFFICIENT_SCOPE, "the access token lacks the scope openid");
	return STEP_NEXT;
}

/* What the token is bound to, the sender has to hold. */
static enum step_result check_sender(struct request *r, struct slice token)
{
	struct userinfo *u = r->state;
	struct refusal refusal;
	r->op.status = ST_OK;
	status s = sender_read(r, token, &u->sender, &refusal);
	if (s != ST_OK)
		return answer_fault(r, s, "sender");
	if (!refusal.error)
		refusal = sender_check_token(&u->sender, u->as_dpop, &u->token);
	if (refusal.error)
		return refuse_sender(r, refusal);
	if (!u->sender.jkt.p)
		return STEP_NEXT;
	cache_submit(r->issuer->cache, &u->sender.replay, 1, &r->arena, &r->op);
	return STEP_WAIT;
}

/* The token by header or, with POST, in the body; never both (RFC 6750 §2). */
static enum step_result read_token(struct request *r)
{
	struct slice in_body = params_get(&r->form, "access_token"), token = in_body;
	if (params_duplicate(&r->form).p)
		return refuse_token(r, &INVALID_REQUEST, "a parameter is given twice");
	if (!slice_empty(r->authorization)) {
		if (!slice_empty(in_body))
			return refuse_token(r, &INVALID_REQUEST, "the token is given twice");
		token = token_of_header(r);
		if (!token.p)
			return refuse_token(r, &INVALID_TOKEN,
					    "the Authorization header is no Bearer or DPoP token");
	}
	if (slice_empty(token))
		return refuse_sender(r, NO_REFUSAL);
	enum step_result result = check_token(r, token);
	return result == STEP_NEXT ? check_sender(r, token) : result;
}

static enum step_result proof_marked(struct request *r)
{
	struct userinfo *u = r->state;
	struct refusal refusal = NO_REFUSAL;
	status s = r->op.status;
	if (s == ST_OK && u->sender.jkt.p)
		s = sender_replayed(&u->sender, &refusal);
	if (s != ST_OK)
		return answer_fault(r, s, "replay mark of a DPoP proof");
	return refusal.error ? refuse_sender(r, refusal) : STEP_NEXT;
}

static enum step_result read_client(struct request *r)
{
	struct userinfo *u = r->state;
	status s = clients_get(r->issuer, u->token.client_id, &r->arena, &u->client);
	if (s == ST_NOT_FOUND)
		return refuse_token(r, &INVALID_TOKEN, "the client is not registered any more");
	if (s != ST_OK)
		return answer_fault(r, s, "userinfo");
	struct refusal weak = sender_check_algorithm(&u->client, &u->sender);
	if (weak.error)
		return refuse_sender(r, weak);
	bool to_its_key = u->client.userinfo_encrypted_response_alg.n;
	return to_its_key && keys_wait_first(r, &u->client, &u->asked_for_keys) ? STEP_WAIT : STEP_NEXT;
}

/* What was agreed to when the token was issued, and may still be told. */
static claim_set release_of(const struct userinfo *u)
{
	return u->token.handle.claims & claims_allowed(&u->client);
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
	if (u->client.userinfo_signed_response_alg.n) { /* OIDC Core §5.3.2 */
		json_text(&w, "iss", r->issuer->iss);
		json_text(&w, "aud", u->client.client_id);
	}
	if (u->token.kind == SUBJECT_LEGAL) {
		json_text(&w, "sub_type", SLICE("legal_person"));
		json_raw(&w, "act", u->token.act);
	}
	claims_write(&w, &subject, release_of(u), r->now);
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
		return refuse_token(r, &INVALID_TOKEN, "the person is not registered any more");
	r->op.status = ST_OK;
	if (s == ST_OK && !release_of(u))
		return STEP_NEXT;

	const struct release release = {
		.subject_id = u->token.handle.subject_id,
		.client_id = u->token.client_id,
		.grant_id = u->token.handle.grant_id,
		.claims = release_of(u),
		.by = SLICE("userinfo"),
		.at_us = r->now_us,
	};
	struct batch *b = batch_new(&r->arena);
	if (s == ST_OK)
		s = b ? ledger_write(r->issuer, b, &release, &r->arena) : ST_NOMEM;
	if (s != ST_OK)
		return answer_fault(r, s, "userinfo");
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

/* ---- the answer, as the client registered it -------------------------------------------------- */

static enum step_result sign_claims(struct request *r)
{
	struct userinfo *u = r->state;
	struct slice alg = u->client.userinfo_signed_response_alg;
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "ledger");
	if (!alg.n)
		return STEP_NEXT;
	u->job = (struct sign_job){ .type = "JWT", .payload = u->answer };
	if (key_algorithm_parse(alg, &u->job.algorithm) != ST_OK)
		return answer_fault(r, ST_CORRUPT, "userinfo");
	keys_sign(r->issuer->keys, &u->job, 1, &r->op);
	return STEP_WAIT;
}

static enum step_result answer_claims(struct request *r)
{
	struct userinfo *u = r->state;
	const struct client *c = &u->client;
	bool is_signed = c->userinfo_signed_response_alg.n;
	const struct answer_encryption how = { c->userinfo_encrypted_response_alg,
					       c->userinfo_encrypted_response_enc, is_signed };
	struct slice inner = is_signed ? arena_copy(&r->arena, buf_slice(&u->job.token)) : u->answer, body;
	struct error why = { 0 };
	status s = r->op.status;
	buf_done(&u->job.token);
	if (s == ST_OK)
		s = inner.p ? client_answer_encrypt(r->issuer, c, &how, inner, r->now, &r->arena, &body, &why)
			    : ST_NOMEM;
	if (s == ST_INVALID)
		r->log_reason = arena_copy(&r->arena, slice_str(why.message));
	if (s == ST_INVALID)
		return answer_refusal(r, refuse(&SERVER_ERROR, "no key of the client serves to encrypt this"));
	if (s != ST_OK)
		return answer_fault(r, s, "userinfo");
	bool is_jwt = is_signed || how.alg.n;
	return is_jwt ? answer(r, 200, "application/jwt", body) : answer_json(r, 200, body);
}

static step_fn *const USERINFO_STEPS[] = { read_token,	   proof_marked, read_client,
					   record_release, sign_claims,	 answer_claims, NULL };
const struct route USERINFO_ROUTE = {
	.path = "/userinfo",
	.methods = METHOD_GET | METHOD_POST,
	.steps = USERINFO_STEPS,
	.state_size = sizeof(struct userinfo),
	.form = true,
	.metadata = "userinfo_endpoint",
	.has_alias = true,
};
