/* The tables of routes, that the server answers by. Immutable. */
#pragma once

#include "authd/oauth/request.h"

/* For everybody, on the public port. */
extern const struct route ROUTES[];
extern const size_t ROUTES_N;

/* For operators, on the admin socket. */
extern const struct route ADMIN_ROUTES[];
extern const size_t ADMIN_ROUTES_N;
