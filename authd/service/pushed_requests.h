/*
 * Pushed authorization requests (RFC 9126): the checked parameters wait in the cache for the browser.
 *
 * A request_uri holds 256 random bits. Its cache key is a hash over it and the client, so that it
 * tells nothing to another client. It opens a sign-in page for as long as it lives, as often as the
 * person reloads that page, and is spent when the authorization completes: the entry outlives it by
 * the time that pages may stay open.                                    Threads: one at a time.
 */
#pragma once

#include "authd/service/issuer.h"

#define PUSHED_REQUEST_PREFIX "urn:ietf:params:oauth:request_uri:"

enum { PUSHED_REQUEST_MAX = 12 << 10 };

/* Make a request_uri for these form-urlencoded parameters, at most PUSHED_REQUEST_MAX bytes, and the
 * command that keeps them. ret_uri: in the arena. */
status pushed_request_make(struct issuer *is, struct slice client_id, struct slice parameters,
			   int64_t now, struct arena *a, struct slice *ret_uri,
			   struct cache_command *ret);

/* The command that looks the request up, or with `spend` takes it. ST_INVALID for what cannot be a
 * request_uri of this issuer. */
status pushed_request_command(struct slice uri, struct slice client_id, bool spend, struct arena *a,
			      struct cache_command *ret);

/* Read the answer of the look-up. ST_NOT_FOUND: no such request of this client, or it is spent.
 * ST_EXPIRED. */
status pushed_request_from_answer(const struct cache_command *answer, int64_t now,
				  struct slice *ret_parameters);
