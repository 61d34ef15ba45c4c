/*
 * Status lists: revocation that reaches those who never ask (Token Status List, draft-ietf-oauth-
 * status-list). docs/adr/status-lists.md has the design.
 *
 * Each access token names a place in a list. A node opens a list for a short window of tokens, notes in
 * a file what each place stands for, follows the log of marks once a second, and publishes a list anew
 * when a bit of it has flipped or it is half as old as its `ttl`. Who revokes knows nothing of this.
 *                                                    Threads: struct status_lists is internally locked.
 */
#pragma once

#include "authd/service/handle.h"
#include "authd/service/issuer.h"

/*
 * Take over the lists that were left in dir, which is made if it is not there, and open one, so that
 * tokens may be issued and every list be fetched when this returns. Needs all else of the issuer.
 * A fault, with a message.
 */
struct status_lists;
status status_lists_new(struct issuer *is, const char *dir, int64_t now, struct status_lists **ret,
			struct error *e);
void status_lists_free(struct status_lists *l);
DEFINE_AUTO(status_lists, struct status_lists *, status_lists_free)

/* A thread that calls status_lists_tick() each second, until status_lists_free(). */
status status_lists_start(struct status_lists *l);
/*
 * Do what is due. Threads: one at a time.
 * The first fault met; whatever could be done has been done, and the next tick tries the rest again.
 */
status status_lists_tick(struct status_lists *l, int64_t now);
/* What the last tick met; ST_UNAVAILABLE when that was too long ago. */
status status_lists_state(struct status_lists *l, int64_t now);

/* ---- issuing -------------------------------------------------------------------------------- */

struct status_place {
	int64_t index;    /* `idx` */
	struct slice uri; /* in the arena */
};
/* A place for a token that is about to be signed. ST_UNAVAILABLE: there is none, issue nothing. */
status status_lists_take(struct status_lists *l, const struct handle *h, struct slice jti,
			 struct slice client_id, int64_t now, struct arena *a,
			 struct status_place *ret);

/* ---- publishing ----------------------------------------------------------------------------- */

struct signed_list {
	struct slice token; /* statuslist+jwt, in the arena */
	int64_t issued_at, ttl_s;
};
/* A list of this node. ST_NOT_FOUND. */
status status_lists_get(struct status_lists *l, struct id id, struct arena *a,
			struct signed_list *ret);
/* The command that asks the cache for a list of another node, and its answer: ST_NOT_FOUND. */
struct cache_command status_lists_command(const struct id *id);
status status_lists_from_answer(const struct cache_command *answer, struct signed_list *ret);

/* The ids of all lists whose tokens still live, of every node. */
status status_lists_ids(struct issuer *is, int64_t now, struct arena *a, struct id **ret,
			size_t *ret_n);
/* All those lists, signed. Waits for the cache where a list is another node's: not on a thread that
 * serves requests. ST_UNAVAILABLE if one cannot be had for now. */
status status_lists_all(struct issuer *is, int64_t now, struct arena *a, struct slice **ret,
			size_t *ret_n);
/* Where a list stands; p == NULL without memory. */
struct slice status_lists_uri(struct issuer *is, struct id id, struct arena *a);
