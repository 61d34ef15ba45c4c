/*
 * The token endpoint (RFC 6749 §3.2): authenticate the client, hand over to the grant, sign, answer.
 *
 * A grant is one file under grants/ that exports one struct grant_type, and one row in the table of
 * token_request.c. Its steps fill in `grant` and `scope`, and end with token_issue().
 *                                                                       Threads: one at a time.
 */
#pragma once

#include "authd/model/state.h"
#include "authd/oauth/client_step.h"
#include "authd/oauth/errors.h"
#include "authd/service/families.h"

struct grant_type {
	const char *name; /* the `grant_type` parameter */
	step_fn *const *steps;
	size_t state_size; /* token_request.own points to as many zeroed bytes */
};
extern const struct grant_type *const GRANT_TYPES[]; /* ends with NULL */
/* NULL for a name that has no row. */
const struct grant_type *grant_type_find(struct slice name);

struct token_request {
	struct client_step client_step; /* first: client_step_begin() finds it there */
	const struct grant_type *type;
	void *own; /* of the grant type */

	/* What the grant's steps decide: */
	struct grant grant;          /* its slices live in the request */
	struct slice scope;          /* of the access token: the grant's, or narrower */
	struct slice audience;       /* of the access token: a part of the grant's; absent: all of it */
	struct slice details;        /* authorization_details: the grant's, or a part; or absent */
	struct slice refresh_token;  /* absent: none is given */
	struct slice nonce;          /* for the ID token */
	struct slice issued_token_type; /* of a token exchange */
	bool id_token;               /* one is due */
	bool offline;                /* the tokens do not end with the session */

	struct family family; /* that an offline grant has begun */
	struct sign_job access_job, id_job;
};

static inline const struct client *token_client(const struct request *r)
{
	const struct token_request *t = r->state;
	return &t->client_step.auth.client;
}

static inline const struct sender *token_sender(const struct request *r)
{
	const struct token_request *t = r->state;
	return &t->client_step.sender;
}

/* The steps of the endpoint, up to the grant's own. */
extern step_fn *const TOKEN_STEPS[];

/* The end of a grant's steps: sign and answer. */
enum step_result token_issue(struct request *r);
/* Refuse, without a token. */
enum step_result token_refuse(struct request *r, const struct oauth_error *error,
			      const char *description);

/* The scope parameter, which may narrow `granted` but not widen it; absent: all of it. Returns false
 * if it widens. */
bool token_scope_narrowed(const struct request *r, struct slice granted, struct slice *ret);
