/* The parts of the status lists share this. */
#pragma once

#include "authd/service/mark_set.h"
#include "authd/service/status_lists.h"
#include "authd/service/status_slots.h"

#include <pthread.h>

/* A list of this node. Slots are appended, and the token is replaced, under the lock; all else is the
 * ticking thread's. */
struct issued_list {
	struct issued_list *next;
	struct slots *slots;
	struct buf token;    /* signed; empty until the first time */
	int64_t signed_at;
	uint64_t generation; /* of the keys it was signed with */

	uint16_t *order; /* the places in the order in which they are given out; NULL: none any more */
	uint8_t bits[STATUS_PLACES / 8];
	size_t looked_at; /* slots */
	bool changed;     /* since it was signed */
	bool cached;      /* as it was signed */
};

struct status_lists {
	struct issuer *issuer;
	char *dir;
	pthread_mutex_t lock;
	struct issued_list *first;
	struct issued_list *current; /* takes tokens */
	int64_t ticked_at;
	status state;

	/* The ticking thread's: marks that may concern tokens still to be issued. */
	uint64_t position; /* in the log */
	struct mark_set young, old;
	int64_t aged_at;
	uint64_t epoch;

	pthread_t thread;
	bool started, stopping, woken;
	pthread_cond_t wake;
};

/* ---- status_lists_open.c: lists come and go --------------------------------------------------- */

/* Take over lists that nobody works with. The marks that concern them are all read again. */
status status_lists_adopt(struct status_lists *l, int64_t now);
/* A list that is ready but not yet signed, in the register of all nodes. Not yet linked. */
status issued_list_open(struct status_lists *l, int64_t now, struct issued_list **ret);
void issued_list_free(struct issued_list *list);
DEFINE_AUTO(issued_list, struct issued_list *, issued_list_free)
/* Drop the lists whose tokens are over. */
status status_lists_drop(struct status_lists *l, int64_t now);
/* Remove lists that are over from the register, whose node may be gone. */
status status_lists_clean(struct issuer *is, int64_t now);

/* ---- status_lists_sign.c ---------------------------------------------------------------------- */

int64_t issued_list_ttl(const struct issuer *is);
bool issued_list_is_due(const struct status_lists *l, const struct issued_list *list, int64_t now);
status issued_list_sign(struct status_lists *l, struct issued_list *list, int64_t now);
/* Give the cache what it has not. */
status status_lists_cache(struct status_lists *l, int64_t now);
