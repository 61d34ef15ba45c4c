/*
 * The tokens that an answer of the token endpoint carries.
 *
 *	access_token_prepare() -> keys_sign() -> id_token_prepare() -> keys_sign() -> the answer
 *
 * Access tokens are at+jwt (RFC 9068), in the issuer's algorithm (tokens.algorithm); ID tokens are in
 * the algorithm that the client registered (OIDC Core §2), and name the access token beside them
 * (`at_hash`). Neither is stored.
 *                                                                       Threads: one at a time.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/model/state.h"
#include "authd/service/claims.h"
#include "authd/service/issuer.h"
#include "libauth/base/json_writer.h"

/* Claims of ID tokens that are not about the person, separated by spaces; for discovery. */
extern const char TOKEN_CLAIMS[];

/* How a token names its subject: for the client's sector, or client_id where the client acts for
 * itself. In the arena. */
status token_sub(struct issuer *is, const struct grant *g,
		 const struct client *client, struct arena *a, struct slice *ret);

/* The member `aud` of words: one string, or an array of several (RFC 7519 §4.1.3). */
void audience_write(struct json_writer *w, struct slice audience);

/* When an access token that is issued now expires: with what was exchanged for it, or the mandate, at the
 * latest. */
int64_t access_token_expires_at(const struct issuer *is, const struct grant *g, int64_t now);

/* The member `cnf`, where there is something that the token is bound to. */
void confirmation_write(struct json_writer *w, struct slice dpop_jkt, struct slice x5t_s256);

/*
 * Make the claims of an access token with this scope: the grant's or narrower, bound to the
 * grant's dpop_jkt and x5t_s256. The job is ready to be
 * signed; its payload lives in the arena, its token is the caller's to buf_done().
 */
status access_token_prepare(struct issuer *is, const struct grant *g,
			    const struct client *client, struct slice scope, int64_t now,
			    struct arena *a, struct sign_job *ret);

/* What an ID token of this grant tells about the person: the ledger has it first. */
status id_token_release(const struct grant *g, const struct client *client, struct arena *a,
			claim_set *ret);
/* The same of an ID token. A client that may begin with such a token as its hint (CIBA) gets a handle
 * in it, `jti`, since `sub` leads nobody back to the person. nonce: as in the authorization request;
 * absent if there was none. With what the
 * `claims` parameter asked for; ST_FORBIDDEN: the person is no more. */
status id_token_prepare(struct issuer *is, const struct grant *g,
			const struct client *client, struct slice nonce, struct slice access_token,
			int64_t now, struct arena *a, struct sign_job *ret);
