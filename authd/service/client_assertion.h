/* private_key_jwt: a client proves itself by a JWT that it signed (RFC 7523 §2.2, §3). */
#pragma once

#include "authd/model/client.h"
#include "authd/service/client_keys.h"

#define CLIENT_ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

struct client_assertion {
	struct slice jti;
	int64_t expires_in_s; /* for how long its jti has to be remembered; at least 1 */
	const char *reason;   /* why it is refused; a literal */
	bool is_of_no_key;    /* for none of the client's keys verifies it: there may be newer ones */
	struct client_keys keys; /* with which it was tried */
};

/* Whom the assertion claims to come from (`sub`), without any check. ST_INVALID. */
status client_assertion_peek(struct slice assertion, struct arena *a, struct slice *ret_client_id);

/* Verify it with the client's keys, as they are known; `endpoint` is the path it was sent to. Returns ST_OK,
 * ST_INVALID with ret->reason, or a fault. */
status client_assertion_verify(struct issuer *is, const struct client *client, struct slice assertion,
			       const char *endpoint, int64_t now, struct arena *a,
			       struct client_assertion *ret);
