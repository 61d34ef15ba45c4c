#include "examples/portal/session.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { NOW = 1700000000 };

static int make(void **state)
{
	*state = sessions_new();
	return *state ? 0 : -1;
}

static int unmake(void **state)
{
	sessions_free(*state);
	return 0;
}

static void a_login_is_found_once(void **state)
{
	struct login begun, taken;
	assert_true(login_begin(*state, "browser", NOW, &begun));
	assert_true(login_take(*state, begun.state, "browser", NOW + 1, &taken));
	assert_string_equal(taken.nonce, begun.nonce);
	assert_string_equal(taken.verifier, begun.verifier);
	assert_int_equal(taken.started_at, NOW);
	assert_false(login_take(*state, begun.state, "browser", NOW + 1, &taken));
}

static void a_login_is_of_one_browser(void **state)
{
	struct login begun, taken;
	assert_true(login_begin(*state, "browser", NOW, &begun));
	assert_false(login_take(*state, begun.state, "other", NOW, &taken));
	assert_false(login_take(*state, begun.nonce, "browser", NOW, &taken));
	/* Whoever tried has not spoilt it for the one who began. */
	assert_true(login_take(*state, begun.state, "browser", NOW, &taken));
}

static void an_empty_state_finds_nothing(void **state)
{
	struct login taken;
	assert_false(login_take(*state, "", "", NOW, &taken));
}

static void a_login_ends(void **state)
{
	struct login begun, taken;
	assert_true(login_begin(*state, "browser", NOW, &begun));
	assert_false(login_take(*state, begun.state, "browser", NOW + LOGIN_S + 1, &taken));
	assert_true(login_take(*state, begun.state, "browser", NOW + LOGIN_S, &taken));
}

static void the_oldest_login_makes_room(void **state)
{
	struct login first, second, other, taken;
	assert_true(login_begin(*state, "browser", NOW, &first));
	assert_true(login_begin(*state, "browser", NOW, &second));
	for (int i = 0; i < LOGINS_MAX - 1; i++)
		assert_true(login_begin(*state, "browser", NOW, &other));
	assert_false(login_take(*state, first.state, "browser", NOW, &taken));
	assert_true(login_take(*state, second.state, "browser", NOW, &taken));
}

static void a_session_lives_until_it_ends(void **state)
{
	struct session *session = session_new(NOW);
	char id[RANDOM_SIZE];
	memcpy(id, session->id, sizeof id);
	session_add(*state, session);

	struct session *found = session_find(*state, id, NOW + SESSION_S);
	assert_ptr_equal(found, session);
	session_release(found);
	assert_null(session_find(*state, id, NOW + SESSION_S + 1));
	assert_null(session_find(*state, "", NOW));
	session_end(*state, id);
	assert_null(session_find(*state, id, NOW));
	session_end(*state, id);
}

/* What a page is being written from stays, although the person signs out meanwhile. */
static void a_session_outlives_its_end_while_held(void **state)
{
	struct session *session = session_new(NOW);
	session->id_token = strdup("token");
	session_add(*state, session);
	AUTO_SESSION struct session *held = session_find(*state, session->id, NOW);
	session_end(*state, held->id);
	assert_string_equal(held->id_token, "token");
}

static void the_oldest_session_makes_room(void **state)
{
	char ids[2][RANDOM_SIZE];
	for (int i = 0; i < SESSIONS_MAX + 1; i++) {
		struct session *session = session_new(NOW);
		if (i < 2)
			memcpy(ids[i], session->id, RANDOM_SIZE);
		session_add(*state, session);
	}
	assert_null(session_find(*state, ids[0], NOW));
	AUTO_SESSION struct session *second = session_find(*state, ids[1], NOW);
	assert_non_null(second);
}

/* ---- many at once --------------------------------------------------------------------------- */

struct race {
	struct sessions *sessions;
	const char *state;
	_Atomic int taken;
};

static void *race_for_login(void *context)
{
	struct race *r = context;
	struct login taken;
	if (login_take(r->sessions, r->state, "browser", NOW, &taken))
		r->taken++;
	for (int i = 0; i < 200; i++) {
		struct session *session = session_new(NOW);
		char id[RANDOM_SIZE];
		memcpy(id, session->id, sizeof id);
		session_add(r->sessions, session);
		session_release(session_find(r->sessions, id, NOW));
		session_end(r->sessions, id);
	}
	return NULL;
}

static void one_of_many_takes_a_login(void **state)
{
	struct login begun;
	pthread_t threads[8];
	assert_true(login_begin(*state, "browser", NOW, &begun));
	struct race race = {.sessions = *state, .state = begun.state};
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, race_for_login, &race), 0);
	for (size_t i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(race.taken, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_login_is_found_once),
	        TEST(a_login_is_of_one_browser),
	        TEST(an_empty_state_finds_nothing),
	        TEST(a_login_ends),
	        TEST(the_oldest_login_makes_room),
	        TEST(a_session_lives_until_it_ends),
	        TEST(a_session_outlives_its_end_while_held),
	        TEST(the_oldest_session_makes_room),
	        TEST(one_of_many_takes_a_login),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
