/*
 * A copy of what came through a pipe, to be read a second time. It holds personal data: it is sealed
 * under a key that is in memory alone, in a file that has no name and goes with the process.
 *
 *	spool_new() -> spool_put() many -> spool_rewind() -> spool_take() until ST_NOT_FOUND
 *                                                                          Threads: one at a time.
 */
#pragma once

#include "libauth/base/arena.h"
#include "libauth/base/secret.h"
#include "libauth/base/status.h"

enum { SPOOL_PIECE_MAX = 4 << 20 };

struct spool;
/* The file is made in this directory. ST_NOMEM, ST_UNAVAILABLE. */
status spool_new(const char *dir, enum suite suite, struct spool **ret);
void spool_free(struct spool *s);
DEFINE_AUTO(spool, struct spool *, spool_free)

/* At most SPOOL_PIECE_MAX bytes: a piece. */
status spool_put(struct spool *s, struct slice bytes);
status spool_rewind(struct spool *s);
/* The pieces again, one by one, in the arena. ST_NOT_FOUND at the end. */
status spool_take(struct spool *s, struct arena *a, struct slice *ret);
