/*
 * Verifying what this issuer signed itself: access tokens that come back to userinfo and
 * introspection, ID tokens that come back as hints. By libauth, with the key ring's own JWKS, which
 * is followed as it changes.
 *                                             Threads: struct own_tokens is internally locked.
 */
#pragma once

#include "authd/service/handle.h"
#include "authd/service/issuer.h"

struct own_tokens;
status own_tokens_new(const struct conf *conf, struct keys *keys, struct own_tokens **ret);
void own_tokens_free(struct own_tokens *o);
DEFINE_AUTO(own_tokens, struct own_tokens *, own_tokens_free)

/* An access token of this issuer, signature and lifetime good, not revoked. In the arena. */
struct own_access_token {
	struct handle handle;
	struct slice sub, client_id, scope, audience, jti, acr, amr;
	/* audience, amr: words separated by spaces */
	struct slice details;   /* authorization_details, JSON; or absent */
	enum subject_kind kind; /* of its subject; 0 for a client itself */
	struct slice act;       /* who acts, as it stands in the token: JSON (RFC 8693 §4.1) */
	struct slice dpop_jkt, x5t_s256; /* what it is bound to: whoever takes it has to check */
	int64_t iat, exp, auth_time;
};

/* Returns ST_INVALID (not ours, altered), ST_EXPIRED, ST_FORBIDDEN (revoked), or a fault. */
status own_access_token_verify(struct issuer *is, struct slice token, int64_t now, struct arena *a,
			       struct own_access_token *ret);

/* An ID token that comes back as a hint: it may have expired (OIDC RP-Initiated Logout §2). */
struct own_id_token {
	struct slice sub, client_id, sid;
	struct id subject_id; /* zero unless the client may begin with a hint alone (CIBA) */
};
status own_id_token_verify(struct issuer *is, struct slice token, int64_t now, struct arena *a,
			   struct own_id_token *ret);
