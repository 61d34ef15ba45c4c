/*
 * How often a password may be tried: by address and by account, in one window of time.
 *
 * A try counts before it is made, so that parallel tries cannot slip through together; a right
 * password takes its try back. The window begins with the first try and is not prolonged, so nobody
 * is locked out for ever. The address counts first: whoever has used its tries up reaches no
 * account's counter, and makes no new ones.                              Threads: one at a time.
 */
#pragma once

#include "authd/model/id.h"
#include "authd/service/issuer.h"

enum throttle_by { THROTTLE_ADDRESS, THROTTLE_ACCOUNT, THROTTLE_COMMANDS };
/* What else is counted by address, each apart. */
enum throttle_what { THROTTLE_REGISTRATIONS = THROTTLE_COMMANDS, THROTTLE_REQUESTS };

struct throttle {
	struct slice keys[THROTTLE_COMMANDS];
	struct cache_command commands[THROTTLE_COMMANDS];
};

/* account: the subject's id, or the name in the one spelling that it has, where it leads to nobody.
 * peer: an address as text. Of IPv6, a network of 64 bits counts as one address: whoever has one has
 * all of it. Returns ST_NOMEM. */
status throttle_begin(struct slice account, struct slice peer, struct arena *a, struct throttle *ret);
/* Make the command that counts one of these from this address: apart from sign-ins, in a window as long.
 * After it has run, its count says how many there were. ST_NOMEM. */
status throttle_count(const struct issuer *is, enum throttle_what what, struct slice peer, struct arena *a,
		      struct cache_command *ret);
/* Make the command that counts one try: t->commands[by]. */
void throttle_try(const struct issuer *is, enum throttle_by by, struct throttle *t);
/* After it has run: ST_OK, or ST_FORBIDDEN: too many. */
status throttle_check(const struct issuer *is, enum throttle_by by, const struct throttle *t);
/* Make the command that takes the one try back, and forgets no other. */
void throttle_take_back(const struct issuer *is, enum throttle_by by, struct throttle *t);
/* Make both commands, which take the try back; those of the account are forgotten. */
void throttle_forgive(const struct issuer *is, struct throttle *t);
