/* The contract of the cache, on every backend. */
#include "cache_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static void puts_gets_and_deletes(void **state)
{
	struct cache_fixture *f = *state;
	struct slice value;
	assert_int_equal(cache_do(f, CACHE_GET, "k", NULL, 0), ST_NOT_FOUND);
	assert_ok(cache_do(f, CACHE_PUT, "k", "one", 60));
	assert_ok(cache_do_value(f, CACHE_GET, "k", NULL, 0, &value));
	assert_slice(value, "one");
	assert_ok(cache_do(f, CACHE_PUT, "k", "", 60));
	assert_ok(cache_do_value(f, CACHE_GET, "k", NULL, 0, &value));
	assert_int_equal(value.n, 0);
	assert_non_null(value.p);
	assert_ok(cache_do(f, CACHE_DELETE, "k", NULL, 0));
	assert_ok(cache_do(f, CACHE_DELETE, "k", NULL, 0));
	assert_int_equal(cache_do(f, CACHE_GET, "k", NULL, 0), ST_NOT_FOUND);
}

static void add_shows_what_is_there(void **state)
{
	struct cache_fixture *f = *state;
	struct slice value;
	assert_ok(cache_do(f, CACHE_ADD, "k", "first", 60));
	assert_int_equal(cache_do_value(f, CACHE_ADD, "k", "second", 60, &value), ST_EXISTS);
	assert_slice(value, "first");
	assert_ok(cache_do_value(f, CACHE_GET, "k", NULL, 0, &value));
	assert_slice(value, "first");
}

static void a_value_is_taken_once(void **state)
{
	struct cache_fixture *f = *state;
	struct slice value;
	assert_int_equal(cache_do(f, CACHE_TAKE, "k", NULL, 0), ST_NOT_FOUND);
	assert_ok(cache_do(f, CACHE_PUT, "k", "code", 60));
	assert_ok(cache_do_value(f, CACHE_TAKE, "k", NULL, 0, &value));
	assert_slice(value, "code");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(cache_do_value(f, CACHE_TAKE, "k", NULL, 0, &value), ST_USED);
		assert_slice(value, "code");
	}
	/* What was taken is no more to be had, but its place is. */
	assert_int_equal(cache_do(f, CACHE_GET, "k", NULL, 0), ST_NOT_FOUND);
	assert_int_equal(cache_do(f, CACHE_ADD, "k", "again", 60), ST_EXISTS);
	assert_ok(cache_do(f, CACHE_PUT, "k", "new", 60));
	assert_ok(cache_do_value(f, CACHE_TAKE, "k", NULL, 0, &value));
	assert_slice(value, "new");
}

static status increment(struct cache_fixture *f, const char *key, int64_t expires_in_s, int64_t *ret)
{
	struct cache_command c = { .verb = CACHE_INCREMENT,
				   .delta = 1,
				   .key = slice_str(key),
				   .expires_in_s = expires_in_s };
	status s = run_one(f, &c);
	*ret = c.count;
	return s;
}

/* While two versions of the secret live, nothing that stands under either is lost, nor used twice. */
static void through_a_rotation(struct cache_fixture *f, int64_t settle_s)
{
	struct slice value;
	int64_t n;
	uint32_t version;
	cache_free(f->cache);
	f->settle_s = settle_s;
	f->cache = open_cache(f);
	assert_ok(cache_do(f, CACHE_PUT, "session", "old", 60));
	assert_ok(cache_do(f, CACHE_PUT, "code", "old", 60));
	assert_ok(cache_do(f, CACHE_PUT, "taken", "old", 60));
	assert_ok(cache_do(f, CACHE_TAKE, "taken", NULL, 0));
	assert_ok(cache_do(f, CACHE_ADD, "mark", "old", 60));
	assert_ok(cache_do(f, CACHE_PUT, "gone", "old", 60));
	assert_ok(increment(f, "tries", 60, &n));
	assert_ok(keys_secret_rotate(f->keys, SECRET_CACHE, time(NULL), &version, NULL));

	assert_ok(cache_do_value(f, CACHE_GET, "session", NULL, 0, &value));
	assert_slice(value, "old");
	assert_ok(cache_do(f, CACHE_PUT, "session", "new", 60));
	assert_ok(cache_do_value(f, CACHE_GET, "session", NULL, 0, &value));
	assert_slice(value, "new");
	assert_ok(cache_do_value(f, CACHE_TAKE, "code", NULL, 0, &value));
	assert_slice(value, "old");
	assert_int_equal(cache_do(f, CACHE_TAKE, "code", NULL, 0), ST_USED);
	assert_int_equal(cache_do(f, CACHE_TAKE, "taken", NULL, 0), ST_USED);
	assert_int_equal(cache_do(f, CACHE_ADD, "taken", "again", 60), ST_EXISTS);
	assert_int_equal(cache_do_value(f, CACHE_ADD, "mark", "again", 60, &value), ST_EXISTS);
	assert_slice(value, "old");
	assert_ok(cache_do_value(f, CACHE_GET, "mark", NULL, 0, &value));
	assert_slice(value, "old");
	assert_ok(cache_do(f, CACHE_ADD, "mark 2", "new", 60));
	assert_int_equal(cache_do_value(f, CACHE_ADD, "mark 2", "again", 60, &value), ST_EXISTS);
	assert_slice(value, "new");
	assert_ok(cache_do_value(f, CACHE_TAKE, "mark 2", NULL, 0, &value));
	assert_slice(value, "new");
	assert_ok(cache_do(f, CACHE_DELETE, "gone", NULL, 0));
	assert_int_equal(cache_do(f, CACHE_GET, "gone", NULL, 0), ST_NOT_FOUND);
	assert_ok(increment(f, "tries", 60, &n));
	assert_int_equal(n, 2);
	assert_ok(keys_secret_destroy(f->keys, SECRET_CACHE, version - 1, NULL));
}

