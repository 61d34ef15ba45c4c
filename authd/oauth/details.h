/*
 * The parameter authorization_details (RFC 9396), wherever a scope is asked for.
 *                                                                         Threads: one at a time.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/oauth/errors.h"
#include "authd/oauth/request.h"

/* As they are kept; absent where none are asked for. Returns ST_OK, perhaps with a refusal, or a fault. */
status details_read(struct request *r, const struct params *params, const struct client *client,
		    struct slice *ret, struct refusal *ret_refusal);

/* Of a token request (§6): what was granted, or the part of it that the parameter names. */
status details_narrow(struct request *r, struct slice granted, const struct client *client, struct slice *ret,
		      struct refusal *ret_refusal);
