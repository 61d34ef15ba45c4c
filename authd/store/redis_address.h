/* Where a Redis is:  redis://[[user]:password@]host[:port][/db]  redis+unix://[...@]/path[?db=N] */
#pragma once

#include "libauth/base/status.h"

struct redis_address {
	char *text;       /* what the others point into; wiped when done */
	const char *path; /* of a unix socket, or NULL */
	const char *host;
	int port;
	const char *user, *password; /* or NULL */
	int db;
};

/* ST_INVALID with a message that does not show the password. */
status redis_address_parse(const char *url, struct redis_address *ret, struct error *e);
void redis_address_done(struct redis_address *a);
