#include "authd/service/documents.h"

#include "authd/service/fetch.h"

#include <pthread.h>
#include <search.h>

/* Documents that are remembered; then the one that was asked for the longest ago is forgotten. */
enum { REMEMBERED_MAX = 2048 };

struct documents {
	pthread_mutex_t lock;
	void *entries; /* tsearch(3) */
	size_t n;
	uint64_t versions;
};

/* Who waits for a fetch that is under way; of their arenas. */
struct waiter {
	struct op *op;
	struct waiter *next;
};

struct remembered {
	struct slice owner, uri; /* of text: its name; another address is another entry */
	document_check *check;
	struct documents *memory;
	struct buf text; /* the last good one; empty: none yet */
	uint64_t version;
	int64_t fresh_until, asked_at, used_at;
	bool again;  /* asked_at: though what was there was still fresh */
	bool failed; /* so it ended */

	bool under_way; /* then what follows belongs to the fetch */
	struct fetch fetch;
	struct arena arena;
	struct op op;
	struct waiter *waiters;
	uint8_t name[];
};

/* ---- the memory ----------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	const struct remembered *x = a, *y = b;
	int order = slice_compare(x->owner, y->owner);
	return order ? order : slice_compare(x->uri, y->uri);
}

static void remembered_free(void *context)
{
	struct remembered *e = context;
	buf_done(&e->text);
	arena_done(&e->arena);
	free(e);
}

status documents_new(struct documents **ret)
{
	struct documents *m = calloc(1, sizeof *m);
	if (!m)
		return ST_NOMEM;
	pthread_mutex_init(&m->lock, NULL);
	*ret = m;
	return ST_OK;
}

void documents_free(struct documents *m)
{
	if (!m)
		return;
	tdestroy(m->entries, remembered_free);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

static struct remembered *find(struct documents *m, const struct document *d)
{
	struct remembered name = { .owner = d->owner, .uri = d->uri };
	struct remembered **found = tfind(&name, &m->entries, by_name);
	return found ? *found : NULL;
}

static void keep_oldest(const void *node, VISIT visit, void *context)
{
	struct remembered *e = *(struct remembered *const *)node, **oldest = context;
	if ((visit == leaf || visit == postorder) && !e->under_way &&
	    (!*oldest || e->used_at < (*oldest)->used_at))
		*oldest = e;
}

/* False: every one of them is being fetched. */
static bool make_room(struct documents *m)
{
	struct remembered *oldest = NULL;
	if (m->n < REMEMBERED_MAX)
		return true;
	twalk_r(m->entries, keep_oldest, &oldest);
	if (!oldest)
		return false;
	tdelete(oldest, &m->entries, by_name);
	remembered_free(oldest);
	m->n--;
	return true;
}

static struct remembered *add(struct documents *m, const struct document *d)
{
	struct slice id = d->owner, uri = d->uri;
	struct remembered *e = make_room(m) ? calloc(1, sizeof *e + id.n + uri.n) : NULL;
	if (!e)
		return NULL;
	memcpy(e->name, id.p, id.n);
	memcpy(e->name + id.n, uri.p, uri.n);
	e->owner = slice_of(e->name, id.n);
	e->uri = slice_of(e->name + id.n, uri.n);
	e->memory = m;
	e->check = d->check;
	if (!tsearch(e, &m->entries, by_name)) {
		remembered_free(e);
		return NULL;
	}
	m->n++;
	return e;
}

/* ---- how long they count -------------------------------------------------------------------- */

/* Not to be asked. A clock that was set back keeps nobody waiting. */
static bool is_left_alone(const struct remembered *e, int64_t now)
{
	return (e->again || e->failed) && now >= e->asked_at && now - e->asked_at < DOCUMENT_AGAIN_S;
}

static bool counts(const struct remembered *e, int64_t now)
{
	if (!e->text.n)
		return false;
	if (now < e->fresh_until)
		return true;
	return !e->under_way && e->failed && is_left_alone(e, now) &&
	       now - e->fresh_until < DOCUMENT_OUTAGE_S;
}

