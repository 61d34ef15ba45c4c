/* What a list says follows the marks, and lists follow one another. */
#include "authd/service/status_lists_parts.h"

enum { MARKS_KEPT_S = 600, SECOND_US = 1000000 };

/* ---- what has been revoked ------------------------------------------------------------------ */

static bool is_there(const uint8_t id[MARK_ID_SHORT])
{
	static const uint8_t none[MARK_ID_SHORT];
	return memcmp(id, none, MARK_ID_SHORT) != 0;
}

static bool set_ends(const struct mark_set *set, const struct slot *slot, int64_t issued_us)
{
	return mark_set_ends(set, MARK_TOKEN, slot->token, 0) ||
	       mark_set_ends(set, MARK_GRANT, slot->grant, 0) ||
	       mark_set_ends(set, MARK_MANDATE, slot->grant, 0) ||
	       mark_set_ends(set, MARK_SESSION, slot->session, 0) ||
	       mark_set_ends(set, MARK_SUBJECT, slot->subject, slot->proved_us) ||
	       mark_set_ends(set, MARK_CLIENT, slot->client, issued_us);
}

/* What handle_revoked() says of the token, as far as marks are known here. */
static bool slot_revoked(const struct status_lists *l, const struct slots_times *times,
			 const struct slot *slot)
{
	int64_t issued_us = (times->opened_at + slot->issued) * SECOND_US;
	if (is_there(slot->session) && slot->epoch != l->epoch)
		return true;
	return set_ends(&l->young, slot, issued_us) || set_ends(&l->old, slot, issued_us);
}

static void flip(struct issued_list *list, uint16_t place)
{
	uint8_t bit = (uint8_t)(1U << place % 8);
	list->changed |= !(list->bits[place / 8] & bit);
	list->bits[place / 8] |= bit;
}

/* Slots that were looked at before are only concerned by what is new. */
static void look(struct status_lists *l, struct issued_list *list, bool news)
{
	pthread_mutex_lock(&l->lock);
	size_t n = list->slots->n;
	pthread_mutex_unlock(&l->lock);
	for (size_t i = news ? 0 : list->looked_at; i < n; i++) {
		const struct slot *slot = slots_at(list->slots, i);
		if (slot_revoked(l, &list->slots->times, slot))
			flip(list, slot->place);
	}
	list->looked_at = n;
}

static status keep_mark(void *context, const struct mark *mark)
{
	struct status_lists *l = context;
	struct short_id id;
	status s = mark_short_id(mark->kind, mark->id, &id);
	if (s == ST_INVALID)
		return ST_OK; /* no token has such an id */
	TRY(s);
	return mark_set_put(&l->young, mark->kind, id, mark->at_us);
}

/* All that is known of has its bit. A token may come after the mark that ends it, by as long as a request
 * is under way; so marks are kept for a while, in two sets in turn. */
static void age_marks(struct status_lists *l, int64_t now)
{
	if (now - l->aged_at < MARKS_KEPT_S && now >= l->aged_at)
		return;
	mark_set_done(&l->old);
	l->old = l->young;
	l->young = (struct mark_set){ 0 };
	l->aged_at = now;
}

static status look_at_all(struct status_lists *l)
{
	uint64_t position = l->position, epoch = cache_epoch(l->issuer->cache);
	bool new_epoch = epoch != l->epoch;
	l->epoch = epoch;
	TRY(marks_follow(l->issuer, &l->position, keep_mark, l));
	for (struct issued_list *list = l->first; list; list = list->next) {
		look(l, list, new_epoch || position != l->position);
		list->cached = list->cached && !new_epoch;
	}
	return ST_OK;
}

/* ---- a tick --------------------------------------------------------------------------------- */

static bool wants_another(struct status_lists *l, int64_t now)
{
	if (!l->current)
		return true;
	const struct slots *slots = l->current->slots;
	pthread_mutex_lock(&l->lock);
	bool full = slots->n >= STATUS_PLACES / 2;
	pthread_mutex_unlock(&l->lock);
	return full || now >= slots->times.closes_at || now < slots->times.opened_at;
}

/* It can be fetched before the first token names it. */
static status open_another(struct status_lists *l, int64_t now)
{
	AUTO(issued_list) struct issued_list *list = NULL;
	TRY(status_lists_adopt(l, now));
	TRY(issued_list_open(l, now, &list));
	TRY(issued_list_sign(l, list, now));
	pthread_mutex_lock(&l->lock);
	struct issued_list *before = l->current;
	list->next = l->first;
	l->first = l->current = TAKE(list);
	pthread_mutex_unlock(&l->lock);
	if (before)
		free(TAKE(before->order));
	return ST_OK;
}

static void note(status *first, status s)
{
	if (*first == ST_OK)
		*first = s;
}

/* What cannot be looked at is not signed anew: then the lists that are out grow old, and count for
 * nothing. */
static status publish(struct status_lists *l, int64_t now)
{
	status s = ST_OK;
	age_marks(l, now);
	TRY(look_at_all(l));
	for (struct issued_list *list = l->first; list; list = list->next)
		if (issued_list_is_due(l, list, now))
			note(&s, issued_list_sign(l, list, now));
	return s;
}

status status_lists_tick(struct status_lists *l, int64_t now)
{
	status s = status_lists_drop(l, now);
	if (wants_another(l, now))
		note(&s, open_another(l, now));
	note(&s, publish(l, now));
	/* Without the cache this node serves its own lists all the same. */
	status cached = status_lists_cache(l, now);
	if (cached != ST_UNAVAILABLE)
		note(&s, cached);
	note(&s, status_lists_clean(l->issuer, now));
	note(&s, marks_forget(l->issuer, l->position, now));
	pthread_mutex_lock(&l->lock);
	l->state = s;
	l->ticked_at = now;
	pthread_mutex_unlock(&l->lock);
	return s;
}
