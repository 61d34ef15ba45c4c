/*
 * Where an authorization request's parameters are: beside its client_id, pushed before (RFC 9126), or
 * in a request object (RFC 9101), by value or at a request_uri that the client has registered.
 *
 *	request_source_begin() -> source_step_... -> source->params
 *
 * The steps do what there is to do, and pass by what there is not. Each leaves its refusal in
 * source->refusal, and the steps after it do nothing then.              Threads: one at a time.
 */
#pragma once

#include "authd/oauth/authorization.h"
#include "authd/service/client_keys.h"
#include "authd/service/fetch.h"
#include "authd/store/cache.h"

struct request_source {
	struct params params;   /* those that count */
	unsigned way;           /* a set of enum authorization_way */
	struct slice pushed_uri; /* of a pushed request, to be spent in the end; else absent */
	struct refusal refusal;

	struct slice object;
	struct cache_command look_up;
	struct slice fetched_uri; /* where the object is, if that is an address of the client's */
	struct fetch fetch;
	struct client_keys keys;
	bool asked_for_keys; /* of its jwks_uri, newer ones */
};

/* params: as they came; az->client is known. */
void request_source_begin(struct request_source *s, const struct params *params);

/* The steps, as functions over the source and its client. They return ST_OK with *ret_wait true where an
 * operation was submitted with r->op, or a fault. */
status request_source_look_up(struct request *r, const struct client *client, struct request_source *s,
			      bool *ret_wait);
status request_source_found(struct request *r, struct request_source *s);
/* Where the client's keys do not do, they are fetched, and this step runs once more (r->next). */
status request_source_read_object(struct request *r, const struct client *client,
				  struct request_source *s, bool *ret_wait);
