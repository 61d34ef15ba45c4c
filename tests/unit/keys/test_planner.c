#include "tests/unit/keys/test.h"

#include "keys/planner.h"

static const int64_t HOUR = 3600, DAY = 86400;

/* ---- a world without keys or disks ------------------------------------------------------ */

enum { KEYS_MAX = 4000 };

struct world {
	struct ring ring;
	struct ring_key keys[KEYS_MAX];
	int64_t announced_at[KEYS_MAX]; /* since when it was to be seen in the JWKS */
	int64_t signed_at[KEYS_MAX];    /* the last time that it may have signed */
	uint32_t made, random;
	size_t activations;
};

/* Bytes that have the size of a key and are no key: the planner never looks at them. */
static struct keypair fake_pair(struct world *w, enum key_algorithm alg)
{
	static uint8_t bytes[KEYS_MAX][256];
	static const size_t sizes[KEY_ALGORITHM_COUNT] = { 64, 256, 32, 256, 64 };
	uint8_t *p = bytes[w->made];
	memset(p, 1, sizeof bytes[0]);
	memcpy(p + 1, &w->made, sizeof w->made);
	w->made++;
	return (struct keypair){ slice_of(p, sizes[alg]), SLICE("private") };
}

static void world_init(struct world *w, int64_t now)
{
	memset(w, 0, sizeof *w);
	w->random = 12345;
	w->ring = (struct ring){ .keys = w->keys, .seen_at = now };
	for (size_t alg = 0; alg < KEY_ALGORITHM_COUNT; alg++) {
		struct keypair pair = fake_pair(w, (enum key_algorithm)alg);
		assert_ok(ring_announce(&w->ring, (enum key_algorithm)alg, &pair, now, now));
		ring_activate(&w->ring, alg, 0, now);
		w->announced_at[alg] = now - 1000 * DAY; /* the first one needs no announcement */
	}
}

static uint32_t world_random(struct world *w)
{
	w->random = w->random * 1664525 + 1013904223;
	return w->random >> 8;
}

static void apply(struct world *w, const struct key_policy *policy, const struct plan_action *action,
		  int64_t now)
{
	struct keypair pair = { 0 };
	const struct ring_key *key = &w->keys[action->key];
	switch (action->step) {
	case PLAN_ANNOUNCE:
		assert_in_range(w->ring.n, 0, KEYS_MAX - 1);
		pair = fake_pair(w, action->algorithm);
		w->announced_at[w->ring.n] = now;
		break;
	case PLAN_ACTIVATE: /* seen by everybody for as long as was promised */
		assert_int_equal(key->state, KEY_ANNOUNCED);
		assert_true(now - w->announced_at[action->key] >= policy->announce_s);
		w->activations++;
		break;
	case PLAN_DROP: /* whatever it signed has expired, also where a reader lagged */
		assert_int_equal(key->state, KEY_RETIRED);
		assert_true(now - w->signed_at[action->key] >= policy->retain_s + RING_LAG_S);
		break;
	case PLAN_RETIRE: assert_int_equal(key->state, KEY_ANNOUNCED); break;
	}
	assert_ok(plan_apply(&w->ring, action, &pair, policy, now));
}

/* What must hold at any moment. */
static void check(struct world *w, int64_t now)
{
	size_t active[KEY_ALGORITHM_COUNT] = { 0 };
	for (size_t i = 0; i < w->ring.n; i++) {
		const struct ring_key *key = &w->keys[i];
		if (key->state == KEY_ACTIVE) {
			active[key->algorithm]++;
			w->signed_at[i] = now;
		}
		if (key->state == KEY_ACTIVE || key->state == KEY_ANNOUNCED) {
			assert_true(key->published);
			assert_true(key->pair.private_key.n > 0);
		}
	}
	for (size_t alg = 0; alg < KEY_ALGORITHM_COUNT; alg++)
		assert_int_equal(active[alg], 1);
}

static size_t tick(struct world *w, const struct key_policy *policy, int64_t now)
{
	AUTO_ARENA struct arena a = { 0 };
	struct plan plan;
	struct error e = { 0 };
	check(w, now); /* up to this moment the keys of before have signed */
	if (plan_make(&w->ring, policy, now, &a, &plan, &e) != ST_OK)
		fail_msg("%s", e.message);
	for (size_t i = 0; i < plan.n; i++)
		apply(w, policy, &plan.actions[i], now);
	w->ring.seen_at = now;
	check(w, now);
	return plan.n;
}

