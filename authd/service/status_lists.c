#include "authd/service/status_lists_parts.h"

#include "authd/store/files.h"
#include "authd/store/thread.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

enum {
	TICK_S = 1,
	TICKS_MISSED_S = 60,
};

/* ---- issuing -------------------------------------------------------------------------------- */

static status short_id(struct slice id, uint8_t to[MARK_ID_SHORT], enum mark_kind kind)
{
	struct short_id short_id;
	TRY(mark_short_id(kind, id, &short_id));
	memcpy(to, short_id.bytes, MARK_ID_SHORT);
	return ST_OK;
}

static status fill(const struct ancestor *t, uint64_t epoch, struct slot *ret)
{
	*ret = (struct slot){ .epoch = epoch, .proved_us = t->proved_us };
	TRY(short_id(slice_of(t->token, sizeof t->token), ret->token, MARK_TOKEN));
	TRY(short_id(t->client_id, ret->client, MARK_CLIENT));
	TRY(short_id(id_slice(&t->grant_id), ret->grant, MARK_GRANT));
	TRY(short_id(id_slice(&t->session_id), ret->session, MARK_SESSION));
	return short_id(id_slice(&t->subject_id), ret->subject, MARK_SUBJECT);
}

/* One slot for the token, and one for each that it hangs on: all of the same place. */
struct filled {
	struct slot slots[1 + ANCESTORS_MAX];
	size_t n;
};

static status fill_all(const struct handle *h, struct slice jti, struct slice client_id, struct filled *ret)
{
	struct ancestor itself;
	if (h->ancestors_n > ANCESTORS_MAX)
		return ST_BUG;
	TRY(handle_as_ancestor(h, jti, client_id, &itself));
	TRY(fill(&itself, h->epoch, &ret->slots[0]));
	for (size_t i = 0; i < h->ancestors_n; i++)
		TRY(fill(&h->ancestors[i], h->epoch, &ret->slots[1 + i]));
	ret->n = 1 + h->ancestors_n;
	return ST_OK;
}

/* The lock is held. */
static status take(struct status_lists *l, struct filled *filled, int64_t now, struct id *ret_list)
{
	struct issued_list *list = l->current;
	const struct slots_times *times = &list->slots->times;
	size_t before = list->slots->n;
	if (now + times->token_s > times->ends_at || filled->n > STATUS_PLACES - before)
		return ST_UNAVAILABLE;
	for (size_t i = 0; i < filled->n; i++) {
		filled->slots[i].place = list->order[before];
		filled->slots[i].issued = (int32_t)(now - times->opened_at);
		TRY(slots_append(list->slots, &filled->slots[i]));
	}
	if (before < STATUS_PLACES / 2 && list->slots->n >= STATUS_PLACES / 2) {
		l->woken = true;
		pthread_cond_signal(&l->wake);
	}
	*ret_list = list->slots->id;
	return ST_OK;
}

status status_lists_take(struct status_lists *l, const struct handle *h, struct slice jti,
			 struct slice client_id, int64_t now, struct arena *a, struct status_place *ret)
{
	struct filled filled;
	struct id list;
	TRY(fill_all(h, jti, client_id, &filled));
	pthread_mutex_lock(&l->lock);
	status s = take(l, &filled, now, &list);
	pthread_mutex_unlock(&l->lock);
	TRY(s);
	struct slice uri = status_lists_uri(l->issuer, list, a);
	if (!uri.p)
		return ST_NOMEM;
	*ret = (struct status_place){ filled.slots[0].place, uri };
	return ST_OK;
}

/* ---- publishing ----------------------------------------------------------------------------- */

/* The lock is held. */
static status copy_token(struct status_lists *l, struct id id, struct arena *a, struct signed_list *ret)
{
	for (const struct issued_list *list = l->first; list; list = list->next) {
		if (!id_equal(list->slots->id, id) || !list->token.n)
			continue;
		struct slice token = arena_copy(a, buf_slice(&list->token));
		if (!token.p)
			return ST_NOMEM;
		*ret = (struct signed_list){ token, list->signed_at, issued_list_ttl(l->issuer) };
		return ST_OK;
	}
	return ST_NOT_FOUND;
}

