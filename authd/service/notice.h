/*
 * A word to a client that something is ready, sent in the background: three tries where the client
 * cannot be reached or has a fault, one where it says no. It may be lost: the client can ask, too.
 * What must arrive goes through the outbox (outbox.h).                  Threads: any may call.
 */
#pragma once

#include "authd/service/issuer.h"

/* POST this JSON to the URL with a bearer token (RFC 6750 §2.1). All of it is copied. */
void notice_send(struct issuer *is, struct slice url, struct slice token, struct slice json);
