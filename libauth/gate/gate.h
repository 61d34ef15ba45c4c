/*
 * authgate: answers nginx's auth_request with what libauth says of a request's bearer token.
 *
 * Threads: gate_verify() from any; the rest from one.
 */
#pragma once

#include "libauth/auth.h"
#include "libauth/refresh/auth_refresh.h"

#include <stdbool.h>

enum { GATE_LISTS_MAX = 64, GATE_SCOPES_MAX = 32 };

/* From the command line; what is not given is NULL. */
struct gate_options {
	const char *listen; /* unix:PATH */
	const char *issuer, *audience, *min_acr;
	const char *scopes[GATE_SCOPES_MAX + 1];
	/* without a network: a key set and status lists, or a trust bundle */
	const char *jwks, *lists[GATE_LISTS_MAX + 1];
	const char *bundle, *root, *state;
	/* with one: where fetched keys are kept, and whom to trust */
	const char *cache, *ca;
	bool accept_unknown; /* tokens whose revocation cannot be known */
};

struct gate;
/* false, with a message. */
bool gate_open(const struct gate_options *options, struct gate **ret, struct auth_error *error);
void gate_close(struct gate *g);

/* Read the files anew. What cannot be read leaves all as it was: false, with a message. */
bool gate_reload(struct gate *g, struct auth_error *error);

/* The lowest level of authentication that is accepted; NULL: any. */
const char *gate_min_acr(const struct gate *g);

/* The verdict on a token; claims are the caller's to free. */
enum auth_status gate_verify(struct gate *g, const char *token, struct auth_claims **ret);
