#include "authd/service/outbox.h"

#include "authd/service/clients.h"
#include "authd/service/fetch.h"
#include "authd/service/logout_token.h"
#include "authd/service/outbox_queue.h"
#include "authd/service/pool.h"
#include "authd/store/thread.h"
#include "keys/seal.h"

#include <stdlib.h>
#include <time.h>

enum {
	DELIVERIES = 16, /* under way at a time, each to another client */
	DEADLINE_MS = 5000,
	ANSWER_MAX = 4 << 10,
	TICK_MS = 200,
	NSEC_PER_MS = 1000000,
};

/* One entry that this node has leased, on its way. */
struct delivery {
	struct outbox *box;
	struct arena arena;
	struct outbox_item item;
	struct op op;
	bool used;
};

struct outbox {
	struct issuer *issuer;
	struct pool *pool;
	pthread_t thread;
	bool started;
	struct outbox_place place; /* of the thread alone */

	pthread_mutex_t lock; /* for all below */
	pthread_cond_t wake;
	bool stopping;
	status state;
	struct delivery deliveries[DELIVERIES];
};

static int64_t clock_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * OUTBOX_SECOND_US + t.tv_nsec / 1000;
}

/* ---- one try: on a thread of the pool -------------------------------------------------------- */

/* How a try ended. */
enum outcome {
	HEARD,
	AGAIN,   /* it may be heard later */
	HOPELESS /* it will not */
};

/* What operators read of a try that failed. */
static struct slice why_of(status s, const struct fetch *f, struct arena *a)
{
	enum { WHY_MAX = 300 };
	if (s == ST_OK)
		return arena_format(a, "it answered %d", f->ret_status);
	if (f->ret_reason.n)
		return slice_first(f->ret_reason, WHY_MAX);
	return slice_str(status_name(s));
}

static enum outcome outcome_of(status s, const struct fetch *f)
{
	if (s == ST_OK && f->ret_status >= 200 && f->ret_status < 300)
		return HEARD;
	bool refused = s == ST_INVALID || (s == ST_OK && f->ret_status == 400);
	return refused ? HOPELESS : AGAIN;
}

/* Anew at each try: the token lives for two minutes, and keys and client change. */
static status post(struct issuer *is, struct delivery *d, const struct client *c, struct fetch *f)
{
	struct slice token;
	TRY(logout_token_make(is, &d->item.entry, c, clock_us() / OUTBOX_SECOND_US, &d->arena, &token));
	f->url = c->backchannel_logout_uri;
	f->content_type = SLICE("application/x-www-form-urlencoded");
	f->body = arena_format(&d->arena, "logout_token=%.*s", SLICE_FMT(token));
	f->body_max = ANSWER_MAX;
	f->deadline_ms = DEADLINE_MS;
	if (!f->body.p)
		return ST_NOMEM;
	return fetch_now(is, f, &d->arena);
}

static enum outcome try_once(struct issuer *is, struct delivery *d, struct slice *ret_why)
{
	struct client client;
	struct fetch f = { 0 };
	status s = clients_get(is, d->item.entry.client_id, &d->arena, &client);
	bool gone = s == ST_NOT_FOUND ||
		    (s == ST_OK && (client.disabled || !client.backchannel_logout_uri.n));
	*ret_why = SLICE("the client has no backchannel_logout_uri any more");
	if (gone)
		return HOPELESS;
	if (s == ST_OK)
		s = post(is, d, &client, &f);
	*ret_why = why_of(s, &f, &d->arena);
	return outcome_of(s, &f);
}

static status settle(struct issuer *is, struct delivery *d, enum outcome outcome, struct slice why)
{
	struct outbox_item item = d->item; /* d's own may be looked at, in is_busy() */
	struct outbox_entry *entry = &item.entry;
	int64_t now_us = clock_us();
	bool too_old = now_us / OUTBOX_SECOND_US - entry->created_at >= OUTBOX_KEEP_S;
	const struct audit_entry audit = {
		.event = "logout.notify",
		.outcome = outcome == HEARD ? NULL : "failed",
		.client_id = entry->client_id,
		.subject = entry->subject_id,
		.session = entry->session_id,
		.count = entry->tries,
		.detail = outcome == HEARD ? NO_SLICE : why,
	};
	if (outcome != AGAIN || too_old)
		return outbox_remove(is, &item, &audit);
	uint64_t random;
	TRY(random_bytes(&random, sizeof random));
	entry->error = why;
	return outbox_move(is, &item, now_us + outbox_pause_us(entry->tries, random));
}

static status deliver(void *context)
{
	struct delivery *d = context;
	struct issuer *is = d->box->issuer;
	struct slice why;
	enum outcome outcome = try_once(is, d, &why);
	status s = settle(is, d, outcome, why);
	/* Another node has taken it over, since this one was held up for longer than its lease. */
	return s == ST_CONFLICT ? ST_OK : s;
}

static void delivered(struct op *op)
{
	struct delivery *d = CONTAINER_OF(op, struct delivery, op);
	struct outbox *o = d->box;
	pthread_mutex_lock(&o->lock);
	/* What could not be noted is done again when the lease is over. */
	o->state = op->status;
	d->used = false;
	arena_reset(&d->arena);
	pthread_cond_signal(&o->wake);
	pthread_mutex_unlock(&o->lock);
}

