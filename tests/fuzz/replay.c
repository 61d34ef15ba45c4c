/*
 * Stands in for libFuzzer: feeds a target with each file of its corpus, with each truncation of it
 * and with a fixed sequence of mutations, so that every test run does some of a fuzzer's work.
 *
 *	replay-NAME FOLDER [MUTATIONS]
 *
 * An input is copied to a heap block of its own size, so that ASan sees a read beyond it.
 */
#include "libauth/base/mem.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { INPUT_MAX = 64 << 10, MUTATIONS = 2000, TRUNCATIONS_MAX = 4096 };

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void feed(const uint8_t *data, size_t n)
{
	AUTO_MEM uint8_t *copy = malloc(n + !n);
	if (!copy)
		abort();
	memcpy(copy, data, n);
	LLVMFuzzerTestOneInput(copy, n);
}

/* Overwrite, copy within, cut out: one to eight times. Returns the new length. */
static size_t mutate(uint8_t *data, size_t n, uint64_t *seed)
{
	for (uint64_t times = 1 + next_random(seed) % 8; times && n; times--) {
		size_t at = next_random(seed) % n, from = next_random(seed) % n;
		size_t most = n - (at > from ? at : from), length = 1 + next_random(seed) % most;
		switch (next_random(seed) % 4) {
		case 0: data[at] = (uint8_t)next_random(seed); break;
		case 1: data[at] ^= (uint8_t)(1 << next_random(seed) % 8); break;
		case 2: memmove(data + at, data + from, length); break;
		case 3:
			memmove(data + at, data + at + length, n - at - length);
			n -= length;
			break;
		}
	}
	return n;
}

static void feed_around(const uint8_t *data, size_t n, long mutations)
{
	uint64_t seed = n;
	feed(data, n);
	for (size_t k = 0; k < n && k < TRUNCATIONS_MAX; k++)
		feed(data, k);
	AUTO_MEM uint8_t *changed = malloc(n + !n);
	if (!changed)
		abort();
	for (long k = 0; k < mutations; k++) {
		memcpy(changed, data, n);
		feed(changed, mutate(changed, n, &seed));
	}
}

static int replay(const char *folder, const char *name, long mutations)
{
	char path[4096];
	static const char message[] = "replay: cannot read %s/%s\n";
	snprintf(path, sizeof path, "%s/%s", folder, name);
	AUTO_MEM uint8_t *data = malloc(INPUT_MAX);
	FILE *f = data ? fopen(path, "rb") : NULL;
	if (!f)
		return fprintf(stderr, message, folder, name), 1;
	size_t n = fread(data, 1, INPUT_MAX, f);
	int failed = ferror(f);
	fclose(f);
	if (failed)
		return fprintf(stderr, message, folder, name), 1;
	feed_around(data, n, mutations);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *d = argc > 1 ? opendir(argv[1]) : NULL;
	if (!d)
		return fprintf(stderr, "usage: %s FOLDER [MUTATIONS]\n", argv[0]), 2;
	long mutations = argc > 2 ? strtol(argv[2], NULL, 10) : MUTATIONS;
	int inputs = 0, failed = 0;
	for (struct dirent *entry = readdir(d); entry && !failed; entry = readdir(d)) {
		if (entry->d_name[0] == '.')
			continue;
		failed = replay(argv[1], entry->d_name, mutations);
		inputs++;
	}
	closedir(d);
	if (!inputs)
		return fprintf(stderr, "replay: %s is empty\n", argv[1]), 1;
	printf("%d inputs, each with its truncations and %ld mutations\n", inputs, mutations);
	return failed;
}
