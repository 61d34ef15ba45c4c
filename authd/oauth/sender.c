#include "authd/oauth/sender.h"

#include "authd/oauth/client_step.h"
#include "authd/oauth/json_answer.h"
#include "authd/service/dpop.h"
#include "authd/service/profile.h"
#include "keys/seal.h"
#include "libauth/base/encode.h"

/* ---- what the request shows ----------------------------------------------------------------- */

static status give_nonce(struct request *r)
{
	struct slice nonce;
	TRY(dpop_nonce(r->issuer, r->now, &r->arena, &nonce));
	response_header(r, "DPoP-Nonce", nonce);
	return ST_OK;
}

static status read_proof(struct request *r, struct slice access_token, struct sender *ret,
			 struct refusal *ret_refusal)
{
	const struct dpop_request request = { method_name(r->method), r->route->path, access_token };
	struct dpop_proof proof = { 0 };
	status s = dpop_verify(r->issuer, r->dpop, &request, r->now, &r->arena, &proof);
	if (is_fault(s))
		return s;
	bool wants_nonces = slice_is(slice_str(r->issuer->conf->dpop_nonce), "required");
	if (s == ST_EXPIRED || (s == ST_OK && wants_nonces))
		TRY(give_nonce(r));
	if (s != ST_OK) {
		*ret_refusal = refuse(s == ST_EXPIRED ? &USE_DPOP_NONCE : &INVALID_DPOP_PROOF, proof.reason);
		return ST_OK;
	}
	ret->jkt = proof.jkt;
	ret->alg = proof.alg;
	ret->replay = proof.replay;
	return ST_OK;
}

static status read_certificate(struct request *r, struct sender *ret)
{
	uint8_t hash[32];
	TRY(sha256(r->client_certificate, hash));
	ret->x5t_s256 = arena_base64url(&r->arena, slice_of(hash, sizeof hash));
	return ret->x5t_s256.p ? ST_OK : ST_NOMEM;
}

status sender_read(struct request *r, struct slice access_token, struct sender *ret,
		   struct refusal *ret_refusal)
{
	*ret = (struct sender){ 0 };
	*ret_refusal = NO_REFUSAL;
	if (r->client_certificate.p)
		TRY(read_certificate(r, ret));
	return r->dpop.p ? read_proof(r, access_token, ret, ret_refusal) : ST_OK;
}

status sender_replayed(const struct sender *s, struct refusal *ret_refusal)
{
	*ret_refusal = s->replay.status == ST_EXISTS
			       ? refuse(&INVALID_DPOP_PROOF, "the DPoP proof was used before")
			       : NO_REFUSAL;
	return s->replay.status == ST_EXISTS ? ST_OK : s->replay.status;
}

enum step_result sender_step(struct request *r)
{
	struct client_step *c = r->state;
	struct refusal refusal;
	status s = sender_read(r, NO_SLICE, &c->sender, &refusal);
	if (s != ST_OK)
		return answer_fault(r, s, "sender");
	return refusal.error ? answer_refusal(r, refusal) : STEP_NEXT;
}

/* ---- what it is held against ---------------------------------------------------------------- */

struct refusal sender_missing(const struct client *client, const struct sender *s)
{
	if (client->dpop_bound_access_tokens && !s->jkt.p)
		return refuse(&INVALID_REQUEST, "this client has to send a DPoP proof");
	if (client->tls_client_certificate_bound_access_tokens && !s->x5t_s256.p)
		return refuse(&INVALID_REQUEST, "this client has to come with its TLS certificate");
	return NO_REFUSAL;
}

struct refusal sender_check_algorithm(const struct client *client, const struct sender *s)
{
	if (s->jkt.p && !profile_allows(profile_of(client), s->alg))
		return refuse(&INVALID_DPOP_PROOF, "the client's profile allows no proof of this algorithm");
	return NO_REFUSAL;
}

/* What nothing is bound to, anybody holds. */
static bool holds(struct slice shown, struct slice bound)
{
	return !bound.n || slice_equal_secret(shown, bound);
}

bool sender_holds(const struct sender *s, const struct grant *g)
{
	return holds(s->jkt, g->dpop_jkt) && holds(s->x5t_s256, g->x5t_s256);
}

bool sender_holds_token(const struct sender *s, const struct own_access_token *t)
{
	return holds(s->jkt, t->dpop_jkt) && holds(s->x5t_s256, t->x5t_s256);
}

void sender_bind(const struct sender *s, const struct client *client, struct grant *g)
{
	if (s->jkt.p)
		g->dpop_jkt = s->jkt;
	if (client->tls_client_certificate_bound_access_tokens)
		g->x5t_s256 = s->x5t_s256;
}

void sender_bind_offline(const struct sender *s, const struct client *client, struct grant *g)
{
	g->dpop_jkt = g->x5t_s256 = NO_SLICE;
	if (client->token_endpoint_auth_method == CLIENT_AUTH_NONE)
		sender_bind(s, client, g);
}

struct refusal sender_check_token(const struct sender *s, bool as_dpop,
				  const struct own_access_token *token)
{
	if (token->dpop_jkt.n && !as_dpop)
		return refuse(&INVALID_TOKEN, "the access token is bound to a key: it needs a DPoP proof");
	if (as_dpop && !token->dpop_jkt.n)
		return refuse(&INVALID_TOKEN, "the access token is not bound to a key");
	if (as_dpop && !s->jkt.p)
		return refuse(&INVALID_DPOP_PROOF, "the DPoP proof is missing");
	if (as_dpop && !holds(s->jkt, token->dpop_jkt))
		return refuse(&INVALID_TOKEN, "the access token is bound to another key");
	if (!holds(s->x5t_s256, token->x5t_s256))
		return refuse(&INVALID_TOKEN, "the access token is bound to another certificate");
	return NO_REFUSAL;
}
