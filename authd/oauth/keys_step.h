/*
 * Waiting for a client's keys in the middle of a step (service/client_keys.h):
 *
 *	if (keys_wait(r, client, &seen, &state->asked_for_keys))
 *		return STEP_WAIT;
 *
 * The same step runs again when there may be newer keys than those seen; so it is asked before the
 * step does anything that counts once, and *asked keeps it to one time.         Threads: one at a time.
 */
#pragma once

#include "authd/oauth/request.h"
#include "authd/service/client_keys.h"

/* The keys in `seen` do not do. False: there are no others to wait for. */
bool keys_wait(struct request *r, const struct client *client, const struct client_keys *seen, bool *asked);
/* The keys will be needed, if the client has a jwks_uri: wait where none are known. */
bool keys_wait_first(struct request *r, const struct client *client, bool *asked);