/* Every process knows of it: written under the newest, and so it stays when the other is destroyed. */
static void a_secret_is_rotated(void **state)
{
	struct cache_fixture *f = *state;
	struct slice value;
	through_a_rotation(f, 0);
	assert_ok(cache_do_value(f, CACHE_GET, "session", NULL, 0, &value));
	assert_slice(value, "new");
	assert_int_equal(cache_do(f, CACHE_ADD, "mark 2", "again", 60), ST_EXISTS);
}

/* Not every process knows of it: written where all of them look. */
static void a_rotation_that_has_not_settled(void **state)
{
	struct cache_fixture *f = *state;
	through_a_rotation(f, 3600);
	assert_int_equal(cache_do(f, CACHE_GET, "session", NULL, 0), ST_NOT_FOUND);
}


static void counters_go_down_and_can_be_read(void **state)
{
	struct cache_fixture *f = *state;
	static const int64_t deltas[][2] = { { 0, 0 }, { 3, 3 }, { -1, 2 }, { 0, 2 }, { -5, -3 } };
	for (size_t i = 0; i < COUNT_OF(deltas); i++) {
		struct cache_command c = { .verb = CACHE_INCREMENT,
					   .delta = deltas[i][0],
					   .key = SLICE("down"),
					   .expires_in_s = 60 };
		assert_ok(run_one(f, &c));
		assert_int_equal(c.count, deltas[i][1]);
	}
}

static void counters_count_until_the_first_expiry(void **state)
{
	struct cache_fixture *f = *state;
	int64_t count;
	for (int i = 1; i <= 5; i++) {
		assert_ok(increment(f, "n", i == 1 ? 1 : 600, &count));
		assert_int_equal(count, i);
	}
	pause_ms(1100);
	assert_ok(increment(f, "n", 60, &count));
	assert_int_equal(count, 1);
	assert_int_equal(cache_do(f, CACHE_GET, "n", NULL, 0), ST_NOT_FOUND);
	/* A value is not a counter. */
	assert_ok(cache_do(f, CACHE_PUT, "v", "x", 60));
	assert_true(is_fault(increment(f, "v", 60, &count)));
	assert_ok(cache_do(f, CACHE_DELETE, "n", NULL, 0));
	assert_ok(increment(f, "n", 60, &count));
	assert_int_equal(count, 1);
}

static void entries_end_at_their_expiry(void **state)
{
	struct cache_fixture *f = *state;
	assert_ok(cache_do(f, CACHE_PUT, "short", "x", 1));
	assert_ok(cache_do(f, CACHE_PUT, "taken", "x", 1));
	assert_ok(cache_do(f, CACHE_PUT, "longer", "x", 1));
	assert_ok(cache_do(f, CACHE_PUT, "longer", "y", 60));
	assert_ok(cache_do(f, CACHE_TAKE, "taken", NULL, 0));
	assert_ok(cache_do(f, CACHE_GET, "short", NULL, 0));
	pause_ms(1100);
	assert_int_equal(cache_do(f, CACHE_GET, "short", NULL, 0), ST_NOT_FOUND);
	assert_int_equal(cache_do(f, CACHE_TAKE, "taken", NULL, 0), ST_NOT_FOUND);
	assert_ok(cache_do(f, CACHE_ADD, "short", "z", 60));
	assert_ok(cache_do(f, CACHE_GET, "longer", NULL, 0));
}

