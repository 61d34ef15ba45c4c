/* What sorter_part.c writes and sorter.c reads: pairs, one behind the other, and runs of them. */
#pragma once

#include "authd/store/sorter.h"

#include <pthread.h>
#include <sys/types.h>

enum { SORTER_ALIGN = 8 };

/* A pair in memory and in a run: this, key and value, then up to the next multiple of 8. */
struct pair {
	uint32_t value_n;
	uint16_t key_n;
	uint8_t bytes[];
};

/* A run, and where it is being read. */
struct run {
	off_t begin, end;
	off_t at; /* of what is not in the buffer yet */
	uint8_t *buffer;
	size_t used, n;  /* of the buffer */
	uint64_t prefix; /* of the pair at `used` */
};

struct sorter {
	char *path;
	int fd;

	pthread_mutex_t lock; /* guards what parts add to */
	off_t size;           /* of the file, with what is being written */
	uint64_t count;
	struct run *runs;
	size_t runs_n, runs_max;

	/* While merging. */
	size_t buffer_size;
	size_t *heap; /* runs by their next pair, the least first */
	size_t heap_n;
	bool taken; /* the least one's pair has been given out */
};

static inline struct pair *pair_at(uint8_t *p) { return (struct pair *)p; }
static inline size_t pair_size(const struct pair *p)
{
	return (offsetof(struct pair, bytes) + p->key_n + p->value_n + SORTER_ALIGN - 1) /
	       SORTER_ALIGN * SORTER_ALIGN;
}
static inline struct slice pair_key(const struct pair *p) { return slice_of(p->bytes, p->key_n); }

/* The first bytes of a key as a number: they decide most comparisons. */
static inline uint64_t prefix_of(struct slice key)
{
	uint64_t prefix = 0;
	if (key.n >= sizeof prefix) {
		memcpy(&prefix, key.p, sizeof prefix);
		return be64toh(prefix);
	}
	for (size_t i = 0; i < 8; i++)
		prefix = prefix << 8 | (i < key.n ? key.p[i] : 0);
	return prefix;
}
