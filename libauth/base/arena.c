#include "libauth/base/arena.h"

#include "libauth/base/secret.h"

#include <stdio.h>

enum { BLOCK_SIZE = 8 << 10, ALIGNMENT = 16 };

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	_Alignas(ALIGNMENT) uint8_t bytes[];
};

static struct arena_block *block_new(size_t size)
{
	struct arena_block *b = calloc(1, sizeof *b + size);
	if (b)
		b->size = size;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t limit = a->limit ? a->limit : ARENA_LIMIT;
	if (size > limit || a->used > limit - size)
		return NULL;
	size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);

	struct arena_block *b = a->blocks;
	if (!b || b->size - b->used < rounded) {
		b = block_new(rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE);
		if (!b)
			return NULL;
		b->next = a->blocks;
		a->blocks = b;
	}
	void *p = b->bytes + b->used;
	b->used += rounded;
	a->used += size;
	return p;
}

void *arena_alloc_array(struct arena *a, size_t size, size_t n)
{
	size_t bytes;
	return __builtin_mul_overflow(size, n, &bytes) ? NULL : arena_alloc(a, bytes);
}

struct slice arena_copy(struct arena *a, struct slice s)
{
	uint8_t *p = arena_alloc(a, s.n + 1);
	if (!p)
		return NO_SLICE;
	if (s.n)
		memcpy(p, s.p, s.n);
	return slice_of(p, s.n);
}

char *arena_string(struct arena *a, struct slice s)
{
	if (slice_find(s, '\0') < s.n)
		return NULL;
	return (char *)arena_copy(a, s).p;
}

struct slice arena_format(struct arena *a, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);

	char *p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
	if (p)
		vsnprintf(p, (size_t)n + 1, format, again);
	va_end(again);
	return p ? slice_of(p, (size_t)n) : NO_SLICE;
}

static void block_free(struct arena_block *b)
{
	secret_wipe(b->bytes, b->used);
	free(b);
}

void arena_reset(struct arena *a)
{
	while (a->blocks && (a->blocks->next || a->blocks->size > BLOCK_SIZE)) {
		struct arena_block *b = a->blocks;
		a->blocks = b->next;
		block_free(b);
	}
	if (a->blocks) {
		secret_wipe(a->blocks->bytes, a->blocks->used);
		a->blocks->used = 0;
	}
	a->used = 0;
}

void arena_done(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *b = a->blocks;
		a->blocks = b->next;
		block_free(b);
	}
	a->used = 0;
}
