/*
 * kill -9 at any moment of a change: what was acknowledged is there, and the files open.
 */
#include "tests/unit/keys/test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { KILLS = 60, CREATE_KILLS = 8 };

static const struct key_policy POLICY = { 86400, 30 * 86400, 300, ALL };

static unsigned random_below(unsigned n)
{
	static const unsigned primes[] = { 7919, 104729, 1299709 };
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned)((unsigned long)t.tv_nsec * primes[n % 3] / 1000 % n);
}

static void kill_after(pid_t child, unsigned microseconds)
{
	nanosleep(&(struct timespec){ .tv_nsec = (long)microseconds * 1000 }, NULL);
	assert_int_equal(kill(child, SIGKILL), 0);
	int result;
	assert_int_equal(waitpid(child, &result, 0), child);
}

/* In the child: change without end; each kid is told once it is acknowledged. */
static _Noreturn void rotate_for_ever(const struct place *p, int tell)
{
	struct keys *k = NULL;
	if (keys_open(&p->options, &k, NULL) != ST_OK)
		_exit(1);
	for (int i = 0;; i++) {
		struct key_info info;
		enum key_algorithm alg = i % 2 ? KEY_EDDSA : KEY_ES256;
		if (keys_rotate(k, alg, true, &POLICY, NOW, &info, NULL) != ST_OK)
			_exit(2);
		if (write(tell, info.kid, sizeof info.kid) != sizeof info.kid)
			_exit(3);
	}
}

static size_t find_all(struct keys *k, const char (*kids)[44], size_t n)
{
	AUTO_ARENA struct arena a = { 0 };
	struct key_info *list;
	size_t list_n, found = 0;
	assert_ok(keys_list(k, &a, &list, &list_n));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < list_n; j++)
			found += strcmp(kids[i], list[j].kid) == 0;
	return found;
}

static void a_killed_rotation_loses_nothing(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	for (int i = 0; i < KILLS; i++) {
		int ends[2];
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		pid_t child = fork();
		if (child == 0)
			rotate_for_ever(&p, ends[1]);
		assert_true(child > 0);
		close(ends[1]);
		char kids[1024][44];
		assert_int_equal(read(ends[0], kids, 44), 44); /* it is at work */
		kill_after(child, random_below(6000));
		ssize_t n = read(ends[0], kids + 1, sizeof kids - 44);
		close(ends[0]);
		assert_true(n >= 0 && n < (ssize_t)sizeof kids - 44);
		n += 44;
		AUTO(keys) struct keys *k = place_open(&p);
		assert_int_equal(find_all(k, kids, (size_t)n / 44), n / 44);
		assert_int_equal(count_keys(k, KEY_ES256, KEY_ACTIVE, NULL), 1);
		assert_int_equal(count_keys(k, KEY_EDDSA, KEY_ACTIVE, NULL), 1);
		assert_int_equal(count_keys(k, KEY_RS256, KEY_ACTIVE, NULL), 1);
	}
	AUTO(keys) struct keys *k = place_open(&p);
	assert_ok(keys_rotate(k, KEY_ES256, true, &POLICY, NOW, NULL, NULL));
}

/* A creation that was killed can be repeated, and either finishes or says that all is there. */
static void a_killed_creation_can_be_repeated(void **state)
{
	(void)state;
	for (int i = 0; i < CREATE_KILLS; i++) {
		AUTO_PLACE struct place p;
		place_init(&p);
		pid_t child = fork();
		if (child == 0)
			_exit(keys_create(&p.options, NOW, NULL) != ST_OK);
		assert_true(child > 0);
		kill_after(child, i % 2 ? random_below(3000) : random_below(200000));
		struct error e = { 0 };
		status s = keys_create(&p.options, NOW, &e);
		if (s != ST_OK && s != ST_EXISTS)
			fail_msg("%s: %s", status_name(s), e.message);
		keys_free(place_open(&p));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_rotation_loses_nothing),
		cmocka_unit_test(a_killed_creation_can_be_repeated),
	};
	return cmocka_run_group_tests_name("kill", tests, place_make_template, place_free_template);
}
