/*
 * The one table of protocol errors: a refusal is a value that points here.
 *                                                                          Threads: immutable.
 */
#pragma once

#include "libauth/base/slice.h"

#include <stdbool.h>

struct oauth_error {
	const char *name; /* the `error` parameter */
	int status;       /* HTTP, where it is answered directly */
};

/* RFC 6749 §4.1.2.1 and §5.2 */
extern const struct oauth_error INVALID_REQUEST, UNAUTHORIZED_CLIENT, ACCESS_DENIED,
	UNSUPPORTED_RESPONSE_TYPE, INVALID_SCOPE, SERVER_ERROR, TEMPORARILY_UNAVAILABLE, INVALID_CLIENT,
	INVALID_GRANT, UNSUPPORTED_GRANT_TYPE;
/* OIDC Core §3.1.2.6 */
extern const struct oauth_error LOGIN_REQUIRED, CONSENT_REQUIRED, ACCOUNT_SELECTION_REQUIRED,
	REQUEST_NOT_SUPPORTED,
	REGISTRATION_NOT_SUPPORTED;
/* RFC 9101 §7 */
extern const struct oauth_error INVALID_REQUEST_OBJECT, INVALID_REQUEST_URI;
/* OpenID Connect Core Unmet Authentication Requirements 1.0 */
extern const struct oauth_error UNMET_AUTHENTICATION_REQUIREMENTS;
/* RFC 9396 §5 */
extern const struct oauth_error INVALID_AUTHORIZATION_DETAILS;
/* RFC 6750 §3.1 */
extern const struct oauth_error INVALID_TOKEN, INSUFFICIENT_SCOPE;
/* RFC 9449 §5, §8 */
extern const struct oauth_error INVALID_DPOP_PROOF, USE_DPOP_NONCE;
/* RFC 8707 §2 */
extern const struct oauth_error INVALID_TARGET;
/* RFC 8628 §3.5, CIBA §11 */
extern const struct oauth_error AUTHORIZATION_PENDING, SLOW_DOWN, EXPIRED_TOKEN, GRANT_DENIED;
/* RFC 7591 §3.2.2 */
extern const struct oauth_error INVALID_REDIRECT_URI, INVALID_CLIENT_METADATA,
	INVALID_SOFTWARE_STATEMENT, UNAPPROVED_SOFTWARE_STATEMENT, TOO_MANY_REQUESTS;
/* CIBA §13 */
extern const struct oauth_error UNKNOWN_USER_ID, INVALID_BINDING_MESSAGE;

/* What went wrong: nothing, while error is NULL. */
struct refusal {
	const struct oauth_error *error;
	const char *description; /* for the client's developer; ASCII, no word from the request */
};

static inline struct refusal refuse(const struct oauth_error *error, const char *description)
{
	return (struct refusal){ error, description };
}
#define NO_REFUSAL ((struct refusal){ NULL, NULL })
