/*
 * Sort more pairs of key and value than fit into memory, in the order of memcmp.
 *
 *	sorter_add() many -> sorter_start() -> sorter_next() until ST_NOT_FOUND
 *
 * Pairs of equal keys come in the order in which they were added.   Threads: one at a time.
 */
#pragma once

#include "libauth/base/mem.h"
#include "libauth/base/slice.h"
#include "libauth/base/status.h"

enum { SORTER_KEY_MAX = 512, SORTER_VALUE_MAX = 1 << 20, SORTER_MEMORY_MIN = 4 << 20 };

struct sorter;
/* The path is of a file for sorted runs, made now and removed by sorter_free(). */
status sorter_new(const char *path, size_t memory, struct sorter **ret);
void sorter_free(struct sorter *s);
DEFINE_AUTO(sorter, struct sorter *, sorter_free)

/* The value is put together from two parts. ST_UNAVAILABLE (disk full), ST_TOO_LARGE. */
status sorter_add(struct sorter *s, struct slice key, struct slice head, struct slice tail);
uint64_t sorter_count(const struct sorter *s);
/* After this nothing can be added. */
status sorter_start(struct sorter *s);
/* The slices are good until the next call. ST_NOT_FOUND at the end. */
status sorter_next(struct sorter *s, struct slice *ret_key, struct slice *ret_value);
