/*
 * Request objects: an authorization request as a JWT (RFC 9101, OIDC Core §6.1, FAPI 2.0 Message
 * Signing §5.3.1).
 *
 * libauth verifies it with the client's own keys: `iss` is the client, `aud` has the issuer in it. What
 * it lives for is bounded: `exp` at most an hour ahead; where the client's profile asks for signed
 * requests, `exp` and `nbf` must be there, `nbf` at most an hour ago, and `exp` an hour after it.
 * An object without a signature (alg none) counts for a client that registered
 * request_object_signing_alg "none", and no profile.                    Threads: one at a time.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/oauth/errors.h"
#include "authd/oauth/request.h"

/*
 * Read the object's members into parameters, in the arena; nothing outside of it counts (RFC 9101
 * §6.3). keys: the client's, a JWKS. Its client_id is the client's, whether it is in there or not.
 * Returns ST_OK (*ret_refusal says whether it is refused; *ret_signed, whether it was signed), or a
 * fault.
 */
status request_object_read(struct request *r, const struct client *client, struct slice keys,
			   struct slice object, struct params *ret, bool *ret_signed,
			   struct refusal *ret_refusal);
