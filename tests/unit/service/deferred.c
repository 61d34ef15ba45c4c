/* Requests that wait for a person's decision, user codes, and the places where requests wait. */
#include "authd/service/deferred.h"
#include "authd/service/inbox.h"
#include "authd/service/user_code.h"
#include "fixture.h"

#define TYPE GRANT_TYPE_DEVICE_CODE

static void run(struct fixture *f, struct cache_command *commands, size_t n)
{
	assert_ok(cache_submit_wait(f->issuer.cache, commands, n, &f->arena));
}

static struct deferred begin(struct fixture *f, struct slice *ret_code)
{
	struct deferred d = { .grant = { .client_id = SLICE("tv"), .scope = SLICE("openid"), .created_at = NOW },
			      .expires_at = NOW + 600,
			      .interval_s = DEFERRED_INTERVAL_S };
	struct cache_command put;
	assert_ok(deferred_new(TYPE, &d, &f->arena, ret_code));
	assert_ok(deferred_put(&d, NOW, &f->arena, &put));
	run(f, &put, 1);
	return d;
}

static status ask(struct fixture *f, const char *type, struct slice code, const char *client_id, int64_t now,
		  struct deferred_poll *p)
{
	status s = deferred_ask(type, code, slice_str(client_id), &f->arena, p);
	if (s != ST_OK)
		return s;
	run(f, p->commands, DEFERRED_ASKS);
	return deferred_answer(now, p);
}

static status decide(struct fixture *f, struct deferred d, bool denied)
{
	struct cache_command add;
	d.denied = denied;
	d.grant.subject_id = (struct id){ { 1 } };
	assert_ok(deferred_decide(&d, NOW, &f->arena, &add));
	run(f, &add, 1);
	return add.status;
}

static void the_first_decision_counts_and_is_taken_once(void **state)
{
	struct fixture *f = *state;
	struct slice code;
	struct deferred_poll p;
	struct deferred d = begin(f, &code);
	assert_int_equal(ask(f, TYPE, code, "tv", NOW, &p), ST_BUSY);
	assert_ok(decide(f, d, false));
	assert_int_equal(decide(f, d, true), ST_EXISTS);
	assert_ok(ask(f, TYPE, code, "tv", NOW, &p));
	assert_false(p.deferred.denied);
	assert_int_equal(p.deferred.grant.subject_id.bytes[0], 1);
	assert_slice(p.deferred.grant.scope, "openid");
	assert_int_equal(ask(f, TYPE, code, "tv", NOW, &p), ST_USED);
}

static void a_code_is_of_its_client_its_grant_and_its_time(void **state)
{
	struct fixture *f = *state;
	struct slice code;
	struct deferred_poll p;
	struct deferred d = begin(f, &code);
	assert_ok(decide(f, d, false));
	assert_int_equal(ask(f, TYPE, code, "box", NOW, &p), ST_NOT_FOUND);
	assert_int_equal(ask(f, GRANT_TYPE_CIBA, code, "tv", NOW, &p), ST_NOT_FOUND);
	assert_int_equal(ask(f, TYPE, SLICE("x"), "tv", NOW, &p), ST_INVALID);
	assert_int_equal(ask(f, TYPE, code, "tv", NOW + 600, &p), ST_EXPIRED);
}

static void a_poll_too_soon_raises_the_interval(void **state)
{
	struct fixture *f = *state;
	struct slice code;
	struct deferred_poll p;
	begin(f, &code);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(ask(f, TYPE, code, "tv", NOW, &p), ST_BUSY);
		assert_int_equal(p.interval_s, i < 12 ? DEFERRED_INTERVAL_S + 5 * (i ? i - 1 : 0) : 60);
		deferred_wait(&p);
		run(f, p.commands, DEFERRED_WAITS);
		assert_int_equal(deferred_too_soon(&p), i > 0);
		if (!deferred_too_soon(&p))
			continue;
		deferred_slow_down(NOW, &p);
		run(f, p.commands, DEFERRED_SLOWS);
	}
}

static void a_user_code_is_read_as_people_type_it(void **state)
{
	struct fixture *f = *state;
	struct slice code, read;
	for (int i = 0; i < 100; i++) {
		assert_ok(user_code_new(&f->arena, &code));
		assert_ok(user_code_read(code, &f->arena, &read));
		assert_true(slice_equal(code, read));
	}
	assert_ok(user_code_read(SLICE(" wdjb mjht"), &f->arena, &read));
	assert_slice(read, "WDJB-MJHT");
	static const char *const WRONG[] = { "", "WDJB-MJH", "WDJB-MJHTX", "WDJB-MJH0", "WDJB-MJHI", "WDJB_MJHT" };
	for (size_t i = 0; i < COUNT_OF(WRONG); i++)
		assert_int_equal(user_code_read(slice_str(WRONG[i]), &f->arena, &read), ST_INVALID);
}

static void each_place_waits_for_one_person(void **state)
{
	struct fixture *f = *state;
	struct cache_command mine[INBOX_PLACES], others[INBOX_PLACES];
	assert_ok(inbox_get((struct id){ { 1 } }, &f->arena, mine));
	struct cache_command add = inbox_add(&mine[3], SLICE("handle"), 60), again = add;
	run(f, &add, 1);
	assert_ok(add.status);
	run(f, &again, 1);
	assert_int_equal(again.status, ST_EXISTS);
	run(f, mine, INBOX_PLACES);
	for (size_t i = 0; i < INBOX_PLACES; i++)
		assert_int_equal(mine[i].status, i == 3 ? ST_OK : ST_NOT_FOUND);
	assert_slice(mine[3].value, "handle");
	assert_ok(inbox_get((struct id){ { 2 } }, &f->arena, others));
	run(f, others, INBOX_PLACES);
	assert_int_equal(others[3].status, ST_NOT_FOUND);
	struct cache_command clear = inbox_clear(&mine[3]);
	run(f, &clear, 1);
	run(f, &mine[3], 1);
	assert_int_equal(mine[3].status, ST_NOT_FOUND);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_decision_counts_and_is_taken_once),
		TEST(a_code_is_of_its_client_its_grant_and_its_time),
		TEST(a_poll_too_soon_raises_the_interval),
		TEST(a_user_code_is_read_as_people_type_it),
		TEST(each_place_waits_for_one_person),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
