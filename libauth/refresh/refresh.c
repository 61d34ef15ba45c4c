#include "libauth/refresh/auth_refresh.h"

#include "libauth/base/mem.h"
#include "libauth/refresh/disk.h"
#include "libauth/refresh/issuer.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

/* Seconds, but for timeout_ms. */
enum {
	LISTS_LEAST = 1,      /* between two fetches of lists */
	LISTS_DEFAULT = 60,   /* where nothing says how long they stay fresh */
	AGAIN_FIRST = 1,      /* after a failure; doubled for each that follows */
	AGAIN_MOST = 60,
	SECOND_MS = 1000,
};

enum subject { KEYS, LISTS, SUBJECTS };

/* When one kind of thing is fetched. Times are in milliseconds of the monotonic clock. */
struct schedule {
	int64_t due, began; /* the next fetch; the last one, 0 if there was none */
	int64_t again_s;    /* the next wait after a failure */
	unsigned long done; /* fetches that have ended */
	bool busy;
};

struct auth_refresh {
	struct auth_refresh_options options;
	struct issuer issuer;
	pthread_t thread;
	pthread_mutex_t lock; /* for all below */
	pthread_cond_t changed;
	bool stopping;
	struct schedule schedules[SUBJECTS];
	struct auth_refresh_state state;
};

