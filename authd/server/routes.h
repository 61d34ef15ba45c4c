/*
 * The table of routes, sorted for look-ups.                                     Threads: immutable.
 */
#pragma once

#include "authd/oauth/request.h"

struct routes {
	const struct route **sorted; /* by path */
	size_t n;
};

/* ST_NOMEM; ST_BUG if two rows have one path. The rows are lent. */
status routes_init(struct routes *r, const struct route *rows, size_t n);
void routes_done(struct routes *r);

/* The row whose path this is; else the one whose "*" the last segment stands for, which is then put
 * into *ret_segment, undecoded. NULL if there is none. */
const struct route *routes_find(const struct routes *r, struct slice path,
                                struct slice *ret_segment);

/* The value of Allow (RFC 9110 §10.2.1): "GET, HEAD". In the arena. */
struct slice route_allow(const struct route *route, struct arena *a);
