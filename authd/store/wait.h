/* Waiting for an operation, for callers that may. */
#pragma once

#include "libauth/base/op.h"

#include <pthread.h>

struct waiter {
	struct op op; /* to be submitted */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done;
};

void waiter_init(struct waiter *w);
/* Returns op.status once the operation is done; w may not be used again. */
status waiter_wait(struct waiter *w);