static void commands_run_in_order(void **state)
{
	struct cache_fixture *f = *state;
	struct cache_command c[] = {
		{ .verb = CACHE_PUT, .value = SLICE("one"), .expires_in_s = 60 },
		{ .verb = CACHE_GET },
		{ .verb = CACHE_TAKE },
		{ .verb = CACHE_TAKE },
		{ .verb = CACHE_DELETE },
		{ .verb = CACHE_GET },
		{ .verb = CACHE_ADD, .value = SLICE("two"), .expires_in_s = 60 },
		{ .verb = CACHE_ADD, .value = SLICE("three"), .expires_in_s = 60 },
	};
	const status want[] = { ST_OK, ST_OK,	     ST_OK, ST_USED,
				ST_OK, ST_NOT_FOUND, ST_OK, ST_EXISTS };
	for (size_t i = 0; i < COUNT_OF(c); i++) {
		c[i].kind = CACHE_CODE;
		c[i].key = SLICE("k");
	}
	assert_ok(cache_submit_wait(f->cache, c, COUNT_OF(c), &f->arena));
	for (size_t i = 0; i < COUNT_OF(c); i++)
		assert_int_equal(c[i].status, want[i]);
	assert_slice(c[3].value, "one");
	assert_slice(c[7].value, "two");
	assert_ok(cache_submit_wait(f->cache, c, 0, &f->arena));
}

static void one_kind_is_not_another(void **state)
{
	struct cache_fixture *f = *state;
	struct cache_command c[] = {
		{ CACHE_PUT, CACHE_SESSION, SLICE("k"), SLICE("session"), 60, 0, ST_OK },
		{ CACHE_GET, CACHE_CODE, SLICE("k"), NO_SLICE, 0, 0, ST_OK },
		{ CACHE_PUT, CACHE_CODE, SLICE("k"), SLICE("code"), 60, 0, ST_OK },
		{ CACHE_GET, CACHE_SESSION, SLICE("k"), NO_SLICE, 0, 0, ST_OK },
	};
	assert_ok(cache_submit_wait(f->cache, c, COUNT_OF(c), &f->arena));
	assert_int_equal(c[1].status, ST_NOT_FOUND);
	assert_slice(c[3].value, "session");
}

static void bad_commands_are_refused(void **state)
{
	struct cache_fixture *f = *state;
	static uint8_t big[CACHE_VALUE_MAX + 1];
	const struct {
		struct cache_command command;
		status want;
	} rows[] = {
		{ { .verb = CACHE_PUT, .key = SLICE("k"), .expires_in_s = 0 }, ST_INVALID },
		{ { .verb = CACHE_ADD, .key = SLICE("k"), .expires_in_s = -1 }, ST_INVALID },
		{ { .verb = CACHE_INCREMENT, .key = SLICE("k"), .expires_in_s = INT64_MAX }, ST_INVALID },
		{ { .verb = CACHE_GET }, ST_INVALID },
		{ { .verb = CACHE_GET, .kind = CACHE_KIND_COUNT, .key = SLICE("k") }, ST_INVALID },
		{ { .verb = CACHE_PUT, .key = SLICE("k"), .value = slice_of(big, sizeof big),
		    .expires_in_s = 1 }, ST_TOO_LARGE },
		{ { .verb = CACHE_PUT, .key = SLICE("k"), .value = slice_of(big, CACHE_VALUE_MAX),
		    .expires_in_s = 1 }, ST_OK },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cache_command c = rows[i].command;
		assert_int_equal(cache_submit_wait(f->cache, &c, 1, &f->arena), rows[i].want);
	}
}

static void an_epoch_goes_on_over_a_restart(void **state)
{
	struct cache_fixture *f = *state;
	assert_int_equal(cache_epoch(f->cache), 1);
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 60));
	cache_free(f->cache);
	f->cache = open_cache(f);
	assert_int_equal(cache_epoch(f->cache), 1);
	assert_ok(cache_do(f, CACHE_GET, "k", NULL, 0));
	assert_ok(cache_ready(f->cache, NULL));
}

/* Another content under the same records, then the first again: nothing revives. */
static void an_older_content_revives_nothing(void **state)
{
	struct cache_fixture *f = *state;
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 60));
	cache_free(f->cache);
	struct backend other = *f->backend, *first = f->backend;
	assert_int_equal(other.start(&other), 0);
	f->backend = &other;
	f->cache = open_cache(f);
	assert_int_equal(cache_epoch(f->cache), 2);
	assert_int_equal(cache_do(f, CACHE_GET, "k", NULL, 0), ST_NOT_FOUND);
	cache_free(f->cache);

	f->backend = first;
	f->cache = open_cache(f);
	other.stop(&other);
	assert_int_equal(cache_epoch(f->cache), 3);
	assert_int_equal(cache_do(f, CACHE_GET, "k", NULL, 0), ST_NOT_FOUND);
}

