/*
 * What a device (RFC 8628 §3.1) or a back-channel client (CIBA §7.1) asks for: may it, which scopes,
 * for which audience.                                                   Threads: one at a time.
 */
#pragma once

#include "authd/oauth/errors.h"
#include "authd/oauth/request.h"
#include "authd/oauth/token_request.h"
#include "authd/service/deferred.h"

/*
 * Read the parameters into ret, which lives as long as they do: client, scope, audience; it expires in
 * life_s. Returns ST_OK (*ret_refusal says whether it is refused) or a fault.
 */
status deferred_request_read(struct request *r, const struct params *params, const struct client *client,
			     const struct grant_type *type, int64_t life_s, struct deferred *ret,
			     struct refusal *ret_refusal);
