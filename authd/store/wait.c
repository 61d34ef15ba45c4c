#include "authd/store/wait.h"

#include "libauth/base/mem.h"

static void wake(struct op *op)
{
	struct waiter *w = CONTAINER_OF(op, struct waiter, op);
	/* Signalled under the lock: the waiter is gone as soon as it is released. */
	pthread_mutex_lock(&w->lock);
	w->done = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

void waiter_init(struct waiter *w)
{
	*w = (struct waiter){ .op.done = wake };
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
}

status waiter_wait(struct waiter *w)
{
	pthread_mutex_lock(&w->lock);
	while (!w->done)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->changed);
	return w->op.status;
}
