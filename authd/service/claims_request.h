/*
 * The `claims` parameter (OIDC Core §5.5): claims that a client asks for one by one.
 *
 * A client gets by name only what belongs to a scope that it is registered for. What it asks in vain
 * is left out, essential or not (§5.5.1), also of what page and grant keep: nobody has agreed to it,
 * whatever the client may have later. `value` is a condition for `sub`, `value` and `values` are one
 * for `acr`; of all else a person's record says what it says.
 *                                                                        Threads: pure functions.
 */
#pragma once

#include "authd/service/acr_request.h"
#include "libauth/base/arena.h"

enum { CLAIMS_REQUEST_MAX = 4096 };

struct claims_request {
	struct slice json;               /* the parameter without what is left out; absent if it was */
	struct slice userinfo, id_token; /* names of claims about the person; words */
	struct slice sub;                /* who it must be, by the ID token's `sub`; or absent */
	struct acr_request acr;          /* by `value` or `values`: essential only with one of these */
};

/*
 * Read the parameter; absent, it asks for nothing. Names that are no claims here, or beyond the
 * client's scopes, are left out. In the arena.
 * ST_INVALID: not an object of the two members' form, a member of the wrong type, or too large.
 */
status claims_request_read(struct slice json, const struct client *client, struct arena *a,
			   struct claims_request *ret);

/* Which of the names go beyond what this scope tells anyway: words, each once, in the arena; or absent. */
status claims_request_beyond(const struct claims_request *asked, struct slice scope, struct arena *a,
			     struct slice *ret);
