/*
 * Bytes being put together: a growing heap buffer with an upper bound. A put that fails leaves the
 * buffer *failed*, and every later put does nothing, so that a writer checks once, at its end.
 *                                                                              Threads: one at a time.
 */
#pragma once

#include "libauth/base/slice.h"
#include "libauth/base/status.h"

struct buf {
	uint8_t *p;
	size_t n, capacity;
	size_t limit; /* at most this many bytes; 0 means BUF_LIMIT */
	bool failed;
};

enum { BUF_LIMIT = 16 << 20 };

void buf_done(struct buf *b); /* wipes and frees; the buffer may be used again */
#define AUTO_BUF __attribute__((cleanup(buf_done)))

void buf_reset(struct buf *b); /* wipes, keeps the memory */

void buf_put(struct buf *b, struct slice s);
void buf_put_byte(struct buf *b, uint8_t byte);
void buf_put_text(struct buf *b, const char *s);
void buf_format(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What was put together, now in the arena; the buffer is wiped and freed. p == NULL without memory or
 * where the buffer has failed. */
struct arena;
struct slice buf_finish(struct buf *b, struct arena *a);

/* Room for n more bytes at the end, to be counted in with buf_grown(); NULL if the buffer failed. */
uint8_t *buf_room(struct buf *b, size_t n);
static inline void buf_grown(struct buf *b, size_t n) { b->n += n; }

static inline struct slice buf_slice(const struct buf *b) { return slice_of(b->p, b->n); }
static inline status buf_status(const struct buf *b) { return b->failed ? ST_NOMEM : ST_OK; }
