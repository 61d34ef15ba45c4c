/*
 * Stands in for libFuzzer: feeds a target with each file of its corpus, with each truncation of it
 * and with a fixed sequence of mutations, so that every test run does some of a fuzzer's work. Every
 * other mutation is the target's own, where it has a mutator.
 *
 *	replay-NAME FOLDER [MUTATIONS]		so many in all, spread over the corpus
 *
 * An input is copied to a heap block of its own size, so that ASan sees a read beyond it.
 */
#include "mutate.h"

#include "libauth/base/mem.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
#pragma weak LLVMFuzzerCustomMutator

enum { INPUT_MAX = 64 << 10, GROWTH_MAX = 4 << 10, MUTATIONS = 12000, TRUNCATIONS_MAX = 4096 };

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
	for (uint64_t times = 1 + mutate_random(seed) % 8; times && n; times--) {
		size_t at = mutate_random(seed) % n, from = mutate_random(seed) % n;
		size_t most = n - (at > from ? at : from), length = 1 + mutate_random(seed) % most;
		switch (mutate_random(seed) % 4) {
		case 0: data[at] = (uint8_t)mutate_random(seed); break;
		case 1: data[at] ^= (uint8_t)(1 << mutate_random(seed) % 8); break;
		case 2: memmove(data + at, data + from, length); break;
		case 3:
			memmove(data + at, data + at + length, n - at - length);
			n -= length;
			break;
		}
	}
	return n;
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t most)
{
	static uint64_t seed;
	return mutate(data, n < most ? n : most, &seed);
}

static size_t mutate_either_way(uint8_t *data, size_t n, uint64_t *seed)
{
	uint64_t random = mutate_random(seed);
	if (!LLVMFuzzerCustomMutator || random % 2)
		return mutate(data, n, seed);
	return LLVMFuzzerCustomMutator(data, n, n + GROWTH_MAX, (unsigned)(random >> 32));
}

static void feed_around(const uint8_t *data, size_t n, long mutations)
{
	uint64_t seed = n;
	feed(data, n);
	for (size_t k = 0; k < n && k < TRUNCATIONS_MAX; k++)
		feed(data, k);
	AUTO_MEM uint8_t *changed = malloc(n + GROWTH_MAX);
	if (!changed)
		abort();
	for (long k = 0; k < mutations; k++) {
		memcpy(changed, data, n);
		feed(changed, mutate_either_way(changed, n, &seed));
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

/* How many inputs there are; with mutations >= 0 each is replayed. */
static int each_input(const char *folder, long mutations)
{
	DIR *d = opendir(folder);
	int inputs = 0;
	if (!d)
		return -1;
	for (struct dirent *entry = readdir(d); entry; entry = readdir(d)) {
		if (entry->d_name[0] == '.')
			continue;
		if (mutations >= 0 && replay(folder, entry->d_name, mutations))
			exit(1);
		inputs++;
	}
	closedir(d);
	return inputs;
}

int main(int argc, char **argv)
{
	long mutations = argc > 2 ? strtol(argv[2], NULL, 10) : MUTATIONS;
	int inputs = argc > 1 ? each_input(argv[1], -1) : -1;
	if (inputs < 0)
		return fprintf(stderr, "usage: %s FOLDER [MUTATIONS]\n", argv[0]), 2;
	if (!inputs)
		return fprintf(stderr, "replay: %s is empty\n", argv[1]), 1;
	long each = 1 + mutations / inputs;
	each_input(argv[1], each);
	printf("%d inputs, each with its truncations and %ld mutations\n", inputs, each);
	return 0;
}