/* ---- many at once --------------------------------------------------------------------------- */

enum { RACERS = 8, PRIZES = 200 };

struct racer {
	pthread_t thread;
	struct cache *cache;
	size_t taken, used, added, exists, wrong;
	int64_t counted[PRIZES];
};

static void *race(void *argument)
{
	struct racer *r = argument;
	for (size_t i = 0; i < PRIZES; i++) {
		AUTO_ARENA struct arena a = { 0 };
		struct slice key = arena_format(&a, "prize-%zu", i);
		struct cache_command c[] = {
			{ CACHE_TAKE, CACHE_CODE, key, NO_SLICE, 0, 0, 0, ST_BUG },
			{ CACHE_ADD, CACHE_REPLAY, key, SLICE("x"), 60, 0, 0, ST_BUG },
			{ CACHE_INCREMENT, CACHE_THROTTLE, key, NO_SLICE, 60, 1, 0, ST_BUG },
		};
		r->wrong += cache_submit_wait(r->cache, c, COUNT_OF(c), &a) != ST_OK;
		r->taken += c[0].status == ST_OK;
		r->used += c[0].status == ST_USED;
		r->wrong += !slice_is(c[0].value, "prize");
		r->added += c[1].status == ST_OK;
		r->exists += c[1].status == ST_EXISTS;
		r->counted[i] = c[2].count;
	}
	return NULL;
}

static void one_of_many_takes_each_value(void **state)
{
	struct cache_fixture *f = *state;
	for (size_t i = 0; i < PRIZES; i++) {
		struct cache_command c = { CACHE_PUT, CACHE_CODE,
					   arena_format(&f->arena, "prize-%zu", i),
					   SLICE("prize"), 60, 0, 0, ST_BUG };
		assert_ok(cache_submit_wait(f->cache, &c, 1, &f->arena));
	}
	static struct racer racers[RACERS];
	memset(racers, 0, sizeof racers);
	for (size_t i = 0; i < RACERS; i++) {
		racers[i].cache = f->cache;
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	struct racer sum = { 0 };
	for (size_t i = 0; i < RACERS; i++) {
		pthread_join(racers[i].thread, NULL);
		sum.taken += racers[i].taken;
		sum.used += racers[i].used;
		sum.added += racers[i].added;
		sum.exists += racers[i].exists;
		sum.wrong += racers[i].wrong;
		for (size_t k = 0; k < PRIZES; k++)
			sum.counted[k] += racers[i].counted[k];
	}
	assert_int_equal(sum.wrong, 0);
	assert_int_equal(sum.taken, PRIZES);
	assert_int_equal(sum.used, PRIZES * (RACERS - 1));
	assert_int_equal(sum.added, PRIZES);
	assert_int_equal(sum.exists, PRIZES * (RACERS - 1));
	for (size_t k = 0; k < PRIZES; k++) /* 1 + 2 + ... + RACERS: each count once */
		assert_int_equal(sum.counted[k], RACERS * (RACERS + 1) / 2);
}

/* ---- the table of backends ------------------------------------------------------------------ */

static int setup_embedded(void **state) { return cache_setup(state, &EMBEDDED); }
static int setup_redis(void **state) { return cache_setup(state, &REDIS); }

int main(void)
{
#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, cache_teardown)
#define CONTRACT(setup) \
	TEST(puts_gets_and_deletes, setup), TEST(add_shows_what_is_there, setup), \
	TEST(a_value_is_taken_once, setup), TEST(a_secret_is_rotated, setup), \
	TEST(a_rotation_that_has_not_settled, setup), TEST(counters_go_down_and_can_be_read, setup), \
	TEST(counters_count_until_the_first_expiry, setup), TEST(entries_end_at_their_expiry, setup), \
	TEST(commands_run_in_order, setup), TEST(one_kind_is_not_another, setup), \
	TEST(bad_commands_are_refused, setup), TEST(an_epoch_goes_on_over_a_restart, setup), \
	TEST(an_older_content_revives_nothing, setup), TEST(one_of_many_takes_each_value, setup)
	const struct CMUnitTest tests[] = { CONTRACT(setup_embedded), CONTRACT(setup_redis) };
	return cmocka_run_group_tests(tests, cache_group_setup, cache_group_teardown);
}
