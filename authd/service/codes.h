/*
 * Authorization codes (RFC 6749 §4.1.2): 256 random bits, one use, one minute.
 *
 * The code's cache key is a hash over code and client, so that a code tells nothing to another
 * client; it is taken after the client has authenticated. The entry outlives the code, so that a
 * replay is recognised and what the first exchange gave can be ended.
 */
#pragma once

#include "authd/model/state.h"
#include "authd/service/issuer.h"

/* Make a code for c and the command that stores it. ret_code: base64url, in the arena. */
status code_issue(struct issuer *is, const struct code *c, struct arena *a, struct slice *ret_code,
		  struct cache_command *ret);

/* The command that takes a code. Returns ST_INVALID for what cannot be a code of this issuer. */
status code_take_command(struct slice code, struct slice client_id, struct arena *a,
			 struct cache_command *ret);

/*
 * Read the answer. ST_OK: *ret is the code's record, first taken now. ST_USED: it was taken before,
 * *ret is the record all the same. ST_NOT_FOUND: no such code of this client. ST_EXPIRED.
 */
status code_from_answer(const struct cache_command *answer, int64_t now, struct code *ret);

/* Does a verifier fit a code's challenge, by S256 (RFC 7636 §4.6)? Both absent: yes. A verifier for a code without
 * a challenge is somebody's downgrade (RFC 9700 §4.8.2). */
status code_verifier_matches(struct slice verifier, struct slice challenge, bool *ret);