static size_t count(const struct world *w, enum key_state state)
{
	size_t n = 0;
	for (size_t i = 0; i < w->ring.n; i++)
		n += w->keys[i].state == state;
	return n;
}

/* ---- a year ----------------------------------------------------------------------------- */

static const struct {
	const char *name;
	struct key_policy policy;
	int64_t step, jitter; /* between two ticks */
	size_t min_rotations, max_rotations, max_announced; /* for each algorithm */
} YEARS[] = {
	{ "monthly, announced a day", { 86400, 30 * 86400, 300, ALL }, 600, 0, 11, 13, 1 },
	{ "quarterly, announced a week", { 7 * 86400, 90 * 86400, 86400, ALL }, 600, 0, 3, 4, 1 },
	{ "uneven ticks", { 86400, 30 * 86400, 300, ALL }, 60, 14400, 11, 13, 1 },
	{ "a tick a day", { 7 * 86400, 30 * 86400, 300, ALL }, 86400, 86400, 11, 13, 1 },
	{ "announced for longer than active", { 120 * 86400, 30 * 86400, 3600, ALL }, 1800, 0, 8, 9, 5 },
	{ "announced just as long", { 30 * 86400, 30 * 86400, 3600, ALL }, 1800, 0, 11, 12, 2 },
	{ "daily", { 3600, 86400, 86400, ALL }, 1200, 60, 355, 366, 1 },
	{ "at once", { 0, 7 * 86400, 0, ALL }, 600, 0, 51, 53, 1 },
	{ "outages of up to a period", { 86400, 10 * 86400, 300, ALL }, 3600, 9 * 86400, 15, 37, 2 },
};

static void a_year_never_lacks_a_key(void **state)
{
	(void)state;
	struct world *w = malloc(sizeof *w);
	for (size_t i = 0; i < COUNT_OF(YEARS); i++) {
		const struct key_policy *policy = &YEARS[i].policy;
		size_t most = 0;
		world_init(w, NOW);
		for (int64_t now = NOW; now < NOW + 365 * DAY;) {
			tick(w, policy, now);
			size_t announced = count(w, KEY_ANNOUNCED) / KEY_ALGORITHM_COUNT;
			most = announced > most ? announced : most;
			now += YEARS[i].step + (YEARS[i].jitter ? world_random(w) % YEARS[i].jitter : 0);
		}
		size_t rotations = w->activations / KEY_ALGORITHM_COUNT;
		if (rotations < YEARS[i].min_rotations || rotations > YEARS[i].max_rotations ||
		    most > YEARS[i].max_announced)
			fail_msg("%s: %zu rotations, %zu announced", YEARS[i].name, rotations, most);
	}
	free(w);
}

static void the_same_moment_again_changes_nothing(void **state)
{
	(void)state;
	static const struct key_policy policy = { 86400, 30 * 86400, 300, ALL };
	struct world *w = malloc(sizeof *w);
	world_init(w, NOW);
	for (int64_t now = NOW; now < NOW + 100 * DAY; now += HOUR) {
		tick(w, &policy, now);
		assert_int_equal(tick(w, &policy, now), 0);
	}
	free(w);
}

/* ---- one step after another ------------------------------------------------------------- */

static void one_rotation_step_by_step(void **state)
{
	(void)state;
	static const struct key_policy policy = { 86400, 30 * 86400, 300, ALL };
	static const struct {
		int64_t at;
		size_t actions, announced, retired_published, dropped; /* of each algorithm */
	} steps[] = {
		{ 0, 0, 0, 0, 0 },
		{ 29 * 86400 - 1, 0, 0, 0, 0 },
		{ 29 * 86400, 1, 1, 0, 0 }, /* announced */
		{ 30 * 86400 - 1, 0, 1, 0, 0 },
		{ 30 * 86400, 1, 0, 1, 0 }, /* activated */
		{ 30 * 86400 + 419, 0, 0, 1, 0 },
		{ 30 * 86400 + 420, 1, 0, 0, 1 }, /* dropped: retained, and the lag of readers */
		{ 31 * 86400, 0, 0, 0, 1 },
	};
	struct world *w = malloc(sizeof *w);
	world_init(w, NOW);
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		assert_int_equal(tick(w, &policy, NOW + steps[i].at),
				 KEY_ALGORITHM_COUNT * steps[i].actions);
		size_t published = 0, dropped = 0;
		for (size_t k = 0; k < w->ring.n; k++) {
			bool retired = w->keys[k].state == KEY_RETIRED;
			published += retired && w->keys[k].published;
			dropped += retired && !w->keys[k].published;
		}
		assert_int_equal(count(w, KEY_ANNOUNCED), KEY_ALGORITHM_COUNT * steps[i].announced);
		assert_int_equal(published, KEY_ALGORITHM_COUNT * steps[i].retired_published);
		assert_int_equal(dropped, KEY_ALGORITHM_COUNT * steps[i].dropped);
	}
	free(w);
}

