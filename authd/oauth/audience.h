/*
 * The audience of an access token (RFC 8707 §2).                        Threads: one at a time.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/oauth/errors.h"
#include "authd/oauth/request.h"

/*
 * What the parameters `resource` name, each once: resources that the client is registered for, and
 * this issuer, whose userinfo takes no other token; without any, the first that is registered, else
 * the issuer. Words separated by spaces, in the request's arena.
 * Returns ST_OK (*ret_refusal says whether it is refused) or ST_NOMEM.
 */
status audience_read(struct request *r, const struct params *params, const struct client *client,
		     struct slice *ret, struct refusal *ret_refusal);

/* Of a token request (§2.2): what was granted, or the part of it that `resource` names. Returns as above. */
status audience_narrow(struct request *r, struct slice granted, struct slice *ret, struct refusal *ret_refusal);
