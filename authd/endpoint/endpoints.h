/* The public routes, TOKEN_ROUTE and so on, as the table in authd/endpoint/meson.build has them. */
#pragma once

#include "authd/endpoint/routes.gen.h"
#include "authd/oauth/request.h"

#define ROW(name) extern const struct route name;
ROUTES(ROW)
#undef ROW

/* Append the issuer's metadata as a JSON object; a failure is left in the buffer. discovery.c */
void discovery_write(struct request *r, struct buf *json);
