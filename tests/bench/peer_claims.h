/* For libraries that verify a signature and leave the claims to the caller: read by jansson. */
#pragma once

#include "contest.h"

#include <jansson.h>

static inline bool peer_says(const json_t *claims, const char *name, const char *value)
{
	const char *said = json_string_value(json_object_get(claims, name));
	return said && !strcmp(said, value);
}

static inline bool peer_claims_hold(const json_t *claims, const struct contest *c)
{
	return peer_says(claims, "iss", c->issuer) && peer_says(claims, "aud", c->audience) &&
	       json_integer_value(json_object_get(claims, "exp")) > c->now;
}
