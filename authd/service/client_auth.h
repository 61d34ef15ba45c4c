/*
 * Who is the client? Authentication at the token, introspection and revocation endpoints
 * (RFC 6749 §2.3, OIDC Core §9, RFC 8705 §2).
 *
 *	client_auth_begin() -> with needs_keys: client_keys_fetch(), once, and begin again
 *	                    -> with needs_replay_mark: submit auth->replay -> client_auth_end()
 *
 * The method must be the one that the client registered.                Threads: one at a time.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/service/client_keys.h"

/* What the request brought; absent where it was not sent. */
struct client_credentials {
	struct slice authorization; /* the header field */
	struct slice client_id, client_secret, assertion_type, assertion; /* form parameters */
	struct slice certificate; /* of the TLS connection, DER */
	const char *endpoint; /* its path: an assertion may be meant for it (RFC 7523 §3) */
};

enum client_auth_outcome {
	CLIENT_AUTH_OK,
	CLIENT_AUTH_REFUSED,        /* -> invalid_client */
	CLIENT_AUTH_SEVERAL,        /* more than one method -> invalid_request */
	CLIENT_AUTH_MALFORMED,      /* -> invalid_request */
};

struct client_authentication {
	enum client_auth_outcome outcome;
	const char *reason; /* for the log and the client's developer; a literal */
	struct client client;
	bool needs_keys; /* refused, for none of the client's keys: fetch them, if there are newer ones */
	struct client_keys keys; /* then: with which it was tried */
	bool tried_basic;       /* then the refusal carries WWW-Authenticate: Basic */
	bool needs_replay_mark; /* an assertion counts once (RFC 7523 §3, item 7) */
	struct cache_command replay;
};

/* The methods that this issuer takes; those by certificate need what `mtls` sets. */
bool client_auth_is_served(const struct conf *c, enum client_auth method);

/* Returns ST_OK: ret->outcome says how it went; or a fault. */
status client_auth_begin(struct issuer *is, const struct client_credentials *credentials, int64_t now,
			 struct arena *a, struct client_authentication *ret);
/* Reads the answer of ret->replay into the outcome. */
status client_auth_end(struct client_authentication *auth);
