#include "authd/service/turns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

static void one_name_after_the_other(void **state)
{
	(void)state;
	AUTO(turns) struct turns *t = NULL;
	assert_int_equal(turns_new(2, 2, &t), ST_OK);
	struct turn turn[6];
	struct slice slow = SLICE("slow.example"), none = { 0 };
	assert_int_equal(turn_take(t, slow, &turn[0]), TURN_NOW);
	assert_int_equal(turn_take(t, slow, &turn[1]), TURN_NOW);
	assert_int_equal(turn_take(t, slow, &turn[2]), TURN_LATER);
	assert_int_equal(turn_take(t, slow, &turn[3]), TURN_LATER);
	assert_int_equal(turn_take(t, slow, &turn[4]), TURN_NEVER);
	assert_int_equal(turn_take(t, none, &turn[5]), TURN_NOW);

	assert_ptr_equal(turn_end(t, &turn[1]), &turn[2]);
	assert_int_equal(turn_take(t, slow, &turn[4]), TURN_LATER);
	assert_ptr_equal(turn_end(t, &turn[0]), &turn[3]);
	assert_ptr_equal(turn_end(t, &turn[3]), &turn[4]);
	assert_null(turn_end(t, &turn[5]));
	assert_null(turn_end(t, &turn[2]));
	assert_null(turn_end(t, &turn[4]));
	assert_int_equal(turn_take(t, slow, &turn[0]), TURN_NOW); /* the name was forgotten meanwhile */
	assert_null(turn_end(t, &turn[0]));
}

enum { NAMES = 3, AT_ONCE = 2, WAITING = 3, THREADS = 16, TURNS = 4000 };

struct race {
	struct turns *turns;
	atomic_int going_on[NAMES], most[NAMES], now, later, never;
};

struct mine {
	struct turn turn;
	sem_t is_mine;
};

static void use(struct race *r, size_t name)
{
	int n = atomic_fetch_add(&r->going_on[name], 1) + 1;
	int most = atomic_load(&r->most[name]);
	while (n > most && !atomic_compare_exchange_weak(&r->most[name], &most, n))
		;
	nanosleep(&(struct timespec){ .tv_nsec = 1000 }, NULL);
	atomic_fetch_sub(&r->going_on[name], 1);
}

static void take_one(struct race *r, struct mine *mine, size_t name)
{
	uint8_t text = (uint8_t)('a' + name);
	enum turn_answer answer = turn_take(r->turns, slice_of(&text, 1), &mine->turn);
	atomic_fetch_add(answer == TURN_NOW ? &r->now : answer == TURN_LATER ? &r->later : &r->never, 1);
	if (answer == TURN_NEVER)
		return;
	if (answer == TURN_LATER)
		sem_wait(&mine->is_mine);
	use(r, name);
	struct turn *next = turn_end(r->turns, &mine->turn);
	if (next)
		sem_post(&CONTAINER_OF(next, struct mine, turn)->is_mine);
}

static void *take_many(void *context)
{
	struct race *r = context;
	struct mine mine;
	sem_init(&mine.is_mine, 0, 0);
	for (size_t i = 0; i < TURNS / THREADS; i++)
		take_one(r, &mine, i % NAMES);
	sem_destroy(&mine.is_mine);
	return NULL;
}

/* Nobody is forgotten, and no name has more than its share, whoever ends while others come. */
static void many_at_once(void **state)
{
	(void)state;
	struct race r = { 0 };
	assert_int_equal(turns_new(AT_ONCE, WAITING, &r.turns), ST_OK);
	pthread_t thread[THREADS];
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, take_many, &r), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	turns_free(r.turns);
	for (size_t i = 0; i < NAMES; i++)
		assert_int_equal(r.most[i], AT_ONCE);
	assert_int_equal(r.now + r.later + r.never, TURNS);
	assert_true(r.later > 0 && r.never > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_name_after_the_other),
		cmocka_unit_test(many_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
