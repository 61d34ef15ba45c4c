/*
 * The `claims` parameter (OIDC Core §5.5): claims that a client asks for one by one.
 *
 * A client gets by name only what its registration names (claim_rights.h). What it asks in vain
 * is left out, essential or not (§5.5.1), also of what page and grant keep: nobody has agreed to it,
 * whatever the client may have later. `value` is a condition for `sub`, `value` and `values` are one
 * for `acr`; of all else a person's record says what it says.
 *                                                                        Threads: pure functions.
 */
#pragma once

#include "authd/service/acr_request.h"
#include "authd/service/claims.h"
#include "libauth/base/arena.h"

enum { CLAIMS_REQUEST_MAX = 4096 };

struct claims_request {
	struct slice json;            /* the parameter without what is left out; absent if it was */
	claim_set userinfo, id_token; /* about the person, by name */
	struct slice sub;             /* who it must be, by the ID token's `sub`; or absent */
	struct acr_request acr;       /* by `value` or `values`: essential only with one of these */
};

/*
 * Read the parameter; absent, it asks for nothing. Names that are no claims here, or that the client
 * is not registered for, are left out. In the arena.
 * ST_INVALID: not an object of the two members' form, a member of the wrong type, or too large.
 */
status claims_request_read(struct slice json, const struct client *client, struct arena *a,
			   struct claims_request *ret);
