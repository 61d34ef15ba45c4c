/*
 * Who holds the key? Sender constraint by DPoP (RFC 9449) and by client certificate (RFC 8705 §3).
 *
 *	at a client's endpoint   { sender_step, client_step_begin, client_step_end, ... }
 *	at a resource            sender_read() -> submit replay, if there is a proof -> sender_replayed()
 *
 * A request without a proof and without a certificate costs nothing here.  Threads: one at a time.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/model/state.h"
#include "authd/oauth/errors.h"
#include "authd/oauth/request.h"
#include "authd/service/own_tokens.h"

/* What the sender of a request has shown to hold; what is absent, it has not. */
struct sender {
	struct slice jkt;            /* thumbprint of the key of its DPoP proof */
	struct slice alg;            /* of that proof */
	struct slice x5t_s256;       /* of its TLS client certificate */
	struct cache_command replay; /* of the proof, where there is one: a proof counts once */
};

/* Read proof and certificate. access_token: absent where tokens are asked for, not used. A refusal has
 * DPoP-Nonce beside it where another proof would help. Returns ST_OK or a fault. */
status sender_read(struct request *r, struct slice access_token, struct sender *ret,
		   struct refusal *ret_refusal);
/* The answer of ret->replay: a refusal if the proof was seen before. Returns ST_OK or a fault. */
status sender_replayed(const struct sender *s, struct refusal *ret_refusal);

/* A step: the same, for a route whose state begins with struct client_step. It comes before the client
 * is authenticated, so that a missing nonce costs no client assertion. */
enum step_result sender_step(struct request *r);

/* Does the client's registration demand more than the sender has shown? */
struct refusal sender_missing(const struct client *client, const struct sender *s);
/* Is the proof, if there is one, signed as the client's profile has it? */
struct refusal sender_check_algorithm(const struct client *client, const struct sender *s);
/* Has the sender shown what the grant is bound to? */
bool sender_holds(const struct sender *s, const struct grant *g);
/* Or what a token is bound to, which it gives in exchange? */
bool sender_holds_token(const struct sender *s, const struct own_access_token *t);
/* Bind a grant for an access token (RFC 9449 §5, RFC 8705 §3). What it is bound to already it stays bound
 * to: sender_holds() was asked. */
void sender_bind(const struct sender *s, const struct client *client, struct grant *g);
/* The same for refresh tokens: where the client cannot authenticate, they are bound to the key or the
 * certificate; else to the client (RFC 9449 §5, RFC 8705 §4). */
void sender_bind_offline(const struct sender *s, const struct client *client, struct grant *g);

/* May this sender use this token, which came as `Authorization: DPoP` or as a bearer token? */
struct refusal sender_check_token(const struct sender *s, bool as_dpop,
				  const struct own_access_token *token);
