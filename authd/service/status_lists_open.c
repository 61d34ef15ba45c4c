#include "authd/service/status_lists_parts.h"

#include "authd/store/records.h"
#include "keys/seal.h"
#include "libauth/base/big_endian.h"

/* In TABLE_META, for every node to see: this and the id of a list -> when it ends. */
#define REGISTER "status-list/"
enum { WINDOW_MIN_S = 60, LATE_S = 120, LISTS_MAX = 4096 };

struct register_key {
	uint8_t bytes[sizeof REGISTER - 1 + sizeof(struct id)];
};

static struct slice register_key(struct id id, struct register_key *room)
{
	memcpy(room->bytes, REGISTER, sizeof REGISTER - 1);
	memcpy(room->bytes + sizeof REGISTER - 1, id.bytes, sizeof id.bytes);
	return slice_of(room->bytes, sizeof room->bytes);
}

void issued_list_free(struct issued_list *list)
{
	if (!list)
		return;
	slots_free(list->slots);
	buf_done(&list->token);
	free(list->order);
	free(list);
}

/* Takes the slots over. */
static status list_new(struct slots *slots, struct issued_list **ret)
{
	struct issued_list *list = calloc(1, sizeof *list);
	if (!list) {
		slots_free(slots);
		return ST_NOMEM;
	}
	list->slots = slots;
	/* What may be missing counts as revoked. */
	if (!slots->whole)
		memset(list->bits, 0xff, sizeof list->bits);
	*ret = list;
	return ST_OK;
}

/* ---- opening -------------------------------------------------------------------------------- */

/* All places, in random order (Fisher-Yates). Of 32 random bits, the remainder is as good as even. */
static status shuffle(struct issued_list *list)
{
	AUTO_MEM uint32_t *random = malloc(STATUS_PLACES * sizeof *random);
	list->order = malloc(STATUS_PLACES * sizeof *list->order);
	if (!random || !list->order)
		return ST_NOMEM;
	TRY(random_bytes(random, STATUS_PLACES * sizeof *random));
	for (uint32_t i = 0; i < STATUS_PLACES; i++) {
		uint32_t j = random[i] % (i + 1);
		list->order[i] = list->order[j];
		list->order[j] = (uint16_t)i;
	}
	return ST_OK;
}

static status enter(struct issuer *is, const struct slots *slots)
{
	AUTO_ARENA struct arena a = { 0 };
	struct register_key room;
	uint8_t ends_at[8];
	put_u64(ends_at, (uint64_t)slots->times.ends_at);
	struct batch *b = batch_new(&a);
	if (!b)
		return ST_NOMEM;
	batch_put(b, TABLE_META, register_key(slots->id, &room), VERSION_ANY,
		  slice_of(ends_at, sizeof ends_at));
	return records_commit_wait(is->records, b);
}

/* Where no other list can be opened when its window is over, it takes tokens for as long again. */
static struct slots_times times_of(const struct issuer *is, int64_t now)
{
	int64_t token_s = is->conf->life.access_token_s;
	int64_t window_s = token_s > WINDOW_MIN_S ? token_s : WINDOW_MIN_S;
	return (struct slots_times){
		.opened_at = now,
		.closes_at = now + window_s,
		.ends_at = now + 2 * window_s + token_s + LATE_S,
		.token_s = token_s,
	};
}

status issued_list_open(struct status_lists *l, int64_t now, struct issued_list **ret)
{
	const struct slots_times times = times_of(l->issuer, now);
	struct slots *slots;
	AUTO(issued_list) struct issued_list *list = NULL;
	TRY(slots_create(l->dir, &times, &slots));
	TRY(list_new(slots, &list));
	TRY(shuffle(list));
	TRY(enter(l->issuer, slots));
	*ret = TAKE(list);
	return ST_OK;
}

/* ---- taking over ---------------------------------------------------------------------------- */

struct adopting {
	struct status_lists *lists;
	bool any;
	status status;
};

static void adopt_one(void *context, struct slots *slots)
{
	struct adopting *a = context;
	struct issued_list *list;
	status s = list_new(slots, &list);
	if (s != ST_OK) {
		a->status = s;
		return;
	}
	a->any = true;
	pthread_mutex_lock(&a->lists->lock);
	list->next = a->lists->first;
	a->lists->first = list;
	pthread_mutex_unlock(&a->lists->lock);
}

status status_lists_adopt(struct status_lists *l, int64_t now)
{
	struct adopting a = { .lists = l };
	TRY(slots_adopt(l->dir, now, adopt_one, &a));
	if (a.any)
		l->position = 0;
	return a.status;
}

/* ---- the end -------------------------------------------------------------------------------- */

static struct issued_list *unlink_over(struct status_lists *l, int64_t now)
{
	pthread_mutex_lock(&l->lock);
	struct issued_list **at = &l->first;
	while (*at && (*at == l->current || !slots_are_over((*at)->slots, now)))
		at = &(*at)->next;
	struct issued_list *list = *at;
	if (list)
		*at = list->next;
	pthread_mutex_unlock(&l->lock);
	return list;
}

status status_lists_drop(struct status_lists *l, int64_t now)
{
	AUTO_ARENA struct arena a = { 0 };
	struct batch *b = batch_new(&a);
	bool any = false;
	if (!b)
		return ST_NOMEM;
	for (struct issued_list *list; (list = unlink_over(l, now)); any = true) {
		struct register_key room;
		batch_delete(b, TABLE_META, register_key(list->slots->id, &room), VERSION_ANY);
		slots_remove(l->dir, TAKE(list->slots));
		issued_list_free(list);
	}
	return any ? records_commit_wait(l->issuer->records, b) : ST_OK;
}

/* ---- the register --------------------------------------------------------------------------- */

struct reading {
	struct id *ids;
	size_t n;
	int64_t now;
	struct batch *over; /* takes what is over; or NULL */
	size_t over_n;
};

static bool read_one(void *context, struct slice key, struct record record)
{
	struct reading *r = context;
	if (key.n != sizeof(struct register_key) || record.value.n != 8)
		return true;
	bool over = (int64_t)get_u64(record.value.p) <= r->now;
	if (over && r->over) {
		batch_delete(r->over, TABLE_META, key, VERSION_ANY);
		r->over_n++;
	}
	if (!over && r->ids)
		memcpy(&r->ids[r->n++], key.p + sizeof REGISTER - 1, sizeof(struct id));
	return true;
}

status status_lists_ids(struct issuer *is, int64_t now, struct arena *a, struct id **ret, size_t *ret_n)
{
	struct reading r = { .ids = arena_array(a, struct id, LISTS_MAX), .now = now };
	if (!r.ids)
		return ST_NOMEM;
	TRY(records_scan(is->records, TABLE_META, SLICE(REGISTER), NO_SLICE, LISTS_MAX, read_one, &r));
	*ret = r.ids;
	*ret_n = r.n;
	return ST_OK;
}

status status_lists_clean(struct issuer *is, int64_t now)
{
	AUTO_ARENA struct arena a = { 0 };
	struct reading r = { .now = now, .over = batch_new(&a) };
	if (!r.over)
		return ST_NOMEM;
	TRY(records_scan(is->records, TABLE_META, SLICE(REGISTER), NO_SLICE, LISTS_MAX, read_one, &r));
	return r.over_n ? records_commit_wait(is->records, r.over) : ST_OK;
}
