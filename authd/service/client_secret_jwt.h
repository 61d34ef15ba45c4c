/*
 * client_secret_jwt: a client proves itself by an assertion under HMAC with its secret (OIDC Core §9).
 *
 * libauth verifies no HMAC, by design: here the raw secret of one client is the only key, HS256 the
 * only algorithm, and no key set is near.                               Threads: one at a time.
 */
#pragma once

#include "authd/service/client_assertion.h"

/* The secret, sealed for the client's record: other methods keep a hash alone. In the arena. */
status client_secret_seal(struct issuer *is, struct slice client_id, struct slice secret, struct arena *a,
			  struct slice *ret);
/* The same anew, if it was sealed under an older version: *ret_new says so. */
status client_secret_renew(struct issuer *is, const struct client *c, struct arena *a, struct slice *ret,
			   bool *ret_new);

/* As client_assertion_verify(), with the same rules for the claims. */
status client_secret_jwt_verify(struct issuer *is, const struct client *client, struct slice assertion,
				const char *endpoint, int64_t now, struct arena *a,
				struct client_assertion *ret);
