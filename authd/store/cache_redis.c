/*
 * The cache in Redis. One thread owns the connection and sends what many callers have submitted in
 * one pipeline; nobody else ever waits for Redis. While there is no connection every submit is
 * answered at once, so that a Redis that is gone or hangs costs nobody more than the deadline.
 */
#include "authd/store/redis_link.h"
#include "authd/store/thread.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
	PIPELINE_ROUNDS_MAX = 256,
	HEARTBEAT_MS = 1000, /* the policy is read, and an idle connection tried */
	BACKOFF_MIN_MS = 20,
	BACKOFF_MAX_MS = 1000,
};

struct redis {
	struct cache_backend base;
	struct cache_host *host;
	struct redis_address address;
	int64_t deadline_ms;
	pthread_t thread;
	int wake_fd;
	int64_t checked_at; /* the thread's own: when the policy was last read */

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	struct redis_round *first, *last;
	bool asleep; /* the thread waits for wake_fd */
	bool stopping;
	bool tried; /* to connect, at least once */
	bool up;
	uint64_t epoch;
	struct error state; /* what cache_ready says */
};

/* ---- the queue ------------------------------------------------------------------------------ */

static bool push(struct redis *r, uint64_t epoch, struct redis_round *round)
{
	pthread_mutex_lock(&r->lock);
	bool open = r->up && !r->stopping && epoch == r->epoch;
	bool wake = open && r->asleep;
	if (open) {
		if (r->first)
			r->last->next = round;
		else
			r->first = round;
		r->last = round;
		r->asleep = false;
	}
	pthread_mutex_unlock(&r->lock);
	if (wake)
		(void)!write(r->wake_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
	return open;
}

/* The next pipeline's rounds; NULL if there are none, and then the thread is taken to sleep. */
static struct redis_round *pop(struct redis *r, bool *ret_stopping)
{
	pthread_mutex_lock(&r->lock);
	struct redis_round *rounds = r->first, *last = rounds;
	for (int n = 1; last && last->next && n < PIPELINE_ROUNDS_MAX; n++)
		last = last->next;
	if (last) {
		r->first = last->next;
		last->next = NULL;
	}
	r->asleep = !rounds;
	*ret_stopping = r->stopping;
	pthread_mutex_unlock(&r->lock);
	return rounds;
}

static status round_status(const struct redis_round *round)
{
	for (size_t i = 0; i < round->n; i++)
		if (is_fault(round->entries[i].status))
			return round->entries[i].status;
	return ST_OK;
}

static void complete(struct redis_round *rounds, status s)
{
	while (rounds) {
		struct redis_round *round = rounds;
		rounds = round->next; /* it belongs to its owner again once it is done */
		op_complete(round->op, s ? s : round_status(round));
	}
}

static void set_state(struct redis *r, bool up, const struct error *state)
{
	pthread_mutex_lock(&r->lock);
	struct redis_round *left = up ? NULL : r->first;
	if (!up)
		r->first = r->last = NULL;
	r->up = up;
	r->tried = true;
	r->state = *state;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	complete(left, ST_UNAVAILABLE);
}

static void set_lost(struct redis *r)
{
	struct error e;
	(void)error_set(&e, ST_UNAVAILABLE, "cache: Redis: the connection was lost");
	set_state(r, false, &e);
}

/* ---- the thread ----------------------------------------------------------------------------- */

/* Until something is submitted, the timeout, or (fd >= 0) something comes from Redis: then true. */
static bool sleep_until_woken(struct redis *r, int fd, int64_t timeout_ms)
{
	struct pollfd fds[] = { { r->wake_fd, POLLIN, 0 }, { fd, POLLIN, 0 } };
	if (poll(fds, 2, timeout_ms > 0 ? (int)timeout_ms : 0) <= 0)
		return false;
	if (fds[0].revents)
		(void)!read(r->wake_fd, &(uint64_t){ 0 }, sizeof(uint64_t));
	return fds[1].revents;
}

/* Every submit was made before its round came here, and waits no longer than its own deadline. */
static int64_t deadline_of(const struct redis *r, const struct redis_round *rounds)
{
	return rounds ? rounds->deadline : redis_now_ms() + r->deadline_ms;
}

static status exchange(struct redis *r, struct redis_link *l, struct redis_round *rounds,
		       bool check)
{
	status s = redis_link_exchange(l, rounds, check, deadline_of(r, rounds));
	/* Who learns of the loss finds the door closed already. */
	if (s)
		set_lost(r);
	complete(rounds, s);
	if (s || !check)
		return s;
	r->checked_at = redis_now_ms();
	struct error state = { 0 };
	(void)redis_link_policy(l, &state);
	set_state(r, true, &state);
	return ST_OK;
}

/* Serve the queue until the connection is of no use, or it is time to stop. */
static void serve(struct redis *r, struct redis_link *l)
{
	for (;;) {
		bool stopping;
		struct redis_round *rounds = pop(r, &stopping);
		int64_t quiet_ms = r->checked_at + HEARTBEAT_MS - redis_now_ms();
		if (stopping) {
			complete(rounds, ST_UNAVAILABLE);
			return;
		}
		if (rounds || quiet_ms <= 0) {
			if (exchange(r, l, rounds, quiet_ms <= 0))
				return;
			continue;
		}
		/* Redis has nothing to say unasked: it has closed the connection. */
		if (sleep_until_woken(r, redis_link_fd(l), quiet_ms))
			return;
	}
}

static status connect_and_begin(struct redis *r, struct redis_link *l, struct error *e)
{
	uint8_t identity[CACHE_IDENTITY_SIZE];
	uint64_t epoch;
	TRY(redis_link_open(l, &r->address, r->deadline_ms, identity, e));
	status s = r->host->epoch(r->host, identity, &epoch);
	if (s)
		return error_set(e, s, "cache: no epoch could be begun: %s", status_name(s));
	r->checked_at = redis_now_ms();
	pthread_mutex_lock(&r->lock);
	r->epoch = epoch;
	pthread_mutex_unlock(&r->lock);
	(void)redis_link_policy(l, e);
	return ST_OK;
}

static bool is_stopping(struct redis *r)
{
	pthread_mutex_lock(&r->lock);
	bool stopping = r->stopping;
	pthread_mutex_unlock(&r->lock);
	return stopping;
}

static void *run(void *argument)
{
	struct redis *r = argument;
	int64_t backoff_ms = BACKOFF_MIN_MS;
	while (!is_stopping(r)) {
		struct redis_link link = { 0 };
		struct error e = { 0 };
		bool up = connect_and_begin(r, &link, &e) == ST_OK;
		set_state(r, up, &e);
		if (up) {
			serve(r, &link);
			set_lost(r);
		}
		redis_link_close(&link);
		backoff_ms = up ? BACKOFF_MIN_MS : backoff_ms * 2;
		backoff_ms = backoff_ms < BACKOFF_MAX_MS ? backoff_ms : BACKOFF_MAX_MS;
		if (!is_stopping(r))
			(void)sleep_until_woken(r, -1, backoff_ms);
	}
	return NULL;
}

/* ---- the backend ---------------------------------------------------------------------------- */

static void redis_submit(struct cache_backend *b, uint64_t epoch, struct cache_entry *entries,
			 size_t n, struct arena *a, struct op *op)
{
	struct redis *r = CONTAINER_OF(b, struct redis, base);
	struct redis_round *round = arena_new(a, struct redis_round);
	if (!round)
		return op_complete(op, ST_NOMEM);
	*round = (struct redis_round){ .op = op,
				       .arena = a,
				       .entries = entries,
				       .n = n,
				       .deadline = redis_now_ms() + r->deadline_ms };
	if (!push(r, epoch, round))
		op_complete(op, ST_UNAVAILABLE);
}

static status redis_ready(struct cache_backend *b, struct error *e)
{
	struct redis *r = CONTAINER_OF(b, struct redis, base);
	pthread_mutex_lock(&r->lock);
	struct error state = r->state;
	pthread_mutex_unlock(&r->lock);
	if (e)
		*e = state;
	return state.status;
}

static void redis_free(struct cache_backend *b)
{
	struct redis *r = CONTAINER_OF(b, struct redis, base);
	pthread_mutex_lock(&r->lock);
	r->stopping = true;
	pthread_mutex_unlock(&r->lock);
	(void)!write(r->wake_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
	pthread_join(r->thread, NULL);
	close(r->wake_fd);
	redis_address_done(&r->address);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->changed);
	free(r);
}

static const struct cache_backend_calls CALLS = { redis_submit, redis_ready, redis_free };

/* Redis may be down at the start: then the cache is unavailable until it comes. */
static void wait_for_first_try(struct redis *r)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	int64_t ns = until.tv_nsec + r->deadline_ms % 1000 * 1000000;
	until.tv_sec += r->deadline_ms / 1000 + ns / 1000000000;
	until.tv_nsec = ns % 1000000000;
	pthread_mutex_lock(&r->lock);
	int rc = 0;
	while (!r->tried && !rc)
		rc = pthread_cond_timedwait(&r->changed, &r->lock, &until);
	pthread_mutex_unlock(&r->lock);
}

status cache_redis_open(const char *url, int64_t deadline_ms, struct cache_host *host,
			struct cache_backend **ret, struct error *e)
{
	struct redis_address address;
	TRY(redis_address_parse(url, &address, e));
	struct redis *r = calloc(1, sizeof *r);
	int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!r || wake_fd < 0) {
		redis_address_done(&address);
		free(r);
		return ST_NOMEM;
	}
	r->base.calls = &CALLS;
	r->host = host;
	r->address = address;
	r->deadline_ms = deadline_ms;
	r->wake_fd = wake_fd;
	r->state = (struct error){ ST_UNAVAILABLE, "cache: Redis: not connected yet" };
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	status s = thread_start(&r->thread, run, r);
	if (s) {
		close(wake_fd);
		redis_address_done(&r->address);
		free(r);
		return s;
	}
	wait_for_first_try(r);
	*ret = &r->base;
	return ST_OK;
}
