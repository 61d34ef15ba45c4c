/*
 * bulk_bench [PERSONS [DIR]]: how quickly a fresh store is filled. A person is a record of 300 bytes
 * under a random id and two index entries, as an import makes them, without its sealing. Prints
 * persons per second, and the most anonymous memory that was resident.
 */
#include "authd/store/records_bulk.h"

#include "libauth/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* splitmix64 (Steele, Lea, Flood 2014): cheap and well spread. */
static uint64_t next_random(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void fill_random(uint64_t *x, void *p, size_t n)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		uint64_t word = next_random(x);
		memcpy((uint8_t *)p + i, &word, 8);
	}
}

static long anonymous_kib(void)
{
	char line[128];
	long kib = 0;
	FILE *self = fopen("/proc/self/status", "r");
	while (self && fgets(line, sizeof line, self))
		if (sscanf(line, "RssAnon: %ld", &kib) == 1)
			break;
	if (self)
		fclose(self);
	return kib;
}

struct progress {
	double from;
	long peak_kib;
};

static void note(void *context, uint64_t done, uint64_t total)
{
	struct progress *p = context;
	(void)done, (void)total;
	long kib = anonymous_kib();
	p->peak_kib = kib > p->peak_kib ? kib : p->peak_kib;
}

static status add_person(struct records_bulk_part *p, uint64_t *x)
{
	uint8_t id[16], index[2][32], value[300];
	fill_random(x, id, sizeof id);
	fill_random(x, index, sizeof index);
	fill_random(x, value, sizeof value);
	struct slice key = slice_of(id, sizeof id);
	TRY(records_bulk_put(p, TABLE_SUBJECTS, key, slice_of(value, sizeof value)));
	TRY(records_bulk_link(p, INDEX_IDENTIFIER, slice_of(index[0], 32), key));
	return records_bulk_link(p, INDEX_LOGIN_NAME, slice_of(index[1], 32), key);
}

static status run(const char *dir, uint64_t persons, struct progress *p, struct error *e)
{
	AUTO(records_bulk) struct records_bulk *b = NULL;
	const struct records_bulk_options options = { .dir = dir, .progress = note, .context = p };
	AUTO(records_bulk_part) struct records_bulk_part *part = NULL;
	TRY(records_bulk_open(&options, &b, e));
	TRY(records_bulk_part_new(b, &part));
	uint64_t x = 1;
	for (uint64_t i = 0; i < persons; i++) {
		TRY(add_person(part, &x));
		if (i % 65536 == 0)
			note(p, i, persons);
	}
	TRY(records_bulk_part_end(part));
	records_bulk_part_free(TAKE(part));
	double added = now_s();
	printf("added in %.1f s, ", added - p->from);
	TRY(records_bulk_finish(b, e));
	printf("merged and durable in %.1f s\n", now_s() - added);
	return ST_OK;
}

int main(int argc, char **argv)
{
	uint64_t persons = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	char top[256], data[300];
	snprintf(top, sizeof top, "%s/authd-bulk-XXXXXX", argc > 2 ? argv[2] : "/tmp");
	if (!mkdtemp(top))
		return 2;
	struct progress p = { .from = now_s() };
	struct error e = { 0 };
	status s = run(top, persons, &p, &e);
	double seconds = now_s() - p.from;
	struct stat st = { 0 };
	snprintf(data, sizeof data, "%s/data.mdb", top);
	if (s || stat(data, &st))
		fprintf(stderr, "%s\n", e.message);
	else
		printf("%llu persons, %.0f/s, file %lld MiB, anonymous memory at most %ld MiB\n",
		       (unsigned long long)persons, (double)persons / seconds,
		       (long long)st.st_size >> 20, p.peak_kib >> 10);
	unlink(data);
	rmdir(top);
	return s ? 1 : 0;
}
