#include "authd/store/thread.h"

#include <signal.h>

status thread_start(pthread_t *ret, void *(*run)(void *), void *argument)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(ret, NULL, run, argument);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc ? ST_NOMEM : ST_OK;
}
