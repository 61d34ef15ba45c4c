/*
 * Sort more pairs of key and value than fit into memory, in the order of memcmp.
 *
 *	sorter_new() -> a sorter_part for each thread that adds: sorter_add() many, sorter_part_end()
 *	-> sorter_start() -> sorter_next() until ST_NOT_FOUND; sorter_start() begins again
 *
 * Pairs of equal keys come in any order.
 *                      Threads: parts may be made, filled and ended at once, each by one thread at a
 *                      time; the rest is one thread's, when they have ended.
 */
#pragma once

#include "libauth/base/mem.h"
#include "libauth/base/slice.h"
#include "libauth/base/status.h"

enum { SORTER_KEY_MAX = 512, SORTER_VALUE_MAX = 72 << 10, SORTER_MEMORY_MIN = 2 << 20 };

struct sorter;
/* The path is of a file for sorted runs, made now and removed by sorter_free(). */
status sorter_new(const char *path, struct sorter **ret);
void sorter_free(struct sorter *s);
DEFINE_AUTO(sorter, struct sorter *, sorter_free)

struct sorter_part;
/* memory: in bytes, to gather and sort pairs in. */
status sorter_part_new(struct sorter *s, size_t memory, struct sorter_part **ret);
/* The value is put together from two parts. ST_UNAVAILABLE (disk full), ST_TOO_LARGE. */
status sorter_add(struct sorter_part *p, struct slice key, struct slice head, struct slice tail);
/* What was added is in the sorter when this returns ST_OK. */
status sorter_part_end(struct sorter_part *p);
void sorter_part_free(struct sorter_part *p);
DEFINE_AUTO(sorter_part, struct sorter_part *, sorter_part_free)

uint64_t sorter_count(const struct sorter *s);
/* memory: in bytes, to read runs into; more where there are many of them. */
status sorter_start(struct sorter *s, size_t memory);
/* The slices are good until the next call. ST_NOT_FOUND at the end. */
status sorter_next(struct sorter *s, struct slice *ret_key, struct slice *ret_value);
