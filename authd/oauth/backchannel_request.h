/*
 * A back-channel authentication request (CIBA §7.1): read and checked by one table.
 *                                                                       Threads: one at a time.
 */
#pragma once

#include "authd/oauth/deferred_request.h"

enum { BACKCHANNEL_LIFE_S = 120, BACKCHANNEL_LIFE_MAX_S = 600 };

struct backchannel_request {
	struct params params; /* of the form, or of the signed object in it */
	struct slice jti;     /* of that object; absent without one */
	struct deferred deferred;
	int64_t life_s;
};

/* Does the client want to be told when the person has decided (CIBA §5)? */
bool backchannel_pings(const struct client *client);

/* keys: the client's, a JWKS, or none. Returns ST_OK (*ret_refusal says whether it is refused) or a fault. */
status backchannel_request_read(struct request *r, const struct client *client, struct slice keys,
				struct backchannel_request *ret, struct refusal *ret_refusal);
