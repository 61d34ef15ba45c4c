/* One case of cases.c put to libauth's public functions. */
#pragma once

#include "libauth/auth.h"

#include <jansson.h>

/* What the first function answers that does not say AUTH_OK; AUTH_OK if all do. */
enum auth_status ask(json_t *c);

/* A file of the vectors; ends the test if it cannot be read. The caller gives it up. */
json_t *load(const char *vectors, const char *file);
