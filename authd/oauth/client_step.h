/*
 * Client authentication as two steps, for every endpoint that a client calls for itself.
 *
 * The route's state begins with struct client_step.                     Threads: one at a time.
 */
#pragma once

#include "authd/oauth/request.h"
#include "authd/oauth/sender.h"
#include "authd/service/client_auth.h"

struct client_step {
	struct client_authentication auth;
	bool asked_for_keys;
	struct sender sender; /* what sender_step() has found; nothing where it is not asked */
	struct cache_command marks[2]; /* what may be used once: an assertion, a proof */
	size_t marks_n;
	struct cache_command attempt;
};

/* Refuse duplicate parameters (RFC 6749 §3.2) and authenticate. */
enum step_result client_step_begin(struct request *r);
/* r->state's auth.client is who it says it is. */
enum step_result client_step_end(struct request *r);

/* For endpoints that keep what is sent: who shows no secret, and so could be anybody, keeps so much from one
 * address in throttle.window (throttle.address_requests). */
enum step_result anonymous_step_count(struct request *r);
enum step_result anonymous_step_admit(struct request *r);
