/*
 * Signed back-channel authentication requests (CIBA §7.1.1, FAPI-CIBA §5.2.2).
 *
 * libauth verifies them with the client's own keys: `iss` is the client, `aud` has the issuer in it;
 * exp, iat, nbf and jti are there; it expires within an hour, and has not been good for longer than
 * one.                                                                  Threads: one at a time.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/oauth/errors.h"
#include "authd/oauth/request.h"

/* What such a request may be signed with, unless the client has registered one of them. */
extern const char BACKCHANNEL_ALGORITHMS[];

/*
 * Read its members into parameters, in the arena; nothing outside of it counts. keys: a JWKS.
 * ret_jti is what may be seen once. Returns ST_OK (*ret_refusal says whether it is refused) or a fault.
 */
status backchannel_object_read(struct request *r, const struct client *client, struct slice keys,
			       struct slice object, struct params *ret, struct slice *ret_jti,
			       struct refusal *ret_refusal);
