/*
 * What a client may be registered as, member by member, by operators and by itself alike.
 *                                                                         Threads: pure functions.
 */
#pragma once

#include "authd/model/client.h"
#include "libauth/base/status.h"

/*
 * Check all of c, whose defaults are filled in. Which grant types are served is the protocol's to say.
 * ST_INVALID: the message in e begins with the name of the member that is wrong.
 */
status client_check(const struct client *c, struct error *e);

/* May these words stand in `scope` (RFC 6749 §3.3)? ST_INVALID. */
status client_check_scope(struct slice scope, struct error *e);
