/*
 * What may be exchanged for what: rows that operators keep, and the grants ask for.
 *                                         Threads: all may call; batch and arena: one at a time.
 */
#pragma once

#include "authd/model/exchange_policy.h"
#include "authd/model/id.h"
#include "authd/service/issuer.h"

#define TOKEN_TYPE_ACCESS_TOKEN "urn:ietf:params:oauth:token-type:access_token"
#define TOKEN_TYPE_JWT "urn:ietf:params:oauth:token-type:jwt"

/* A row's id follows from client_id, issuer, token_type and audience, which no two rows share. */
status exchange_policy_id(const struct exchange_policy *p, struct id *ret);

/* The row for these four; ST_NOT_FOUND: it is not allowed. In the arena. */
status exchange_policies_find(struct issuer *is, const struct exchange_policy *wanted, struct arena *a,
			      struct exchange_policy *ret);

/* Rows in the order of their ids, beginning behind `after` (NO_SLICE: the first); at most limit. */
status exchange_policies_list(struct issuer *is, struct slice after, size_t limit, struct arena *a,
			      struct exchange_policy **ret, size_t *ret_n);

/*
 * Check a row, fill in token_type and created_at, and put it into the batch. With our own issuer, or
 * none, access tokens are exchanged; with another, assertions that the row's keys sign.
 * ST_INVALID with the reason in e, ST_NOT_FOUND (no such client), ST_EXISTS.
 */
status exchange_policies_add(struct issuer *is, struct batch *b, struct arena *a, int64_t now,
			     struct exchange_policy *p, struct error *e);
/* ST_NOT_FOUND. What was exchanged stays until it expires: the life of an access token. */
status exchange_policies_remove(struct issuer *is, struct batch *b, struct id id, struct arena *a,
				struct exchange_policy *ret);
