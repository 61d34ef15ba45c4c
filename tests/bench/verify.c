/*
 * bench_verify [--json]: what one offline verification costs, by each contestant (contest.h) with the
 * same token in the same run. tests/bench/verify builds and runs it.
 *
 * Times are of the threads' own CPU clocks, per verification. The contestants take turns, many rounds;
 * the best round of each counts, since whatever else the machine does can only add. With two threads
 * it is the mean of both: what they take from each other shows as time, what they wait as `waits`.
 */
#include "allocations.h"
#include "contest.h"

#include "libauth/base/mem.h"
#include "libauth/keyset.h"
#include "tests/unit/libauth/tokens.h"

#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

enum { ROUNDS = 25, ROUND_NS = 8000000, CONTESTANTS_MAX = 8 };

#define ISSUER "https://id.example.gov.cn"
#define AUDIENCE "https://portal.example.gov.cn"

struct figures {
	double ns, ns_again, ns_two; /* 0: not measured */
	long allocations, waits;
};

struct run {
	const struct contestant *who;
	void *self, *shared;
	struct figures best;
};

void contest_insist(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "bench_verify: %s: failed\n", what);
	exit(1);
}

static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- one round ------------------------------------------------------------------------------ */

static double time_of(bool (*work)(void *), void *self, int times)
{
	double start = cpu_ns();
	for (int i = 0; i < times; i++)
		contest_insist(work(self), "a verification");
	return (cpu_ns() - start) / times;
}

static void keep_best(double *best, double ns)
{
	if (!*best || ns < *best)
		*best = ns;
}

static void one_round(struct run *r, bool (*work)(void *), double *best)
{
	if (!work)
		return;
	int times = 1 + (int)(ROUND_NS / time_of(work, r->self, 5));
	keep_best(best, time_of(work, r->self, times));
}

/* ---- two threads ---------------------------------------------------------------------------- */

struct half {
	pthread_barrier_t *start;
	bool (*work)(void *);
	void *self;
	int times;
	double ns;
	long waits;
};

static void *run_half(void *argument)
{
	struct half *h = argument;
	struct rusage before, after;
	pthread_barrier_wait(h->start);
	getrusage(RUSAGE_THREAD, &before);
	h->ns = time_of(h->work, h->self, h->times);
	getrusage(RUSAGE_THREAD, &after);
	h->waits = after.ru_nvcsw - before.ru_nvcsw;
	return NULL;
}

static void round_of_two(struct run *r)
{
	pthread_barrier_t start;
	pthread_t other;
	int times = 1 + (int)(2 * ROUND_NS / r->best.ns);
	struct half halves[] = { { &start, r->who->verify, r->self, times, 0, 0 },
				 { &start, r->who->verify, r->shared, times, 0, 0 } };
	pthread_barrier_init(&start, NULL, 2);
	contest_insist(!pthread_create(&other, NULL, run_half, &halves[1]), "pthread_create");
	run_half(&halves[0]);
	pthread_join(other, NULL);
	pthread_barrier_destroy(&start);
	keep_best(&r->best.ns_two, (halves[0].ns + halves[1].ns) / 2);
	r->best.waits += halves[0].waits + halves[1].waits;
}

/* ---- one algorithm -------------------------------------------------------------------------- */

static size_t open_all(const struct contest *c, struct run *ret)
{
	size_t n = 0;
	ret[n++] = (struct run){ .who = &CONTESTANT_LIMIT };
	ret[n++] = (struct run){ .who = &CONTESTANT_LIBAUTH };
	for (const struct contestant *peer = CONTESTANT_PEERS; peer->who; peer++)
		ret[n++] = (struct run){ .who = peer };
	size_t open = 0;
	for (size_t i = 0; i < n; i++) {
		ret[open] = ret[i];
		ret[open].self = ret[i].who->open(c);
		if (!ret[open].self)
			continue;
		if (ret[open].who->share)
			ret[open].shared = ret[open].who->share(ret[open].self);
		open++;
	}
	return open;
}

static void measure(struct run *runs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		runs[i].best.allocations = allocations_of(runs[i].who->verify, runs[i].self);
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < n; i++) {
			struct run *r = &runs[i];
			one_round(r, r->who->verify, &r->best.ns);
			one_round(r, r->who->again, &r->best.ns_again);
			if (r->shared)
				round_of_two(r);
		}
}

static void close_all(struct run *runs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (runs[i].shared)
			runs[i].who->close(runs[i].shared);
		runs[i].who->close(runs[i].self);
	}
}

/* ---- saying it ------------------------------------------------------------------------------ */