/* authd was off for longer than the announcement: the old key signs on until the new one may. */
static void a_late_start_still_announces(void **state)
{
	(void)state;
	static const struct key_policy policy = { 7 * 86400, 30 * 86400, 300, ALL };
	struct world *w = malloc(sizeof *w);
	world_init(w, NOW);
	tick(w, &policy, NOW + 22 * DAY);
	assert_int_equal(count(w, KEY_ANNOUNCED), 0);
	int64_t late = NOW + 22 * DAY + 29 * DAY;
	assert_int_equal(tick(w, &policy, late), KEY_ALGORITHM_COUNT);
	assert_int_equal(w->keys[KEY_ALGORITHM_COUNT].activates_at, late + 7 * DAY);
	tick(w, &policy, late + 7 * DAY - 1);
	assert_int_equal(ring_active(&w->ring, KEY_ES256), 0);
	tick(w, &policy, late + 7 * DAY);
	assert_int_equal(ring_active(&w->ring, KEY_ES256), KEY_ALGORITHM_COUNT);
	free(w);
}

/* Of several that are due the latest signs; the others are published until nobody needs them. */
static void of_several_due_keys_the_latest_signs(void **state)
{
	(void)state;
	static const struct key_policy policy = { 40 * 86400, 20 * 86400, 300, ALL };
	struct world *w = malloc(sizeof *w);
	world_init(w, NOW);
	for (int64_t now = NOW; now <= NOW + 39 * DAY; now += DAY)
		tick(w, &policy, now);
	assert_int_equal(count(w, KEY_ANNOUNCED), 2 * KEY_ALGORITHM_COUNT);
	int64_t now = NOW + 100 * DAY;
	w->ring.seen_at = now; /* an operator has confirmed the long outage */
	tick(w, &policy, now);
	for (size_t alg = 0; alg < KEY_ALGORITHM_COUNT; alg++) {
		const struct ring_key *passed = &w->keys[KEY_ALGORITHM_COUNT + alg];
		assert_int_equal(ring_active(&w->ring, (enum key_algorithm)alg),
				 2 * KEY_ALGORITHM_COUNT + alg);
		assert_int_equal(passed->state, KEY_RETIRED);
		assert_true(passed->published);
		assert_int_equal(passed->pair.private_key.n, 0);
	}
	free(w);
}

static void an_algorithm_without_any_key_gets_one_at_once(void **state)
{
	(void)state;
	static const struct key_policy policy = { 86400, 30 * 86400, 300, ALL };
	AUTO_ARENA struct arena a = { 0 };
	struct ring empty = { .seen_at = NOW };
	struct plan plan;
	assert_ok(plan_make(&empty, &policy, NOW, &a, &plan, NULL));
	assert_int_equal(plan.n, KEY_ALGORITHM_COUNT);
	for (size_t i = 0; i < plan.n; i++) {
		assert_int_equal(plan.actions[i].step, PLAN_ANNOUNCE);
		assert_int_equal(plan.actions[i].activates_at, NOW);
	}
}

static void a_new_policy_counts_from_the_next_tick(void **state)
{
	(void)state;
	static const struct key_policy slow = { 86400, 300 * 86400, 300, ALL }, fast = { 86400, 86400, 300, ALL };
	struct world *w = malloc(sizeof *w);
	world_init(w, NOW);
	assert_int_equal(tick(w, &slow, NOW + 12 * HOUR), 0);
	assert_int_equal(tick(w, &fast, NOW + 13 * HOUR), KEY_ALGORITHM_COUNT);
	free(w);
}

/* ---- clocks and policies ---------------------------------------------------------------- */