int64_t outbox_pause_us(int tries, uint64_t random)
{
	enum { DOUBLINGS_MAX = 12 };
	int64_t pause_s = INT64_C(1) << (tries < DOUBLINGS_MAX ? tries : DOUBLINGS_MAX);
	int64_t pause_us = (pause_s < OUTBOX_LONGEST_S ? pause_s : OUTBOX_LONGEST_S) * OUTBOX_SECOND_US;
	return pause_us / 2 + (int64_t)(random % (uint64_t)(pause_us / 2));
}

/* ---- what is due ----------------------------------------------------------------------------- */

static bool is_busy(void *context, struct slice client_id)
{
	struct outbox *o = context;
	bool busy = false;
	pthread_mutex_lock(&o->lock);
	for (size_t i = 0; i < DELIVERIES && !busy; i++)
		busy = o->deliveries[i].used &&
		       slice_equal(o->deliveries[i].item.entry.client_id, client_id);
	pthread_mutex_unlock(&o->lock);
	return busy;
}

static struct delivery *free_delivery(struct outbox *o)
{
	struct delivery *found = NULL;
	pthread_mutex_lock(&o->lock);
	for (size_t i = 0; i < DELIVERIES && !found; i++)
		if (!o->deliveries[i].used)
			found = &o->deliveries[i];
	pthread_mutex_unlock(&o->lock);
	return found;
}

/* The lease is durable before anything is sent. */
static status send_one(struct outbox *o, struct delivery *d, struct outbox_item *item, int64_t now_us)
{
	item->entry.tries += item->entry.tries < OUTBOX_TRIES_MAX;
	status s = outbox_move(o->issuer, item, now_us + (int64_t)OUTBOX_LEASE_S * OUTBOX_SECOND_US);
	if (s == ST_CONFLICT)
		return ST_OK;
	TRY(s);
	struct slice client_id = arena_copy(&d->arena, item->entry.client_id);
	if (!client_id.p)
		return ST_NOMEM;
	pthread_mutex_lock(&o->lock);
	d->item = *item;
	d->item.entry.client_id = client_id;
	d->item.entry.error = NO_SLICE; /* this try will say its own */
	d->used = true;
	pthread_mutex_unlock(&o->lock);
	pool_submit(o->pool, deliver, d, &d->op);
	return ST_OK;
}

static status send_due(struct outbox *o, int64_t now_us)
{
	AUTO_ARENA struct arena a = { 0 };
	struct outbox_item *items;
	size_t n;
	TRY(outbox_due(o->issuer, now_us, DELIVERIES, is_busy, o, &o->place, &a, &items, &n));
	for (size_t i = 0; i < n; i++) {
		struct delivery *d = free_delivery(o);
		if (!d)
			return ST_OK;
		TRY(send_one(o, d, &items[i], now_us));
	}
	return ST_OK;
}

status outbox_tick(struct outbox *o, int64_t now_us)
{
	status s = send_due(o, now_us);
	pthread_mutex_lock(&o->lock);
	if (s != ST_OK)
		o->state = s;
	pthread_mutex_unlock(&o->lock);
	return s;
}

status outbox_state(struct outbox *o)
{
	pthread_mutex_lock(&o->lock);
	status s = o->state;
	pthread_mutex_unlock(&o->lock);
	return s;
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* False when it is to end. A delivery that has ended may make room for the next. */
static bool wait_a_moment(struct outbox *o)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += TICK_MS * NSEC_PER_MS;
	until.tv_sec += until.tv_nsec / (1000 * NSEC_PER_MS);
	until.tv_nsec %= 1000 * NSEC_PER_MS;
	pthread_mutex_lock(&o->lock);
	if (!o->stopping)
		pthread_cond_timedwait(&o->wake, &o->lock, &until);
	bool go_on = !o->stopping;
	pthread_mutex_unlock(&o->lock);
	return go_on;
}

static void *run(void *argument)
{
	struct outbox *o = argument;
	while (wait_a_moment(o))
		(void)!outbox_tick(o, clock_us()); /* outbox_state() says what it met */
	return NULL;
}

status outbox_start(struct outbox *o)
{
	TRY(thread_start(&o->thread, run, o));
	o->started = true;
	return ST_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

status outbox_new(struct issuer *is, struct outbox **ret)
{
	AUTO(outbox) struct outbox *o = calloc(1, sizeof *o);
	if (!o)
		return ST_NOMEM;
	pthread_condattr_t clock;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&o->wake, &clock);
	pthread_condattr_destroy(&clock);
	pthread_mutex_init(&o->lock, NULL);
	o->issuer = is;
	for (size_t i = 0; i < DELIVERIES; i++)
		o->deliveries[i] = (struct delivery){ .box = o, .op.done = delivered };
	TRY(pool_new(DELIVERIES, DELIVERIES, &o->pool));
	*ret = TAKE(o);
	return ST_OK;
}

static void stop(struct outbox *o)
{
	pthread_mutex_lock(&o->lock);
	o->stopping = true;
	pthread_cond_signal(&o->wake);
	pthread_mutex_unlock(&o->lock);
	pthread_join(o->thread, NULL);
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	if (o->started)
		stop(o);
	pool_free(o->pool);
	for (size_t i = 0; i < DELIVERIES; i++)
		arena_done(&o->deliveries[i].arena);
	pthread_cond_destroy(&o->wake);
	pthread_mutex_destroy(&o->lock);
	free(o);
}
