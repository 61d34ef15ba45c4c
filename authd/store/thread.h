/* A thread of the store, with every signal blocked: signals belong to main(), and a write to a
 * closed socket is an error here, not the end of the process. */
#pragma once

#include "libauth/base/status.h"

#include <pthread.h>

/* ST_OK or ST_NOMEM. */
status thread_start(pthread_t *ret, void *(*run)(void *), void *argument);