static void a_wrong_clock_changes_nothing(void **state)
{
	(void)state;
	static const struct key_policy policy = { 86400, 30 * 86400, 300, ALL };
	static const struct {
		int64_t offset;
		status expected;
		const char *word;
	} rows[] = {
		{ 0, ST_OK, "" },
		{ 1, ST_OK, "" },               /* a leap second */
		{ -1, ST_OK, "" },
		{ -60, ST_OK, "" },             /* as much as time servers correct */
		{ -61, ST_CONFLICT, "back" },
		{ -600, ST_CONFLICT, "back" },
		{ -3600, ST_CONFLICT, "back" },
		{ 3600, ST_OK, "" },
		{ 30 * 86400, ST_OK, "" },      /* an outage of a whole period */
		{ 30 * 86400 + 1, ST_CONFLICT, "ahead" },
		{ 4102444800 - 1800000000, ST_CONFLICT, "ahead" },   /* year 2100 */
		{ 253402300799 - 1800000000, ST_CONFLICT, "ahead" }, /* year 9999 */
		{ -1800000000, ST_CONFLICT, "back" },                /* 1970 */
		{ -1800000001, ST_CONFLICT, "impossible" },
		{ INT64_MAX - 1800000000, ST_CONFLICT, "impossible" },
	};
	struct ring empty = { .seen_at = NOW };
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_ARENA struct arena a = { 0 };
		struct plan plan = { 0 };
		struct error e = { 0 };
		assert_int_equal(plan_make(&empty, &policy, NOW + rows[i].offset, &a, &plan, &e),
				 rows[i].expected);
		assert_mentions(e, rows[i].word);
		assert_int_equal(plan.n > 0, rows[i].expected == ST_OK);
	}
	assert_ok(plan_check_clock(&empty, &policy, NOW, NULL));
}

static void a_policy_that_cannot_be_kept_is_refused(void **state)
{
	(void)state;
	static const struct key_policy bad[] = {
		{ -1, 86400, 300 }, { 86400, 0, 300 }, { 86400, -1, 300 }, { 86400, 86400, -1 },
		{ INT64_MAX, 86400, 300 }, { 86400, INT64_MAX, 300 }, { 86400, 86400, INT64_MAX },
	};
	struct ring empty = { .seen_at = NOW };
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		AUTO_ARENA struct arena a = { 0 };
		struct plan plan;
		struct error e = { 0 };
		assert_int_equal(plan_make(&empty, &bad[i], NOW, &a, &plan, &e), ST_INVALID);
		assert_true(strlen(e.message) > 0);
	}
}

/* What a clock that was ahead has left behind is brought back into this world. */
static void a_clock_put_right_moves_the_future_to_now(void **state)
{
	(void)state;
	static const struct key_policy policy = { 86400, 30 * 86400, 300, ALL };
	struct world *w = malloc(sizeof *w);
	world_init(w, NOW);
	for (int64_t now = NOW; now <= NOW + 59 * DAY; now += DAY)
		tick(w, &policy, now);
	int64_t right = NOW + DAY;
	assert_int_equal(plan_check_clock(&w->ring, &policy, right, NULL), ST_CONFLICT);
	plan_rebase(&w->ring, right);
	assert_ok(plan_check_clock(&w->ring, &policy, right, NULL));
	for (size_t i = 0; i < w->ring.n; i++) {
		const struct ring_key *key = &w->keys[i];
		assert_true(key->created_at <= right || key->state == KEY_ACTIVE ||
			    key->state == KEY_RETIRED);
		if (key->state == KEY_ANNOUNCED)
			assert_true(key->activates_at - key->created_at >= policy.announce_s);
		if (key->state == KEY_ACTIVE)
			assert_true(key->activates_at <= right);
		if (key->state == KEY_RETIRED)
			assert_true(key->retires_at <= right && key->drops_at >= key->retires_at);
	}
	check(w, right);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_year_never_lacks_a_key),
		cmocka_unit_test(the_same_moment_again_changes_nothing),
		cmocka_unit_test(one_rotation_step_by_step),
		cmocka_unit_test(a_late_start_still_announces),
		cmocka_unit_test(of_several_due_keys_the_latest_signs),
		cmocka_unit_test(an_algorithm_without_any_key_gets_one_at_once),
		cmocka_unit_test(a_new_policy_counts_from_the_next_tick),
		cmocka_unit_test(a_wrong_clock_changes_nothing),
		cmocka_unit_test(a_policy_that_cannot_be_kept_is_refused),
		cmocka_unit_test(a_clock_put_right_moves_the_future_to_now),
	};
	return cmocka_run_group_tests_name("planner", tests, NULL, NULL);
}
