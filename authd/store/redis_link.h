/*
 * One connection to a Redis: who is there, and pipelined exchanges.  Threads: one at a time.
 *
 *	value    "F" | sealed, or "U" | sealed once it is taken; with Redis's own expiry on it
 *	counter  decimal digits
 *	authd:marker  random: content that lacks it, or has another, is not what it was
 */
#pragma once

#include "authd/store/cache_backend.h"
#include "authd/store/redis_address.h"

/* One submit in the queue; in its caller's arena. */
struct redis_round {
	struct redis_round *next;
	struct op *op;
	struct arena *arena;
	struct cache_entry *entries;
	size_t n;
	int64_t deadline; /* of a monotonic clock, ms */
};

enum { REDIS_MARKER_SIZE = 32, REDIS_SHA_SIZE = 40, REDIS_SCRIPTS = 2 };

struct redis_link {
	struct redisContext *context; /* NULL: not connected */
	char marker[REDIS_MARKER_SIZE];
	char scripts[REDIS_SCRIPTS][REDIS_SHA_SIZE];
	char policy[32]; /* maxmemory-policy */
	bool broken;     /* an answer was so odd that the connection must end */
};

/* Connect, log in, and learn the content's identity. May block for some deadlines. */
status redis_link_open(struct redis_link *l, const struct redis_address *address,
		       int64_t deadline_ms, uint8_t ret_identity[CACHE_IDENTITY_SIZE],
		       struct error *e);
void redis_link_close(struct redis_link *l);
int redis_link_fd(const struct redis_link *l);
/* Redis must not drop entries by itself. ST_OK or ST_INVALID with a message. */
status redis_link_policy(const struct redis_link *l, struct error *e);

/*
 * Send a list of rounds, perhaps none, in one pipeline and read all answers. The last answer shows
 * that the content was the same to the end. A fault, the deadline's passing among them, means that
 * no round counts and the connection is of no use any more. With `check`, the policy is read again.
 */
status redis_link_exchange(struct redis_link *l, struct redis_round *rounds, bool check,
			   int64_t deadline);
int64_t redis_now_ms(void);
