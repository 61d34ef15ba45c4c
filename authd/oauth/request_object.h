/*
 * Request objects: a request as a JWT that the client signed (RFC 9101, OIDC Core §6.1, FAPI 2.0 Message
 * Signing §5.3.1; CIBA §7.1.1, FAPI-CIBA §5.2.2).
 *
 * libauth verifies it with the client's own keys: `iss` is the client, `aud` has the issuer in it, and `exp`
 * is at most an hour ahead. A back-channel request, and one of a client whose profile asks for signed
 * requests, has `nbf` as well, at most an hour ago, and `exp` an hour after it; a back-channel request `iat`
 * and `jti`, too. An object without a signature (alg none) counts at the authorization endpoint for a client
 * that registered request_object_signing_alg "none", and no profile; and where it was fetched from an address
 * that was registered, for one that registered no algorithm, either.        Threads: one at a time.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/oauth/errors.h"
#include "authd/oauth/request.h"

/* What back-channel requests may be signed with, unless the client has registered one of them. */
extern const char BACKCHANNEL_ALGORITHMS[];

enum request_object_use { OBJECT_AUTHORIZATION, OBJECT_FETCHED, OBJECT_BACKCHANNEL };

struct request_object {
	struct params params; /* its members; nothing outside of it counts (RFC 9101 §6.3) */
	struct slice jti;
	bool is_signed;
};

/*
 * Read it, into the arena. keys: the client's, a JWKS. client_id is the client's, whether it is in there or
 * not. Returns ST_OK (*ret_refusal says whether it is refused), or a fault.
 */
status request_object_read(struct request *r, const struct client *client, struct slice keys,
			   struct slice object, enum request_object_use use, struct request_object *ret,
			   struct refusal *ret_refusal);
