#include "authd/service/secret_rotation.h"

#include "authd/service/audit.h"
#include "authd/service/clients.h"
#include "authd/service/credentials.h"
#include "authd/service/families.h"
#include "authd/service/mandates.h"
#include "authd/service/subject_record.h"
#include "authd/service/subjects.h"
#include "authd/store/thread.h"
#include "libauth/base/big_endian.h"

#include <stdlib.h>
#include <time.h>

enum { PAGE_ROWS = 64, TICK_S = 1, TRIES = 16, NSEC_PER_S = 1000000000 };

struct secret_rotation {
	struct issuer *issuer;
	pthread_t thread;
	bool started;

	pthread_mutex_t lock; /* for all below */
	pthread_cond_t wake;
	bool stopping;
	status state;
	struct secret_progress progress;
};

/* ---- what has to be put anew ------------------------------------------------------------------ */

typedef status renew_fn(struct issuer *is, struct batch *b, const struct record_row *row, struct arena *a,
			bool *ret_written);

static status renew_subject(struct issuer *is, struct batch *b, const struct record_row *row,
			    struct arena *a, bool *ret_written)
{
	struct id id;
	TRY(id_from(row->key, &id) == ST_OK ? ST_OK : ST_CORRUPT);
	return subjects_renew(is, b, id, a, ret_written);
}

static status renew_credential(struct issuer *is, struct batch *b, const struct record_row *row,
			       struct arena *a, bool *ret_written)
{
	return credentials_renew(is, b, row->key, row->record, a, ret_written);
}

static status renew_client(struct issuer *is, struct batch *b, const struct record_row *row,
			   struct arena *a, bool *ret_written)
{
	return clients_renew(is, b, row->key, a, ret_written);
}

static status renew_mandate(struct issuer *is, struct batch *b, const struct record_row *row,
			    struct arena *a, bool *ret_written)
{
	struct id id;
	TRY(id_from(row->key, &id) == ST_OK ? ST_OK : ST_CORRUPT);
	return mandates_renew(is, b, id, a, ret_written);
}

enum { WRAP = 1 << SECRET_SUBJECT_WRAP, BLIND = 1 << SECRET_BLIND_INDEX };

/* Each table that has something under these secrets. */
static const struct renewal {
	enum table table;
	unsigned uses;
	renew_fn *renew;
} RENEWALS[] = {
	{ TABLE_SUBJECTS, WRAP | BLIND, renew_subject },
	{ TABLE_MANDATES, WRAP | BLIND, renew_mandate },
	{ TABLE_CREDENTIALS, WRAP, renew_credential },
	{ TABLE_CLIENTS, WRAP, renew_client },
};

/* ---- one pass over a table -------------------------------------------------------------------- */

static bool is_stopping(struct secret_rotation *r)
{
	pthread_mutex_lock(&r->lock);
	bool stopping = r->stopping;
	pthread_mutex_unlock(&r->lock);
	return stopping;
}

static void count(struct secret_rotation *r, uint64_t looked_at, uint64_t renewed)
{
	pthread_mutex_lock(&r->lock);
	r->progress.looked_at += looked_at;
	r->progress.renewed += renewed;
	pthread_mutex_unlock(&r->lock);
}

/* Rows that somebody else has changed or removed meanwhile are read again. */
static status renew_row(struct secret_rotation *r, const struct renewal *what, struct record_row row,
			struct arena *a)
{
	for (int k = 0; k < TRIES; k++) {
		struct batch *b = batch_new(a);
		bool written = false;
		status s = records_get(r->issuer->records, what->table, row.key, a, &row.record);
		if (s == ST_OK)
			s = b ? what->renew(r->issuer, b, &row, a, &written) : ST_NOMEM;
		if (s == ST_NOT_FOUND)
			return ST_OK;
		TRY(s);
		s = written ? records_commit_wait(r->issuer->records, b) : ST_OK;
		if (s != ST_CONFLICT && s != ST_EXISTS)
			return s;
	}
	return ST_UNAVAILABLE;
}

/* All rows of a page in one commit; where that crosses with somebody else's, row by row. */
static status renew_page(struct secret_rotation *r, const struct renewal *what,
			 const struct record_row *rows, size_t n, struct arena *a)
{
	struct batch *b = batch_new(a);
	size_t written = 0;
	status s = b ? ST_OK : ST_NOMEM;
	for (size_t k = 0; k < n && s == ST_OK; k++) {
		bool fresh = false;
		s = what->renew(r->issuer, b, &rows[k], a, &fresh);
		if (s == ST_NOT_FOUND)
			s = ST_OK; /* gone since */
		written += fresh;
	}
	TRY(s);
	count(r, n, written);
	s = written ? records_commit_wait(r->issuer->records, b) : ST_OK;
	if (s != ST_CONFLICT && s != ST_EXISTS)
		return s;
	for (size_t k = 0; k < n; k++)
		TRY(renew_row(r, what, rows[k], a));
	return ST_OK;
}

