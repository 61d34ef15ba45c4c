/*
 * What a token that was exchanged for another may be: for whom, and with which scope (RFC 8693 §2.1).
 *                                                                       Threads: one at a time.
 */
#pragma once

#include "authd/oauth/token_request.h"
#include "authd/service/exchange_policies.h"

struct exchange_target {
	struct slice audience; /* words separated by spaces; in the request's arena */
	struct slice scope;    /* all that it may have: what the client is registered for, within the rows */
	struct exchange_policy policy; /* the first one's row */
};

/*
 * Read `audience` and `resource`; each must stand in a row for this client, issuer and type of token.
 * Without any, it is what audience_read() takes. Returns ST_OK: *ret_refusal says whether it is refused;
 * or a fault.
 */
status exchange_target_read(struct request *r, struct slice issuer, struct slice token_type,
			    struct exchange_target *ret, struct refusal *ret_refusal);

/* The words that are in both, in the arena. */
status words_common(struct slice words, struct slice others, struct arena *a, struct slice *ret);
