/*
 * The table of routes, sorted for look-ups.                                     Threads: immutable.
 */
#pragma once

#include "authd/oauth/request.h"

struct routes {
	const struct route **sorted; /* by path */
	size_t n;
};

/* rows: lent, ends with NULL; NULL is an empty table. ST_NOMEM; ST_BUG if two rows have one path. */
status routes_init(struct routes *r, const struct route *const *rows);
void routes_done(struct routes *r);

/* The row whose path this is; else the one whose "*" the last segment stands for, which is then put
 * into *ret_segment, undecoded. NULL if there is none. */
const struct route *routes_find(const struct routes *r, struct slice path,
                                struct slice *ret_segment);

/* The value of Allow (RFC 9110 §10.2.1): "GET, HEAD". In the arena. */
struct slice route_allow(const struct route *route, struct arena *a);
