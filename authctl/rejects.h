/*
 * The rejects file of an import: each refused line with its number and the reason, in the form that
 * it came in, so that it can be corrected and imported as it is. It holds personal data: mode 0600.
 *                                                                          Threads: there is one.
 */
#pragma once

#include "authctl/rows.h"

#include <stdio.h>

struct rejects {
	const char *path;
	FILE *file; /* made with the first line */
	const struct rows *rows;
	int64_t n;
	bool ended;
};

/* ST_IO with a message when it cannot be written. */
status rejects_put(struct rejects *r, int64_t line, const char *reason, struct slice raw,
		   struct error *e);
/* Durable when this returns ST_OK; a second call does nothing. What an earlier run left is removed when
 * nothing was refused. */
status rejects_end(struct rejects *r, struct error *e);
