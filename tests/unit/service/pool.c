#include "authd/service/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

struct task {
	struct op op;
	pthread_mutex_t *gate; /* the work waits here */
	status outcome;
	atomic_int *done_n;
	atomic_bool done;
};

static void task_done(struct op *op)
{
	struct task *t = CONTAINER_OF(op, struct task, op);
	atomic_fetch_add(t->done_n, 1);
	atomic_store(&t->done, true);
}

static status pass_gate(void *context)
{
	struct task *t = context;
	if (t->gate) {
		pthread_mutex_lock(t->gate);
		pthread_mutex_unlock(t->gate);
	}
	return t->outcome;
}

static void test_runs_and_gives_the_status(void **state)
{
	(void)state;
	atomic_int done_n = 0;
	struct task t[3] = { { .outcome = ST_OK },
		             { .outcome = ST_INVALID },
		             { .outcome = ST_IO } };
	struct pool *p;
	assert_int_equal(pool_new(2, 3, &p), ST_OK);
	for (int i = 0; i < 3; i++) {
		t[i].op.done = task_done;
		t[i].done_n = &done_n;
		pool_submit(p, pass_gate, &t[i], &t[i].op);
	}
	pool_free(p);
	assert_int_equal(done_n, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(t[i].op.status, t[i].outcome);
}

/* Two at work, three waiting: the sixth is refused on the spot. */
static void test_is_bounded(void **state)
{
	(void)state;
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&gate);
	atomic_int done_n = 0;
	struct task t[6] = { 0 };
	struct pool *p;
	assert_int_equal(pool_new(2, 3, &p), ST_OK);
	for (int i = 0; i < 6; i++) {
		t[i].op.done = task_done;
		t[i].gate = &gate;
		t[i].done_n = &done_n;
		pool_submit(p, pass_gate, &t[i], &t[i].op);
	}
	assert_true(t[5].done);
	assert_int_equal(t[5].op.status, ST_BUSY);
	assert_int_equal(done_n, 1);
	pthread_mutex_unlock(&gate);
	pool_free(p);
	assert_int_equal(done_n, 6);
	for (int i = 0; i < 5; i++)
		assert_int_equal(t[i].op.status, ST_OK);
}

/* Whoever is told that a job is done finds its place free. */
struct chain {
	struct op op;
	struct pool *pool;
	int left;
	bool busy;
	atomic_bool finished;
};

static status nothing(void *context)
{
	(void)context;
	return ST_OK;
}

static void chain_done(struct op *op)
{
	struct chain *c = CONTAINER_OF(op, struct chain, op);
	c->busy |= op->status == ST_BUSY;
	if (--c->left > 0 && !c->busy)
		pool_submit(c->pool, nothing, c, &c->op);
	else
		atomic_store(&c->finished, true);
}

static void test_place_is_free_when_done(void **state)
{
	(void)state;
	struct chain c = { .op.done = chain_done, .left = 1000 };
	assert_int_equal(pool_new(1, 0, &c.pool), ST_OK);
	pool_submit(c.pool, nothing, &c, &c.op);
	while (!atomic_load(&c.finished))
		usleep(1000);
	pool_free(c.pool);
	assert_false(c.busy);
	assert_int_equal(c.left, 0);
}

struct submitter {
	struct pool *pool;
	struct task tasks[500];
};

static void *submit_many(void *context)
{
	struct submitter *s = context;
	for (size_t i = 0; i < COUNT_OF(s->tasks); i++)
		pool_submit(s->pool, pass_gate, &s->tasks[i], &s->tasks[i].op);
	return NULL;
}

static void test_each_is_done_once(void **state)
{
	(void)state;
	static struct submitter submitters[4];
	pthread_t threads[4];
	atomic_int done_n = 0;
	struct pool *p;
	assert_int_equal(pool_new(3, 8, &p), ST_OK);
	for (int i = 0; i < 4; i++) {
		submitters[i].pool = p;
		for (size_t k = 0; k < COUNT_OF(submitters[i].tasks); k++)
			submitters[i].tasks[k] =
			        (struct task){ .op.done = task_done, .done_n = &done_n };
		assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &submitters[i]), 0);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	pool_free(p);
	assert_int_equal(done_n, 2000);
}

static void test_free_takes_null(void **state)
{
	(void)state;
	pool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_and_gives_the_status),
		cmocka_unit_test(test_is_bounded),
		cmocka_unit_test(test_place_is_free_when_done),
		cmocka_unit_test(test_each_is_done_once),
		cmocka_unit_test(test_free_takes_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