static int64_t fresh_for(int64_t max_age_s)
{
	if (max_age_s < 0)
		return DOCUMENT_FRESH_S;
	if (max_age_s < DOCUMENT_FRESH_MIN_S)
		return DOCUMENT_FRESH_MIN_S;
	return max_age_s < DOCUMENT_FRESH_MAX_S ? max_age_s : DOCUMENT_FRESH_MAX_S;
}

status document_get(struct documents *m, const struct document *d, int64_t now, struct arena *a,
		    struct slice *ret_text, uint64_t *ret_version)
{
	status s = ST_NOT_FOUND;
	pthread_mutex_lock(&m->lock);
	struct remembered *e = find(m, d);
	if (e)
		e->used_at = now;
	if (e && counts(e, now)) {
		struct slice text = arena_copy(a, buf_slice(&e->text));
		s = text.p ? ST_OK : ST_NOMEM;
		if (s == ST_OK) {
			*ret_text = text;
			*ret_version = e->version;
		}
	}
	pthread_mutex_unlock(&m->lock);
	return s;
}

/* ---- fetching ------------------------------------------------------------------------------- */

static void take_text(struct remembered *e)
{
	struct buf text = { 0 };
	buf_put(&text, e->fetch.ret_body);
	if (text.failed) {
		buf_done(&text);
		return;
	}
	buf_done(&e->text);
	e->text = text;
	e->version = ++e->memory->versions;
	e->fresh_until = e->asked_at + fresh_for(e->fetch.ret_max_age_s);
}

static void end_fetch(struct op *op)
{
	struct remembered *e = CONTAINER_OF(op, struct remembered, op);
	struct documents *m = e->memory;
	bool good = op->status == ST_OK && e->fetch.ret_status == 200 && e->check(e->fetch.ret_body);
	pthread_mutex_lock(&m->lock);
	if (good)
		take_text(e);
	e->failed = !good;
	if (op->status == ST_BUSY && !e->text.n)
		e->failed = false; /* nobody has been asked, so whoever comes next may */
	struct waiter *waiters = TAKE(e->waiters);
	arena_reset(&e->arena);
	e->under_way = false;
	pthread_mutex_unlock(&m->lock);
	while (waiters) {
		struct op *waiting = waiters->op;
		waiters = waiters->next; /* before its owner goes on */
		op_complete(waiting, good ? ST_OK : ST_UNAVAILABLE);
	}
}

static bool join(struct remembered *e, struct arena *a, struct op *op)
{
	struct waiter *w = arena_new(a, struct waiter);
	if (!w)
		return false;
	*w = (struct waiter){ op, e->waiters };
	e->waiters = w;
	return true;
}

enum outcome { NOTHING, NEWER, JOINED, FETCH };

static enum outcome decide(struct remembered *e, uint64_t seen, int64_t now, struct arena *a, struct op *op)
{
	if (!e)
		return NOTHING;
	if (e->version != seen && counts(e, now))
		return NEWER;
	if (!e->under_way && is_left_alone(e, now))
		return NOTHING;
	if (!join(e, a, op))
		return NOTHING;
	if (e->under_way)
		return JOINED;
	e->again = e->text.n && now < e->fresh_until;
	e->under_way = true;
	e->asked_at = now;
	return FETCH;
}

bool document_fetch(struct issuer *is, const struct document *d, uint64_t seen, int64_t now, struct arena *a,
		    struct op *op)
{
	struct documents *m = is->documents;
	pthread_mutex_lock(&m->lock);
	struct remembered *e = find(m, d);
	if (!e)
		e = add(m, d);
	if (e)
		e->used_at = now;
	enum outcome outcome = decide(e, seen, now, a, op);
	pthread_mutex_unlock(&m->lock);
	if (outcome == NEWER)
		op_complete(op, ST_OK);
	if (outcome != FETCH)
		return outcome != NOTHING;
	e->fetch = (struct fetch){ .url = e->uri, .accept = d->accept, .body_max = DOCUMENT_BYTES_MAX };
	e->op.done = end_fetch;
	fetch_submit(is, &e->fetch, &e->arena, &e->op);
	return true;
}
