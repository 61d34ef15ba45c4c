/*
 * What a request asks of the sign-in and of claims: the `claims` parameter (OIDC Core §5.5), and the
 * levels of acr_values, default_acr_values and an `acr` asked for among the claims (RFC 9470 §4).
 *                                                                         Threads: pure functions.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/oauth/errors.h"

enum { CLAIMS_PARAMETER_MAX = 4096 };

struct acr_request {
	unsigned levels; /* that will do: 1 << level */
	bool essential;  /* none of them is a refusal */
};

/* Check the parameter, and take `acr` from its id_token: that counts more than what *acr holds.
 * ST_OK with *ret_refusal, or a fault. */
status claims_parameter_read(struct slice text, struct acr_request *acr, struct refusal *ret_refusal);

/* The levels that words name, or if there are none the client's default; what is none is passed by. */
struct acr_request acr_values_read(struct slice acr_values, const struct client *client);

/* The highest level that was asked for and that somebody of `level` has; 0: none. */
int acr_request_level(const struct acr_request *acr, int level);
