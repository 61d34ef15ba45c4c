/*
 * The logout token, by which a client hears that a session has ended (OpenID Connect Back-Channel
 * Logout 1.0 §2.4).                                              Threads: the stores lock themselves.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/model/state.h"
#include "authd/service/issuer.h"

enum { LOGOUT_TOKEN_S = 120 };

/* Signed in the algorithm of the client's ID tokens; in the arena. Waits for the signer. ST_NOT_FOUND:
 * there is no such key. */
status logout_token_make(struct issuer *is, const struct outbox_entry *e, const struct client *c,
			 int64_t now, struct arena *a, struct slice *ret);
