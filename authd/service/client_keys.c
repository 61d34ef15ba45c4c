#include "authd/service/client_keys.h"

#include "authd/service/fetch.h"

#include <jansson.h>
#include <pthread.h>
#include <search.h>

/* Clients whose keys are remembered; then the one that was asked for the longest ago is forgotten. */
enum { REMEMBERED_MAX = 2048 };

struct client_keys_memory {
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
	struct slice client_id, uri; /* of text: its name; another jwks_uri is another entry */
	struct client_keys_memory *memory;
	struct buf jwks; /* the last good one; empty: none yet */
	uint64_t version;
	int64_t fresh_until, asked_at, used_at;
	bool again;  /* asked_at: though what was there was still fresh */
	bool failed; /* so it ended */

	bool under_way; /* then what follows belongs to the fetch */
	struct fetch fetch;
	struct arena arena;
	struct op op;
	struct waiter *waiters;
	uint8_t text[];
};

/* ---- the memory ----------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	const struct remembered *x = a, *y = b;
	int order = slice_compare(x->client_id, y->client_id);
	return order ? order : slice_compare(x->uri, y->uri);
}

static void remembered_free(void *context)
{
	struct remembered *e = context;
	buf_done(&e->jwks);
	arena_done(&e->arena);
	free(e);
}

status client_keys_memory_new(struct client_keys_memory **ret)
{
	struct client_keys_memory *m = calloc(1, sizeof *m);
	if (!m)
		return ST_NOMEM;
	pthread_mutex_init(&m->lock, NULL);
	*ret = m;
	return ST_OK;
}

void client_keys_memory_free(struct client_keys_memory *m)
{
	if (!m)
		return;
	tdestroy(m->entries, remembered_free);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

static struct remembered *find(struct client_keys_memory *m, const struct client *client)
{
	struct remembered name = { .client_id = client->client_id, .uri = client->jwks_uri };
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
static bool make_room(struct client_keys_memory *m)
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

static struct remembered *add(struct client_keys_memory *m, const struct client *client)
{
	struct slice id = client->client_id, uri = client->jwks_uri;
	struct remembered *e = make_room(m) ? calloc(1, sizeof *e + id.n + uri.n) : NULL;
	if (!e)
		return NULL;
	memcpy(e->text, id.p, id.n);
	memcpy(e->text + id.n, uri.p, uri.n);
	e->client_id = slice_of(e->text, id.n);
	e->uri = slice_of(e->text + id.n, uri.n);
	e->memory = m;
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
	return (e->again || e->failed) && now >= e->asked_at && now - e->asked_at < CLIENT_KEYS_AGAIN_S;
}

static bool counts(const struct remembered *e, int64_t now)
{
	if (!e->jwks.n)
		return false;
	if (now < e->fresh_until)
		return true;
	return !e->under_way && e->failed && is_left_alone(e, now) &&
	       now - e->fresh_until < CLIENT_KEYS_OUTAGE_S;
}

static int64_t fresh_for(int64_t max_age_s)
{
	if (max_age_s < 0)
		return CLIENT_KEYS_FRESH_S;
	if (max_age_s < CLIENT_KEYS_FRESH_MIN_S)
		return CLIENT_KEYS_FRESH_MIN_S;
	return max_age_s < CLIENT_KEYS_FRESH_MAX_S ? max_age_s : CLIENT_KEYS_FRESH_MAX_S;
}

static status get_fetched(struct client_keys_memory *m, const struct client *client, int64_t now,
			  struct arena *a, struct client_keys *ret)
{
	status s = ST_NOT_FOUND;
	pthread_mutex_lock(&m->lock);
	struct remembered *e = find(m, client);
	if (e)
		e->used_at = now;
	if (e && counts(e, now)) {
		ret->version = e->version;
		ret->jwks = arena_copy(a, buf_slice(&e->jwks));
		s = ret->jwks.p ? ST_OK : ST_NOMEM;
	}
	pthread_mutex_unlock(&m->lock);
	return s;
}

status client_keys_get(struct issuer *is, const struct client *client, int64_t now, struct arena *a,
		       struct client_keys *ret)
{
	*ret = (struct client_keys){ .jwks = client->jwks };
	if (client->jwks.n)
		return ST_OK;
	return client->jwks_uri.n ? get_fetched(is->client_keys, client, now, a, ret) : ST_NOT_FOUND;
}

/* ---- fetching ------------------------------------------------------------------------------- */

/* What is no key set does not take the place of one. */
static bool is_key_set(struct slice text)
{
	json_t *set = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	bool is = json_is_array(json_object_get(set, "keys"));
	json_decref(set);
	return is;
}

static void take_keys(struct remembered *e)
{
	struct buf jwks = { 0 };
	buf_put(&jwks, e->fetch.ret_body);
	if (jwks.failed) {
		buf_done(&jwks);
		return;
	}
	buf_done(&e->jwks);
	e->jwks = jwks;
	e->version = ++e->memory->versions;
	e->fresh_until = e->asked_at + fresh_for(e->fetch.ret_max_age_s);
}

static void end_fetch(struct op *op)
{
	struct remembered *e = CONTAINER_OF(op, struct remembered, op);
	struct client_keys_memory *m = e->memory;
	bool good = op->status == ST_OK && e->fetch.ret_status == 200 && is_key_set(e->fetch.ret_body);
	pthread_mutex_lock(&m->lock);
	if (good)
		take_keys(e);
	e->failed = !good;
	if (op->status == ST_BUSY && !e->jwks.n)
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
	e->again = e->jwks.n && now < e->fresh_until;
	e->under_way = true;
	e->asked_at = now;
	return FETCH;
}

bool client_keys_fetch(struct issuer *is, const struct client *client, const struct client_keys *seen,
		       int64_t now, struct arena *a, struct op *op)
{
	struct client_keys_memory *m = is->client_keys;
	if (client->jwks.n || !client->jwks_uri.n)
		return false;
	pthread_mutex_lock(&m->lock);
	struct remembered *e = find(m, client);
	if (!e)
		e = add(m, client);
	if (e)
		e->used_at = now;
	enum outcome outcome = decide(e, seen->version, now, a, op);
	pthread_mutex_unlock(&m->lock);
	if (outcome == NEWER)
		op_complete(op, ST_OK);
	if (outcome != FETCH)
		return outcome != NOTHING;
	e->fetch = (struct fetch){ .url = e->uri,
				   .accept = SLICE("application/jwk-set+json, application/json"),
				   .body_max = CLIENT_KEYS_BYTES_MAX };
	e->op.done = end_fetch;
	fetch_submit(is, &e->fetch, &e->arena, &e->op);
	return true;
}