/* People sign in meanwhile: as long as a page took, the next one waits. */
static bool rest(struct secret_rotation *r, const struct timespec *since)
{
	struct timespec now, until;
	clock_gettime(CLOCK_MONOTONIC, &now);
	until.tv_sec = now.tv_sec + (now.tv_sec - since->tv_sec);
	until.tv_nsec = now.tv_nsec + (now.tv_nsec - since->tv_nsec);
	if (until.tv_nsec < 0)
		until = (struct timespec){ until.tv_sec - 1, until.tv_nsec + NSEC_PER_S };
	until.tv_sec += until.tv_nsec / NSEC_PER_S;
	until.tv_nsec %= NSEC_PER_S;
	pthread_mutex_lock(&r->lock);
	if (!r->stopping)
		pthread_cond_timedwait(&r->wake, &r->lock, &until);
	bool go_on = !r->stopping;
	pthread_mutex_unlock(&r->lock);
	return go_on;
}

/* ST_BUSY: authd stops; the rest is for later. */
static status renew_table(struct secret_rotation *r, const struct renewal *what)
{
	AUTO_ARENA struct arena a = { 0 };
	uint8_t room[RECORD_KEY_MAX];
	struct slice after = NO_SLICE;
	for (;;) {
		struct timespec begun;
		struct record_row *rows;
		size_t n;
		clock_gettime(CLOCK_MONOTONIC, &begun);
		arena_reset(&a);
		TRY(records_rows(r->issuer->records, what->table, NO_SLICE, after, PAGE_ROWS, &a, &rows, &n));
		if (!n)
			return ST_OK;
		TRY(renew_page(r, what, rows, n, &a));
		memcpy(room, rows[n - 1].key.p, rows[n - 1].key.n);
		after = slice_of(room, rows[n - 1].key.n);
		if (!rest(r, &begun))
			return ST_BUSY;
	}
}

static void set_under_way(struct secret_rotation *r, bool under_way)
{
	pthread_mutex_lock(&r->lock);
	r->progress = (struct secret_progress){ .under_way = under_way };
	pthread_mutex_unlock(&r->lock);
}

static status renew_all(struct secret_rotation *r, enum secret_use use)
{
	status s = ST_OK;
	set_under_way(r, true);
	for (size_t k = 0; k < COUNT_OF(RENEWALS) && s == ST_OK; k++)
		if (RENEWALS[k].uses & 1u << use)
			s = renew_table(r, &RENEWALS[k]);
	set_under_way(r, false);
	return s;
}

/* ---- index entries under versions that are no more --------------------------------------------- */

struct stale {
	struct arena *arena;
	struct batch *batch;
	enum index index;
	uint32_t oldest; /* that lives */
	size_t n;
};

/* Versions ascend, so what is stale stands in front. */
static bool note_stale(void *context, struct slice key, struct record record)
{
	struct stale *s = context;
	(void)record;
	if (key.n < BLIND_KEY_SIZE || get_u32(key.p) >= s->oldest)
		return false;
	batch_unlink(s->batch, s->index, key);
	s->n++;
	return true;
}

static status purge_index(struct secret_rotation *r, enum index index, uint32_t oldest)
{
	enum { PURGED = 256 };
	AUTO_ARENA struct arena a = { 0 };
	for (;;) {
		arena_reset(&a);
		struct stale s = { .arena = &a, .batch = batch_new(&a), .index = index, .oldest = oldest };
		if (!s.batch)
			return ST_NOMEM;
		TRY(records_scan_index(r->issuer->records, index, NO_SLICE, NO_SLICE, PURGED, note_stale, &s));
		if (!s.n)
			return ST_OK;
		TRY(records_commit_wait(r->issuer->records, s.batch));
		if (is_stopping(r))
			return ST_BUSY;
	}
}

static status purge_indexes(struct secret_rotation *r)
{
	struct secret_ages ages;
	TRY(keys_secret_ages(r->issuer->keys, SECRET_BLIND_INDEX, &ages));
	uint32_t oldest = ages.before ? ages.before : ages.newest;
	TRY(purge_index(r, INDEX_IDENTIFIER, oldest));
	TRY(purge_index(r, INDEX_MANDATES, oldest));
	return purge_index(r, INDEX_LOGIN_NAME, oldest);
}

/* ---- what waits until it is over ---------------------------------------------------------------- */

/* ST_BUSY: there is a family whose tokens are under this version. */
static status families_are_over(struct secret_rotation *r, uint32_t version, int64_t now)
{
	AUTO_ARENA struct arena a = { 0 };
	uint8_t room[RECORD_KEY_MAX];
	struct slice after = NO_SLICE;
	for (;;) {
		struct record_row *rows;
		size_t n;
		arena_reset(&a);
		TRY(records_rows(r->issuer->records, TABLE_GRANTS, NO_SLICE, after, PAGE_ROWS, &a, &rows, &n));
		for (size_t k = 0; k < n; k++) {
			struct family f;
			TRY(family_decode(rows[k].record.value, &f));
			if (f.secret_version == version && !family_is_over(r->issuer->conf, &f, now))
				return ST_BUSY;
		}
		if (!n)
			return ST_OK;
		memcpy(room, rows[n - 1].key.p, rows[n - 1].key.n);
		after = slice_of(room, rows[n - 1].key.n);
		if (is_stopping(r))
			return ST_BUSY;
	}
}

