#include "libauth/base/buf.h"

#include "libauth/base/arena.h"
#include "libauth/base/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_done(struct buf *b)
{
	if (b->p)
		secret_wipe(b->p, b->capacity);
	free(b->p);
	*b = (struct buf){ .limit = b->limit };
}

void buf_reset(struct buf *b)
{
	if (b->p)
		secret_wipe(b->p, b->n);
	b->n = 0;
	b->failed = false;
}

/* Not realloc(): the old bytes may be secret, and are wiped. */
static bool buf_grow(struct buf *b, size_t capacity)
{
	uint8_t *p = malloc(capacity);
	if (!p)
		return false;
	if (b->p) {
		memcpy(p, b->p, b->n);
		secret_wipe(b->p, b->n);
		free(b->p);
	}
	b->p = p;
	b->capacity = capacity;
	return true;
}

struct slice buf_finish(struct buf *b, struct arena *a)
{
	struct slice copy = b->failed ? NO_SLICE : arena_copy(a, buf_slice(b));
	buf_done(b);
	return copy;
}

uint8_t *buf_room(struct buf *b, size_t n)
{
	size_t limit = b->limit ? b->limit : BUF_LIMIT;
	if (b->failed || n > limit || b->n > limit - n) {
		b->failed = true;
		return NULL;
	}
	if (b->capacity - b->n >= n && b->p)
		return b->p + b->n;

	size_t capacity = b->capacity ? b->capacity * 2 : 512;
	while (capacity < b->n + n)
		capacity *= 2;
	if (!buf_grow(b, capacity)) {
		b->failed = true;
		return NULL;
	}
	return b->p + b->n;
}

void buf_put(struct buf *b, struct slice s)
{
	if (!s.n)
		return;
	uint8_t *room = buf_room(b, s.n);
	if (!room)
		return;
	memcpy(room, s.p, s.n);
	b->n += s.n;
}

void buf_put_byte(struct buf *b, uint8_t byte) { buf_put(b, slice_of(&byte, 1)); }
void buf_put_text(struct buf *b, const char *s) { buf_put(b, slice_str(s)); }

void buf_format(struct buf *b, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	uint8_t *room = n < 0 ? NULL : buf_room(b, (size_t)n + 1);
	if (room) {
		vsnprintf((char *)room, (size_t)n + 1, format, again);
		b->n += (size_t)n;
	}
	va_end(again);
}
