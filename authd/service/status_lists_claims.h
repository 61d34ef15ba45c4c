/* The claims of a status list token: Token Status List §4, §5.1.          Threads: pure functions. */
#pragma once

#include "libauth/base/arena.h"
#include "libauth/base/status.h"

struct status_lists_claims {
	struct slice iss, uri;
	int64_t issued_at, expires_at, ttl_s;
	struct slice bits; /* one for each place, from the least significant of each byte on */
};

/* In the arena. */
status status_lists_claims(const struct status_lists_claims *c, struct arena *a, struct slice *ret_json);
