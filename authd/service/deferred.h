/*
 * Requests that wait while a person decides elsewhere: the device grant (RFC 8628) and CIBA.
 *
 *	the client:	deferred_new() -> deferred_put(), then again and again
 *			deferred_ask() -> deferred_answer() -> while it waits: deferred_wait()
 *	the person:	deferred_get(), then deferred_decide()
 *
 * A code has 256 random bits; its entries lie under a hash over grant type, code and client, so that
 * it tells nothing to another client. The decision is an entry of its own, added once and taken once:
 * of two decisions the first counts, and of many polls one is answered with tokens. Polls that come
 * too early raise the interval (RFC 8628 §3.5).
 *
 * Functions that need the cache only prepare commands and read their answers.
 *                                                                       Threads: one at a time.
 */
#pragma once

#include "authd/model/state.h"
#include "authd/service/issuer.h"

#define GRANT_TYPE_DEVICE_CODE "urn:ietf:params:oauth:grant-type:device_code"
#define GRANT_TYPE_CIBA "urn:openid:params:grant-type:ciba"

enum { DEFERRED_INTERVAL_S = 5 };

/* Make the code of a request, base64url, and set d->handle and d->grant.id. d->grant.client_id stands
 * there already. */
status deferred_new(const char *grant_type, struct deferred *d, struct arena *a, struct slice *ret_code);
/* The command that keeps it until a while after it has expired. */
status deferred_put(const struct deferred *d, int64_t now, struct arena *a, struct cache_command *ret);

/* ---- the client ------------------------------------------------------------------------------ */

struct deferred_poll {
	struct cache_command commands[3];
	struct deferred deferred;
	int64_t interval_s; /* to leave between two polls, as it has been raised so far */
	uint8_t raised[8];
};
enum { DEFERRED_ASKS = 3, DEFERRED_WAITS = 1, DEFERRED_SLOWS = 2 };

/* Make the commands that ask for the decision: DEFERRED_ASKS of them. ST_INVALID: no such code. */
status deferred_ask(const char *grant_type, struct slice code, struct slice client_id, struct arena *a,
		    struct deferred_poll *p);
/*
 * Read the answers. ST_OK: p->deferred is the decision, taken now. ST_BUSY: there is none yet.
 * ST_USED: it was taken before. ST_EXPIRED. ST_NOT_FOUND: no such code of this client.
 */
status deferred_answer(int64_t now, struct deferred_poll *p);
/* While there is none: DEFERRED_WAITS commands, after which deferred_too_soon() knows whether this
 * poll came too early; if so, DEFERRED_SLOWS commands that raise the interval. */
void deferred_wait(struct deferred_poll *p);
bool deferred_too_soon(const struct deferred_poll *p);
void deferred_slow_down(int64_t now, struct deferred_poll *p);

/* ---- the person ------------------------------------------------------------------------------ */

struct cache_command deferred_get(struct slice handle);
/* Read its answer. ST_NOT_FOUND; ST_EXPIRED. */
status deferred_from(const struct cache_command *answer, int64_t now, struct deferred *ret);
/* The command that adds the decision, with d->denied, or d->grant as the person has given it. Its
 * status is ST_EXISTS where somebody was quicker. */
status deferred_decide(const struct deferred *d, int64_t now, struct arena *a, struct cache_command *ret);
/* A command whose status is ST_NOT_FOUND as long as nobody has decided. */
struct cache_command deferred_decided(struct slice handle);
