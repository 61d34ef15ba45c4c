/*
 * A client's metadata by name: the one table that the admin interface and dynamic registration read
 * and write by (OIDC Dynamic Registration §2, RFC 7591 §2, and the standards named in client.h).
 * What a value must be is clients.h's to check.                           Threads: pure functions.
 */
#pragma once

#include "authd/service/json_fields.h"

/* Who may set a member. */
enum client_metadata_by {
	CLIENT_METADATA_BY_ANYBODY = 1,  /* the client itself, at /register */
	CLIENT_METADATA_BY_OPERATOR = 2, /* authctl alone: what the client may do here */
	CLIENT_METADATA_BY_NOBODY = 4,   /* shown only */
	CLIENT_METADATA_BY_ITSELF = 8,   /* the client alone */
};

/*
 * Read the members of object that `by` (a set of enum client_metadata_by) may set into *c, which holds
 * what stands where a member is absent; what they hold lives in the arena.
 * ST_INVALID with the reason in e: a wrong type, or with JSON_UNKNOWN_REFUSED another member.
 */
status client_metadata_read(const json_t *object, unsigned by, enum json_unknown unknown,
			    struct arena *a, struct client *c, struct error *e);

/* Take away what `by` may set. */
void client_metadata_clear(struct client *c, unsigned by);

/* All that c has, in members that `by` may set or see; secrets are none of them. NULL: no memory. */
json_t *client_metadata_json(const struct client *c, unsigned by);
