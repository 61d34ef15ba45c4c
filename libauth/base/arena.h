/*
 * What is derived from one request lives here, and goes with it. Everything handed out is zeroed,
 * aligned for any type, and wiped when the arena is reset.                     Threads: one at a time.
 */
#pragma once

#include "libauth/base/mem.h"
#include "libauth/base/slice.h"

#include <stdarg.h>

struct arena_block;
struct arena {
	struct arena_block *blocks;
	size_t used;  /* bytes handed out since the last reset */
	size_t limit; /* at most this many; 0 means ARENA_LIMIT */
};

enum { ARENA_LIMIT = 4 << 20 };

/* Returns NULL when memory or the limit is at an end. */
void *arena_alloc(struct arena *a, size_t size);
#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_alloc_array((a), sizeof(type), (n)))
void *arena_alloc_array(struct arena *a, size_t size, size_t n);

/* A copy with a NUL behind it, which the slice does not count; p == NULL without memory. */
struct slice arena_copy(struct arena *a, struct slice s);
/* The same as a C string; NULL without memory or where s has a NUL inside. */
char *arena_string(struct arena *a, struct slice s);
/* printf into the arena; p == NULL without memory. */
struct slice arena_format(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Wipe everything; one block is kept for the next request. */
void arena_reset(struct arena *a);
/* Wipe and free everything. The arena may be used again. */
void arena_done(struct arena *a);

static inline void arena_done_(struct arena *a) { arena_done(a); }
#define AUTO_ARENA __attribute__((cleanup(arena_done_)))