status status_lists_get(struct status_lists *l, struct id id, struct arena *a, struct signed_list *ret)
{
	pthread_mutex_lock(&l->lock);
	status s = copy_token(l, id, a, ret);
	pthread_mutex_unlock(&l->lock);
	return s;
}

/* Another node's, if it is not here. */
static status get_anywhere(struct issuer *is, struct id id, struct arena *a, struct signed_list *ret)
{
	status s = status_lists_get(is->status_lists, id, a, ret);
	if (s != ST_NOT_FOUND)
		return s;
	struct cache_command command = status_lists_command(&id);
	TRY(cache_submit_wait(is->cache, &command, 1, a));
	return status_lists_from_answer(&command, ret);
}

status status_lists_all(struct issuer *is, int64_t now, struct arena *a, struct slice **ret, size_t *ret_n)
{
	struct id *ids;
	size_t ids_n, n = 0;
	TRY(status_lists_ids(is, now, a, &ids, &ids_n));
	struct slice *tokens = arena_array(a, struct slice, ids_n + 1);
	if (!tokens)
		return ST_NOMEM;
	for (size_t i = 0; i < ids_n; i++) {
		struct signed_list list;
		status s = get_anywhere(is, ids[i], a, &list);
		if (s == ST_NOT_FOUND)
			continue; /* its node is gone, and the cache's content too */
		TRY(s);
		tokens[n++] = list.token;
	}
	*ret = tokens;
	*ret_n = n;
	return ST_OK;
}

/* ---- the thread ----------------------------------------------------------------------------- */

/* False when it is to end. */
static bool wait_a_second(struct status_lists *l)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TICK_S;
	pthread_mutex_lock(&l->lock);
	int rc = 0;
	while (!l->stopping && !l->woken && !rc)
		rc = pthread_cond_timedwait(&l->wake, &l->lock, &until);
	l->woken = false;
	bool go_on = !l->stopping;
	pthread_mutex_unlock(&l->lock);
	return go_on;
}

static void *run(void *argument)
{
	struct status_lists *l = argument;
	while (wait_a_second(l))
		(void)!status_lists_tick(l, time(NULL)); /* status_lists_state() says what it met */
	return NULL;
}

status status_lists_start(struct status_lists *l)
{
	TRY(thread_start(&l->thread, run, l));
	l->started = true;
	return ST_OK;
}

status status_lists_state(struct status_lists *l, int64_t now)
{
	pthread_mutex_lock(&l->lock);
	status s = l->state;
	int64_t ago_s = now - l->ticked_at;
	pthread_mutex_unlock(&l->lock);
	return s == ST_OK && ago_s > TICKS_MISSED_S ? ST_UNAVAILABLE : s;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void stop(struct status_lists *l)
{
	pthread_mutex_lock(&l->lock);
	l->stopping = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
}

void status_lists_free(struct status_lists *l)
{
	if (!l)
		return;
	if (l->started)
		stop(l);
	for (struct issued_list *list; (list = l->first);) {
		l->first = list->next;
		issued_list_free(list);
	}
	mark_set_done(&l->young);
	mark_set_done(&l->old);
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->lock);
	free(l->dir);
	free(l);
}

static void init_locks(struct status_lists *l)
{
	pthread_condattr_t clock;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&l->wake, &clock);
	pthread_condattr_destroy(&clock);
	pthread_mutex_init(&l->lock, NULL);
}

status status_lists_new(struct issuer *is, const char *dir, int64_t now, struct status_lists **ret,
			struct error *e)
{
	AUTO(status_lists) struct status_lists *l = calloc(1, sizeof *l);
	if (!l)
		return ST_NOMEM;
	init_locks(l);
	l->issuer = is;
	l->aged_at = now;
	l->dir = strdup(dir);
	if (!l->dir)
		return ST_NOMEM;
	if (mkdir(dir, 0700) && errno != EEXIST)
		return error_set(e, files_status(errno), "%s: %s", dir, strerror(errno));
	status s = status_lists_tick(l, now);
	if (s != ST_OK)
		return error_set(e, s, "status lists in %s: %s", dir, status_name(s));
	*ret = TAKE(l);
	return ST_OK;
}
