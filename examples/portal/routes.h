/*
 * What the portal answers, route by route.                       Threads: one for each exchange.
 */
#pragma once

#include "examples/portal/exchange.h"

struct route {
	const char *method, *path;
	void (*run)(struct exchange *x);
};

extern const struct route ROUTES[]; /* ends with a row of NULL */
