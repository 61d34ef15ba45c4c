/*
 * Initial access tokens: who may register a client (RFC 7591 §3).
 *
 *	token = base64url( id (16) | random (32) )
 *
 * Of the random half only a hash is kept. An operator may limit how long and how often a token
 * serves, and what its clients may ask for.                             Threads: all may call.
 */
#pragma once

#include "authd/model/state.h"
#include "authd/service/issuer.h"

/* Put a new token into the batch; its id and hash are filled in. ret_text can be shown this one time. */
status initial_token_add(struct batch *b, struct arena *a, struct initial_token *t,
			 struct slice *ret_text);

/* Returns ST_NOT_FOUND for all that is not, or no longer, a token, so that nobody learns which. */
status initial_token_open(struct issuer *is, struct slice text, int64_t now, struct arena *a,
			  struct initial_token *ret, uint64_t *ret_version);
/* Count one use. The commit says ST_CONFLICT where it was revoked or used by another meanwhile. */
status initial_token_use(struct batch *b, const struct initial_token *t, uint64_t version);

/* All of them, at most limit; in the arena. */
status initial_tokens_list(struct issuer *is, size_t limit, struct arena *a,
			   struct initial_token **ret, size_t *ret_n);
/* ST_NOT_FOUND. */
status initial_token_revoke(struct issuer *is, struct batch *b, struct id id, struct arena *a);
