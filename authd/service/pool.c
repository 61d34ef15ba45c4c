#include "authd/service/pool.h"

#include <pthread.h>

struct job {
	pool_work_fn *work;
	void *context;
	struct op *op;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	bool ending;
	struct job *ring;
	size_t capacity; /* threads and queue together: jobs in the pool, waiting or worked on */
	size_t head, waiting; /* of the ring */
	size_t working;
	size_t threads_n;
	pthread_t threads[];
};

static bool take_job(struct pool *p, struct job *ret)
{
	while (!p->waiting && !p->ending)
		pthread_cond_wait(&p->arrived, &p->lock);
	if (!p->waiting)
		return false;
	*ret = p->ring[p->head];
	p->head = (p->head + 1) % p->capacity;
	p->waiting--;
	p->working++;
	return true;
}

static void *work(void *context)
{
	struct pool *p = context;
	struct job job;
	pthread_mutex_lock(&p->lock);
	while (take_job(p, &job)) {
		pthread_mutex_unlock(&p->lock);
		status s = job.work(job.context);
		/* Its place is free before its owner hears of it and may submit the next one. */
		pthread_mutex_lock(&p->lock);
		p->working--;
		pthread_mutex_unlock(&p->lock);
		op_complete(job.op, s);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

status pool_new(size_t threads, size_t queue, struct pool **ret)
{
	AUTO(pool) struct pool *p = calloc(1, sizeof *p + threads * sizeof p->threads[0]);
	if (!p)
		return ST_NOMEM;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->arrived, NULL);
	p->capacity = threads + queue;
	p->ring = calloc(p->capacity, sizeof p->ring[0]);
	if (!p->ring)
		return ST_NOMEM;
	for (; p->threads_n < threads; p->threads_n++)
		if (pthread_create(&p->threads[p->threads_n], NULL, work, p) != 0)
			return ST_NOMEM;
	*ret = TAKE(p);
	return ST_OK;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->arrived);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->threads_n; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->arrived);
	pthread_mutex_destroy(&p->lock);
	free(p->ring);
	free(p);
}

void pool_submit(struct pool *p, pool_work_fn *work_fn, void *context, struct op *op)
{
	pthread_mutex_lock(&p->lock);
	bool full = p->waiting + p->working >= p->capacity;
	if (!full) {
		size_t at = (p->head + p->waiting++) % p->capacity;
		p->ring[at] = (struct job){ work_fn, context, op };
		pthread_cond_signal(&p->arrived);
	}
	pthread_mutex_unlock(&p->lock);
	if (full)
		op_complete(op, ST_BUSY);
}