static void report_json(const char *alg, const struct run *r)
{
	const struct figures *f = &r->best;
	printf("{\"alg\":\"%s\",\"who\":\"%s\",\"ns\":%.0f,\"allocations\":%ld", alg, r->who->who, f->ns,
	       f->allocations);
	if (r->shared)
		printf(",\"ns_again\":%.0f,\"ns_two_threads\":%.0f,\"scaling\":%.3f,\"waits\":%ld",
		       f->ns_again, f->ns_two, 2 * f->ns / f->ns_two, f->waits);
	printf("}\n");
}

static void report_text(const char *alg, const struct run *r, double limit)
{
	const struct figures *f = &r->best;
	printf("%-12s %-9s %8.2f us %6.1f%% of the limit %4ld allocations", alg, r->who->who, f->ns / 1e3,
	       100 * limit / f->ns, f->allocations);
	if (r->shared)
		printf("; two threads x%.2f, %ld waits; again %.2f us", 2 * f->ns / f->ns_two, f->waits,
		       f->ns_again / 1e3);
	printf("\n");
}

static void bench(const struct contest *c, bool json)
{
	struct run runs[CONTESTANTS_MAX];
	size_t n = open_all(c, runs);
	measure(runs, n);
	for (size_t i = 0; i < n; i++) {
		if (json)
			report_json(c->alg, &runs[i]);
		else
			report_text(c->alg, &runs[i], runs[0].best.ns);
	}
	fflush(stdout);
	close_all(runs, n);
}

/* ---- what they verify ----------------------------------------------------------------------- */

/* As an issuer's access tokens are, but for `typ`: not every library takes "at+jwt". */
static char *make_token(const struct signer *s, int64_t now)
{
	char header[128], payload[1024];
	snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"%s\"}", s->alg, s->kid);
	snprintf(payload, sizeof payload,
		 "{\"iss\":\"" ISSUER "\",\"sub\":\"0c6a1f0d7d0c4a0f9f5d0b6f0a3d2e1c\",\"aud\":\"" AUDIENCE
		 "\",\"client_id\":\"portal-guangdong\",\"iat\":%lld,\"exp\":%lld,"
		 "\"jti\":\"b2f1c0d9e8a7f6e5d4c3b2a190817263\","
		 "\"scope\":\"openid profile licence.read seal.use\",\"acr\":\"urn:authd:acr:rn3\","
		 "\"auth_time\":1699999000,\"sid\":\"5d4c3b2a19081726354433221100ffee\","
		 "\"status\":{\"status_list\":{\"idx\":41,\"uri\":\"" ISSUER "/s/7\"}},"
		 "\"act\":{\"sub\":\"p-123456789\",\"role\":\"agent\"}}",
		 (long long)now, (long long)now + 3600);
	return sign(s, header, payload);
}

/* Sixty-four tokens, none of them revoked. */
static char *make_list(const struct signer *s, int64_t now)
{
	char header[128], payload[256];
	snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"statuslist+jwt\",\"kid\":\"%s\"}",
		 s->alg, s->kid);
	snprintf(payload, sizeof payload,
		 "{\"sub\":\"" ISSUER "/s/7\",\"iat\":%lld,\"ttl\":300,"
		 "\"status_list\":{\"bits\":1,\"lst\":\"eJxjYIAAAAAIAAE\"}}",
		 (long long)now);
	return sign(s, header, payload);
}

static char *make_pem(const struct signer *s)
{
	char *text, *pem;
	BIO *bio = BIO_new(BIO_s_mem());
	contest_insist(PEM_write_bio_PUBKEY(bio, s->key), "a PEM");
	long n = BIO_get_mem_data(bio, &text);
	pem = strndup(text, (size_t)n);
	BIO_free(bio);
	return pem;
}

static void bench_algorithm(const char *alg, bool json)
{
	struct signer s;
	int64_t now = time(NULL);
	signer_init(&s, alg, "2026-01-a");
	struct auth_keyset *keys = keyset(&s);
	AUTO_MEM char *token = make_token(&s, now), *list = make_list(&s, now), *pem = make_pem(&s);
	const struct contest c = {
		.alg = alg, .token = token, .issuer = ISSUER, .audience = AUDIENCE, .now = now,
		.jwk = s.jwk, .pem = pem, .list = list,
		.algorithm = algorithm_find(slice_str(alg)), .key = keys->keys,
	};
	bench(&c, json);
	auth_keyset_free(keys);
	signer_done(&s);
}

int main(int argc, char **argv)
{
	static const char *const ALGS[] = { "ES256", "RS256", "PS256", "EdDSA", "SGD_SM3_SM2" };
	bool json = argc > 1 && !strcmp(argv[1], "--json");
	if (argc > 1 + json)
		return fprintf(stderr, "usage: bench_verify [--json]\n"), 2;
	for (size_t i = 0; i < COUNT_OF(ALGS); i++)
		bench_algorithm(ALGS[i], json);
	return 0;
}
