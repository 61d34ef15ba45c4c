/*
 * The levels that a request asks of a sign-in: acr_values, the client's default_acr_values, and an `acr`
 * asked for among the claims (OIDC Core §5.5.1.1, RFC 9470 §4).              Threads: pure functions.
 */
#pragma once

#include "authd/model/client.h"

struct acr_request {
	unsigned levels; /* that will do: 1 << level */
	bool essential;  /* none of them is a refusal */
};

/* Add the level that has this name; what is none is passed by. */
void acr_request_add(struct acr_request *acr, struct slice name);

/* The levels that words name, or if there are none the client's default. */
struct acr_request acr_values_read(struct slice acr_values, const struct client *client);

/* The highest level that was asked for and that somebody of `level` has; 0: none. */
int acr_request_level(const struct acr_request *acr, int level);
