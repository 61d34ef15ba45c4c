/*
 * How often a password may be tried: by account and by address, in one window of time.
 *
 * A try counts before it is made, so that parallel tries cannot slip through together; a right
 * password takes its try back. The window begins with the first try and is not prolonged, so nobody
 * is locked out for ever.                                               Threads: one at a time.
 */
#pragma once

#include "authd/model/id.h"
#include "authd/service/issuer.h"

enum { THROTTLE_COMMANDS = 2 };

/* Who tries: the subject's id, or what was typed if it leads to nobody; and from which address. */
struct throttle {
	struct slice account;
	struct slice address;
	struct cache_command commands[THROTTLE_COMMANDS];
};

/* Make the commands that count one try. account and address must stay until they have run. */
void throttle_try(struct issuer *is, struct throttle *t);
/* After they have run: ST_OK, or ST_FORBIDDEN: too many. */
status throttle_check(const struct issuer *is, const struct throttle *t);
/* Make the commands that take the try back. */
void throttle_forgive(struct issuer *is, struct throttle *t);
