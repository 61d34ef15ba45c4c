/*
 * The `claims` parameter (OIDC Core §5.5): claims that a client asks for one by one.
 *
 * A grant keeps the parameter as it was sent. A client gets by name only what belongs to a scope that
 * it is registered for, and what it asks in vain is left out, essential or not (§5.5.1). `value` and
 * `values` are conditions for `sub` and `acr` alone; of all else a person's record says what it says.
 *                                                                        Threads: pure functions.
 */
#pragma once

#include "libauth/base/arena.h"
#include "libauth/base/status.h"

struct client;

enum { CLAIMS_REQUEST_MAX = 4096 };

struct claims_request {
	struct slice userinfo, id_token; /* names of claims about the person; words */
	struct slice sub;                /* who it must be, by the ID token's `sub`; or absent */
	struct slice acr;                /* acceptable levels, the best first; words, or absent */
	bool acr_essential;              /* no other will do (§5.5.1.1) */
};

/*
 * Read the parameter; absent, it asks for nothing. Names that are no claims here, or beyond the
 * client's scopes, are left out. In the arena.
 * ST_INVALID: not an object of the two members' form, a member of the wrong type, or too large.
 */
status claims_request_read(struct slice json, const struct client *client, struct arena *a,
			   struct claims_request *ret);
