/*
 * Software statements (RFC 7591 §2.3): metadata that somebody else vouches for, as a signed JWT.
 *
 * Whose statements count is said by a folder, registration.statements, of files *.json, each an object
 * with `issuer` and `jwks`; it is read each time, so that a change needs no restart.
 *                                                                       Threads: all may call.
 */
#pragma once

#include "authd/service/issuer.h"

#include <jansson.h>

/*
 * If metadata has a `software_statement`, verify it and put its claims over the members of the same
 * names: those of a JWT itself (iss, sub, aud, exp, nbf, iat, jti) are none.
 * Returns ST_INVALID: it does not hold; ST_FORBIDDEN: nobody here trusts its issuer; the reason is in e.
 */
status software_statement_apply(struct issuer *is, json_t *metadata, int64_t now, struct arena *a,
				struct error *e);
