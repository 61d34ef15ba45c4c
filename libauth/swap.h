/*
 * A pointer that many read while now and then one replaces it.
 *
 *	unsigned ticket;
 *	thing = swap_enter(&s, &ticket);    ...use it...    swap_leave(&s, ticket);
 *	old = swap_replace(&s, new);        nobody uses old any more
 *
 * Readers count themselves in and out, each processor on a cache line of its own, and never wait.
 * A writer publishes the new pointer and then waits until the counts of both phases have once been
 * zero: whoever could hold the old pointer has left by then. It turns the phase before each wait,
 * so that those who come in meanwhile are counted elsewhere and the wait ends.
 *                                                           Threads: internally synchronized.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

enum { SWAP_SHARDS = 16 };

struct swap_shard {
	_Alignas(64) atomic_ulong readers[2]; /* by phase */
};

struct swap {
	_Atomic(void *) current;
	atomic_uint phase;
	pthread_mutex_t writers;
	struct swap_shard shards[SWAP_SHARDS];
};

void swap_init(struct swap *s);
void swap_done(struct swap *s); /* the pointer itself is the owner's to free */

void *swap_enter(struct swap *s, unsigned *ret_ticket);
void swap_leave(struct swap *s, unsigned ticket);
void *swap_replace(struct swap *s, void *p);
