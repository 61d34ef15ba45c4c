/* The name of each answer. */
#pragma once

#include "libauth/auth.h"

/* "AUTH_EXPIRED"; "AUTH_UNKNOWN" for one that this header does not know. */
const char *status_name(enum auth_status status);
