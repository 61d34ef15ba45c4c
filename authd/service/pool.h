/*
 * A bounded pool of threads for work that takes milliseconds, such as password hashing.
 *                                                       Threads: struct pool is internally locked.
 */
#pragma once

#include "libauth/base/op.h"
#include "libauth/base/mem.h"
#include <stddef.h>

struct pool;
typedef status pool_work_fn(void *context);

/* queue: jobs that may wait, beyond those being worked on. */
status pool_new(size_t threads, size_t queue, struct pool **ret);
/* Waits until every submitted job is done. */
void pool_free(struct pool *p);
DEFINE_AUTO(pool, struct pool *, pool_free)

/* Run work(context) on some thread and complete op with its status; with ST_BUSY at once when the
 * queue is full. */
void pool_submit(struct pool *p, pool_work_fn *work, void *context, struct op *op);