static void refresh_free(struct auth_refresh *r)
{
	if (!r)
		return;
	issuer_done(&r->issuer);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
DEFINE_AUTO(refresh, struct auth_refresh *, refresh_free)

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* Returns when something changed, or at the time. */
static void wait_until(struct auth_refresh *r, int64_t at_ms)
{
	const struct timespec t = { .tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000 };
	(void)pthread_cond_timedwait(&r->changed, &r->lock, &t);
}

/* ---- the thread ----------------------------------------------------------------------------- */

static bool is_stopping(void *context)
{
	struct auth_refresh *r = context;
	pthread_mutex_lock(&r->lock);
	bool stopping = r->stopping;
	pthread_mutex_unlock(&r->lock);
	return stopping;
}

static int64_t fresh_for(const struct auth_refresh *r, enum subject subject, int64_t max_age_s)
{
	if (subject == KEYS)
		return clamp(max_age_s < 0 ? r->options.most_s : max_age_s, r->options.least_s,
			     r->options.most_s);
	return clamp(max_age_s < 0 ? LISTS_DEFAULT : max_age_s / 2, LISTS_LEAST, r->options.most_s);
}

static void note_success(struct auth_refresh *r, enum subject subject, int64_t now, int64_t max_age_s)
{
	struct schedule *s = &r->schedules[subject];
	s->due = now_ms() + fresh_for(r, subject, max_age_s) * SECOND_MS;
	s->again_s = AGAIN_FIRST;
	*(subject == KEYS ? &r->state.keys_at : &r->state.lists_at) = now;
	/* Lists are worth nothing without the keys that sign them. */
	if (subject == KEYS && !r->state.lists_at)
		r->schedules[LISTS].due = now_ms();
}

static void note_failure(struct auth_refresh *r, enum subject subject, int64_t now,
			 const struct error *e)
{
	struct schedule *s = &r->schedules[subject];
	s->due = now_ms() + s->again_s * SECOND_MS;
	s->again_s = clamp(s->again_s * 2, AGAIN_FIRST, AGAIN_MOST);
	r->state.failed_at = now;
	snprintf(r->state.why, sizeof r->state.why, "%s", e->message);
}

/* The last good keys do not serve for ever. */
static bool keys_are_too_old(const struct auth_refresh *r, int64_t now)
{
	return r->options.outage_s >= 0 && r->state.keys_at &&
	       now - r->state.keys_at > r->options.outage_s;
}

/* Called with the lock, which is open while the network is asked. */
static void fetch_one(struct auth_refresh *r, enum subject subject)
{
	struct schedule *s = &r->schedules[subject];
	struct error e = { 0 };
	int64_t max_age_s = -1, now = time(NULL);
	s->began = now_ms();
	s->busy = true;
	pthread_mutex_unlock(&r->lock);
	status done = subject == KEYS ? issuer_fetch_keys(&r->issuer, &max_age_s, &e) :
					issuer_fetch_lists(&r->issuer, now, &max_age_s, &e);
	if (subject == KEYS && done == ST_OK)
		issuer_tidy(&r->issuer, now);
	pthread_mutex_lock(&r->lock);
	s->busy = false;
	s->done++;
	if (done == ST_OK)
		note_success(r, subject, now, max_age_s);
	else
		note_failure(r, subject, now, &e);
	if (subject == KEYS && keys_are_too_old(r, now))
		issuer_forget_keys(&r->issuer);
	pthread_cond_broadcast(&r->changed);
}

static void *run(void *context)
{
	struct auth_refresh *r = context;
	pthread_mutex_lock(&r->lock);
	while (!r->stopping) {
		int64_t now = now_ms();
		/* Keys first: they are what lists are checked with. */
		if (r->schedules[KEYS].due <= now)
			fetch_one(r, KEYS);
		else if (r->schedules[LISTS].due <= now)
			fetch_one(r, LISTS);
		else
			wait_until(r, clamp(r->schedules[LISTS].due, now, r->schedules[KEYS].due));
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* ---- start and stop ------------------------------------------------------------------------- */

static enum auth_status refuse(struct auth_error *error, const char *why)
{
	if (error)
		snprintf(error->message, sizeof error->message, "%s", why);
	return AUTH_BAD_OPTIONS;
}

static enum auth_status check_options(const struct auth_refresh_options *o, size_t n,
				      struct auth_error *error)
{
	if (o->size != sizeof *o)
		return refuse(error, "options do not start from AUTH_REFRESH_OPTIONS_INIT");
	if (!o->issuer || !fetch_may(o->issuer))
		return refuse(error, "the issuer is not an https URL");
	if (!n)
		return refuse(error, "no verifier");
	if (o->least_s < 1 || o->least_s > 3600 || o->most_s < o->least_s || o->most_s > 86400)
		return refuse(error, "least_s is not 1 to 3600, or most_s not least_s to 86400");
	if (o->outage_s < -1 || o->timeout_ms < 1 || o->timeout_ms > 60000)
		return refuse(error, "outage_s is below -1, or timeout_ms not 1 to 60000");
	return AUTH_OK;
}

static bool copy_text(char **ret, const char *text)
{
	*ret = text ? strdup(text) : NULL;
	return *ret || !text;
}

static bool refresh_init(struct auth_refresh *r, const struct auth_refresh_options *o,
			 struct auth_verifier *const *verifiers, size_t n)
{
	pthread_condattr_t monotonic;
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&r->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	for (int i = 0; i < SUBJECTS; i++)
		r->schedules[i].again_s = AGAIN_FIRST;
	r->options = *o;
	r->issuer = (struct issuer){ .stop = is_stopping, .context = r, .verifiers_n = n };
	r->issuer.verifiers = calloc(n, sizeof(struct auth_verifier *));
	if (!r->issuer.verifiers)
		return false;
	memcpy(r->issuer.verifiers, verifiers, n * sizeof(struct auth_verifier *));
	r->issuer.fetcher = fetcher_new(o->ca_file, o->timeout_ms);
	return r->issuer.fetcher && copy_text(&r->issuer.name, o->issuer) &&
	       copy_text(&r->issuer.cache_dir, o->cache_dir);
}

/* Nothing is fetched again at once after a restart if what is there is fresh: but the thread always
 * asks first, since how fresh it is only the issuer knows. */
static void load(struct auth_refresh *r)
{
	int64_t now = time(NULL);
	int64_t oldest = r->options.outage_s < 0 ? 0 : now - r->options.outage_s;
	issuer_load(&r->issuer, now, oldest, &r->state.keys_at);
}

enum auth_status auth_refresh_start(const struct auth_refresh_options *o,
				    struct auth_verifier *const *verifiers, size_t n,
				    struct auth_refresh **ret, struct auth_error *error)
{
	struct error e = { 0 };
	enum auth_status s = check_options(o, n, error);
	if (s != AUTH_OK)
		return s;
	if (o->cache_dir && disk_check(o->cache_dir, &e) != ST_OK) {
		(void)refuse(error, e.message);
		return AUTH_IO;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return AUTH_NOMEM;
	AUTO(refresh) struct auth_refresh *r = calloc(1, sizeof *r);
	if (!r || !refresh_init(r, o, verifiers, n))
		return AUTH_NOMEM;
	load(r);
	if (pthread_create(&r->thread, NULL, run, r) != 0)
		return AUTH_BUG;
	*ret = TAKE(r);
	return AUTH_OK;
}

void auth_refresh_stop(struct auth_refresh *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->stopping = true;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	refresh_free(r);
}

/* ---- asked for by a token ------------------------------------------------------------------- */

/* Make a fetch due, unless one was begun too short a while ago. */
static bool ask(struct auth_refresh *r, enum subject subject)
{
	struct schedule *s = &r->schedules[subject];
	int64_t least_s = subject == KEYS ? r->options.least_s : LISTS_LEAST;
	if (s->busy || s->due <= now_ms())
		return true;
	if (s->began && now_ms() - s->began < least_s * SECOND_MS)
		return false;
	s->due = now_ms();
	pthread_cond_broadcast(&r->changed);
	return true;
}

/* Whether a fetch has ended since. */
static bool fetch_and_wait(struct auth_refresh *r, enum subject subject)
{
	int64_t until = now_ms() + r->options.timeout_ms;
	pthread_mutex_lock(&r->lock);
	unsigned long before = r->schedules[subject].done;
	bool asked = ask(r, subject);
	while (asked && r->schedules[subject].done == before && now_ms() < until && !r->stopping)
		wait_until(r, until);
	bool done = r->schedules[subject].done != before;
	pthread_mutex_unlock(&r->lock);
	return done;
}

enum auth_status auth_refresh_verify(struct auth_refresh *r, struct auth_verifier *verifier,
				     const char *token, size_t n, int64_t now, struct auth_claims **ret)
{
	enum auth_status s = auth_verify(verifier, token, n, now, ret);
	bool keys = s == AUTH_UNKNOWN_KEY || s == AUTH_NO_KEYS;
	if (keys && fetch_and_wait(r, KEYS))
		s = auth_verify(verifier, token, n, now, ret);
	if (s == AUTH_REVOCATION_UNKNOWN && fetch_and_wait(r, LISTS))
		s = auth_verify(verifier, token, n, now, ret);
	return s;
}

void auth_refresh_get_state(struct auth_refresh *r, struct auth_refresh_state *ret)
{
	pthread_mutex_lock(&r->lock);
	*ret = r->state;
	pthread_mutex_unlock(&r->lock);
}
