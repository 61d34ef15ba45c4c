/* private_key_jwt: a client proves itself by a JWT that it signed (RFC 7523 §2.2, §3). */
#pragma once

#include "authd/model/client.h"
#include "authd/service/client_keys.h"

#define CLIENT_ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

enum { CLIENT_ASSERTION_LIFE_MAX_S = 3600 };

/* What its `aud` may be, ends with NULL: the issuer, the token endpoint, the endpoint it was sent to
 * (RFC 7523 §3), by their names for who comes with a certificate, too (RFC 8705 §5); under a profile the issuer
 * alone (FAPI 2.0 Security Profile §5.3.2.1). In the arena. */
struct client_audiences {
	const char *items[6];
};
status client_audiences_make(struct issuer *is, const struct client *client, const char *endpoint,
			     struct arena *a, struct client_audiences *ret);

struct client_assertion {
	struct slice jti;
	int64_t expires_in_s; /* for how long its jti has to be remembered */
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