static int64_t longest(int64_t a, int64_t b) { return a > b ? a : b; }

/* How long what is made under a secret may be shown again. */
static int64_t life_of(const struct conf *c, enum secret_use use)
{
	int64_t session = longest(c->life.session_s, c->life.session_idle_s);
	int64_t token = longest(c->life.access_token_s, c->life.id_token_s);
	if (use == SECRET_PAGE)
		return c->life.sign_in_s;
	return use == SECRET_CACHE ? session : longest(session, token);
}

/* ---- each second ------------------------------------------------------------------------------ */

/* Written first: the destruction itself cannot be part of a transaction. */
static status audit_end(struct secret_rotation *r, enum secret_use use, uint32_t version)
{
	AUTO_ARENA struct arena a = { 0 };
	struct batch *b = batch_new(&a);
	if (!b)
		return ST_NOMEM;
	TRY(audit_write(b, &(struct audit_entry){
				   .event = "secret.destroy",
				   .detail = arena_format(&a, "%s version %u", secret_use_name(use), version) }));
	return records_commit_wait(r->issuer->records, b);
}

/* ST_OK: nothing needs the version before. */
static status is_done(struct secret_rotation *r, enum secret_use use, const struct secret_ages *ages,
		      int64_t now)
{
	int64_t settled_at = ages->newest_at + r->issuer->conf->keys.settle_s;
	if (now < settled_at)
		return ST_BUSY;
	if ((WRAP | BLIND) & 1u << use)
		return renew_all(r, use);
	if (use == SECRET_REFRESH)
		return families_are_over(r, ages->before, now);
	return now < settled_at + life_of(r->issuer->conf, use) ? ST_BUSY : ST_OK;
}

static status follow_use(struct secret_rotation *r, enum secret_use use, int64_t now)
{
	struct secret_ages ages;
	TRY(keys_secret_ages(r->issuer->keys, use, &ages));
	if (!ages.before)
		return ST_OK;
	status s = is_done(r, use, &ages, now);
	if (s != ST_OK)
		return s == ST_BUSY ? ST_OK : s;
	TRY(audit_end(r, use, ages.before));
	return keys_secret_destroy(r->issuer->keys, use, ages.before, NULL);
}

status secret_rotation_tick(struct secret_rotation *r, int64_t now)
{
	status first = ST_OK;
	for (enum secret_use use = 0; use < SECRET_USE_COUNT && !is_stopping(r); use++) {
		status s = follow_use(r, use, now);
		first = first == ST_OK ? s : first;
	}
	status s = purge_indexes(r);
	if (first == ST_OK && s != ST_BUSY)
		first = s;
	pthread_mutex_lock(&r->lock);
	r->state = first;
	pthread_mutex_unlock(&r->lock);
	return first;
}

status secret_rotation_state(struct secret_rotation *r)
{
	pthread_mutex_lock(&r->lock);
	status s = r->state;
	pthread_mutex_unlock(&r->lock);
	return s;
}

struct secret_progress secret_rotation_progress(struct secret_rotation *r)
{
	pthread_mutex_lock(&r->lock);
	struct secret_progress p = r->progress;
	pthread_mutex_unlock(&r->lock);
	return p;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static bool wait_a_moment(struct secret_rotation *r)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TICK_S;
	pthread_mutex_lock(&r->lock);
	if (!r->stopping)
		pthread_cond_timedwait(&r->wake, &r->lock, &until);
	bool go_on = !r->stopping;
	pthread_mutex_unlock(&r->lock);
	return go_on;
}

static void *run(void *argument)
{
	struct secret_rotation *r = argument;
	while (wait_a_moment(r))
		(void)!secret_rotation_tick(r, time(NULL)); /* the state says what it met */
	return NULL;
}

status secret_rotation_start(struct secret_rotation *r)
{
	TRY(thread_start(&r->thread, run, r));
	r->started = true;
	return ST_OK;
}

status secret_rotation_new(struct issuer *is, struct secret_rotation **ret)
{
	struct secret_rotation *r = calloc(1, sizeof *r);
	if (!r)
		return ST_NOMEM;
	pthread_condattr_t clock;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&r->wake, &clock);
	pthread_condattr_destroy(&clock);
	pthread_mutex_init(&r->lock, NULL);
	r->issuer = is;
	*ret = r;
	return ST_OK;
}

static void stop(struct secret_rotation *r)
{
	pthread_mutex_lock(&r->lock);
	r->stopping = true;
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
}

void secret_rotation_free(struct secret_rotation *r)
{
	if (!r)
		return;
	if (r->started)
		stop(r);
	pthread_cond_destroy(&r->wake);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
