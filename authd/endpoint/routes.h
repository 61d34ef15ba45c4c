/* The tables of routes that the server answers by. Each ends with NULL. Immutable. */
#pragma once

#include "authd/oauth/request.h"

/* For everybody, on the public port. */
extern const struct route *const PUBLIC_ROUTES[];

/* For operators, on the admin socket. */
extern const struct route *const ADMIN_ROUTES[];
