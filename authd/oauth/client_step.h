/*
 * Client authentication as two steps, for every endpoint that a client calls for itself.
 *
 * The route's state begins with struct client_step.                     Threads: one at a time.
 */
#pragma once

#include "authd/oauth/request.h"
#include "authd/service/client_auth.h"

struct client_step {
	struct client_authentication auth;
	bool asked_for_keys;
};

/* Refuse duplicate parameters (RFC 6749 §3.2) and authenticate. */
enum step_result client_step_begin(struct request *r);
/* r->state's auth.client is who it says it is. */
enum step_result client_step_end(struct request *r);
