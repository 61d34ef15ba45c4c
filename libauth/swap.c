#include "libauth/swap.h"

#include <sched.h>
#include <time.h>

void swap_init(struct swap *s)
{
	atomic_init(&s->current, NULL);
	atomic_init(&s->phase, 0);
	for (int i = 0; i < SWAP_SHARDS; i++)
		for (int phase = 0; phase < 2; phase++)
			atomic_init(&s->shards[i].readers[phase], 0);
	pthread_mutex_init(&s->writers, NULL);
}

void swap_done(struct swap *s) { pthread_mutex_destroy(&s->writers); }

/* A ticket says where a reader has counted itself in: shard * 2 + phase. */
static atomic_ulong *counter(struct swap *s, unsigned ticket)
{
	return &s->shards[ticket / 2].readers[ticket % 2];
}

void *swap_enter(struct swap *s, unsigned *ret_ticket)
{
	int cpu = sched_getcpu();
	unsigned shard = cpu < 0 ? 0 : (unsigned)cpu % SWAP_SHARDS;
	unsigned ticket = shard * 2 + atomic_load(&s->phase) % 2;
	atomic_fetch_add(counter(s, ticket), 1);
	*ret_ticket = ticket;
	return atomic_load(&s->current);
}

void swap_leave(struct swap *s, unsigned ticket) { atomic_fetch_sub(counter(s, ticket), 1); }

/* Readers never wait for a writer, so each of these ends within one verification or so. */
static void wait_for_phase(struct swap *s, unsigned phase)
{
	static const struct timespec SHORT = { .tv_nsec = 20000 };
	for (unsigned shard = 0; shard < SWAP_SHARDS; shard++)
		while (atomic_load(counter(s, shard * 2 + phase)))
			nanosleep(&SHORT, NULL);
}

void *swap_replace(struct swap *s, void *p)
{
	pthread_mutex_lock(&s->writers);
	void *old = atomic_exchange(&s->current, p);
	for (int i = 0; i < 2; i++)
		wait_for_phase(s, atomic_fetch_add(&s->phase, 1) % 2);
	pthread_mutex_unlock(&s->writers);
	return old;
}
