/*
 * bench_timing [--samples N | --self-check]: do authd's comparisons of secrets tell by their time how much of a guess
 * was right? tests/bench/timing builds and runs it; docs/benchmarks.md says what the figures mean.
 *
 * The method is that of dudect (Reparaz, Balasch, Verbauwhede: "Dude, is my code constant time?", DATE 2017): guesses
 * of two kinds in random order, Welch's t-test between their times, of all of them and of what is left once the slow
 * ones are cut off at a hundred places; the greatest |t| counts.
 */
#include "timing.h"

#include "keys/seal.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { CUTS = 100, BATCH = 500, CALIBRATION = 20000, ENOUGH = 10000, GUESS_MAX = 1024, KINDS = 2 };
static const double TELLS = 4.5;

/* ---- Welch's t-test, on the fly -------------------------------------------------------------- */

struct moments {
	double n, mean, squares;
};

static void add(struct moments *m, double x)
{
	double off = x - m->mean;
	m->n++;
	m->mean += off / m->n;
	m->squares += off * (x - m->mean);
}

static double welch(const struct moments m[KINDS])
{
	if (m[0].n < ENOUGH || m[1].n < ENOUGH)
		return 0;
	double of_mean = 0;
	for (int i = 0; i < KINDS; i++)
		of_mean += m[i].squares / (m[i].n - 1) / m[i].n;
	return of_mean > 0 ? (m[0].mean - m[1].mean) / sqrt(of_mean) : 0;
}

/* ---- guesses and their times ----------------------------------------------------------------- */

struct guess {
	int kind; /* 0: right but for the last, 1: wrong from the first on */
	size_t n;
	uint8_t bytes[GUESS_MAX];
};

struct measured {
	double cut[CUTS]; /* ns */
	struct moments whole[KINDS], cropped[CUTS][KINDS];
};

static uint32_t random_number(void)
{
	uint32_t x;
	if (random_bytes((uint8_t *)&x, sizeof x) != ST_OK)
		exit(2);
	return x;
}

static void make_guess(const struct subject_of_time *s, struct guess *g)
{
	struct slice right = s->rights[random_number() % s->rights_n];
	g->kind = random_number() & 1;
	g->n = right.n;
	memcpy(g->bytes, right.p, right.n);
	uint8_t *wrong = &g->bytes[g->kind ? s->first : s->last], was = *wrong;
	while (*wrong == was)
		*wrong = s->letters ? (uint8_t)s->letters[random_number() % strlen(s->letters)]
				    : (uint8_t)random_number();
}

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double time_of(struct fixture *f, const struct subject_of_time *s, const struct guess *g, struct arena *a)
{
	double start = now_ns();
	s->work(f, s, slice_of(g->bytes, g->n), a);
	double took = now_ns() - start;
	arena_reset(a);
	return took;
}

static void take(struct measured *m, int kind, double ns)
{
	add(&m->whole[kind], ns);
	for (size_t i = 0; i < CUTS; i++)
		if (ns < m->cut[i])
			add(&m->cropped[i][kind], ns);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Closer together where the slow ones are: dudect's places. */
static void set_cuts(struct measured *m, double *times, size_t n)
{
	qsort(times, n, sizeof *times, by_size);
	for (size_t i = 0; i < CUTS; i++) {
		double share = 1 - pow(0.5, 10 * (double)(i + 1) / CUTS);
		m->cut[i] = times[(size_t)(share * (double)(n - 1))];
	}
}

static void measure(struct fixture *f, const struct subject_of_time *s, size_t samples, struct measured *m)
{
	struct guess *guesses = calloc(BATCH, sizeof *guesses);
	double *times = calloc(CALIBRATION, sizeof *times);
	AUTO_ARENA struct arena a = { 0 };
	if (!guesses || !times)
		exit(2);
	for (size_t n = 0; n < samples + CALIBRATION; n++) {
		if (n % BATCH == 0)
			for (size_t i = 0; i < BATCH; i++)
				make_guess(s, &guesses[i]);
		double ns = time_of(f, s, &guesses[n % BATCH], &a);
		if (n < CALIBRATION)
			times[n] = ns;
		else
			take(m, guesses[n % BATCH].kind, ns);
		if (n + 1 == CALIBRATION)
			set_cuts(m, times, CALIBRATION);
	}
	free(guesses);
	free(times);
}

/* ---- the report ------------------------------------------------------------------------------ */

static double greatest(const struct measured *m)
{
	double most = welch(m->whole);
	for (size_t i = 0; i < CUTS; i++) {
		double t = welch(m->cropped[i]);
		most = fabs(t) > fabs(most) ? t : most;
	}
	return most;
}

/* Its greatest |t|, told in a row of a table. */
static double report(struct fixture *f, const struct subject_of_time *s, size_t samples)
{
	struct measured m = { 0 };
	measure(f, s, samples, &m);
	double t = greatest(&m);
	const struct moments *most = m.cropped[CUTS / 2]; /* without what the machine did meanwhile */
	printf("| %s | %.0f + %.0f | %.0f ns | %+.2f ns | %+.1f | %+.1f |\n", s->name, m.whole[0].n, m.whole[1].n,
	       most[0].mean, most[0].mean - most[1].mean, welch(m.whole), t);
	fflush(stdout);
	return fabs(t);
}

static bool all_hold(struct fixture *f, size_t samples, bool self_check)
{
	struct subject_of_time s[SUBJECTS_MAX];
	size_t n = self_check ? timing_self_check(f, s) : timing_subjects(f, s);
	bool good = true;
	puts("| comparison | guesses of each kind | time | difference | t, all | greatest t |\n"
	     "|---|---|---|---|---|---|");
	for (size_t i = 0; i < n; i++) {
		bool tells = report(f, &s[i], samples) >= TELLS, shall = self_check && i + 1 < n;
		if (tells != shall)
			fprintf(stderr, "bench_timing: %s: %s\n", s[i].name, tells ? "tells" : "was not found out");
		good = good && tells == shall;
	}
	return good;
}

int main(int argc, char **argv)
{
	bool self_check = argc == 2 && !strcmp(argv[1], "--self-check");
	long samples = self_check ? 200000 : 1000000;
	if (argc == 3 && !strcmp(argv[1], "--samples"))
		samples = strtol(argv[2], NULL, 10);
	if ((argc != 1 && argc != 3 && !self_check) || samples < 4L * ENOUGH)
		return fprintf(stderr, "usage: bench_timing [--samples N | --self-check]\n"), 2;

	void *state;
	fixture_setup(&state);
	bool good = all_hold(state, (size_t)samples, self_check);
	fixture_teardown(&state);
	return good ? 0 : 1;
}
