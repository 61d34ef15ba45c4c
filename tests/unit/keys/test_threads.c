#include "tests/unit/keys/verifier.h"

#include "keys/seal.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * Four threads sign while others rotate, reload and tick. cmocka's asserts leave by longjmp(),
 * which only the main thread may: a thread counts what went wrong, and main looks.
 */
enum { SIGNERS = 4, ROTATIONS = 24, MIN_SIGNED = 50 };

static const struct key_policy POLICY = { 86400, 30 * 86400, 300, ALL };

struct shared {
	struct keys *keys;
	atomic_bool stop;
	atomic_uint failed, ready;
};

struct worker {
	pthread_t thread;
	struct shared *shared;
	enum key_algorithm algorithm;
	unsigned signed_n;
};

/* Whatever was signed is verified by the set that is published thereafter. */
static bool sign_and_verify(struct shared *s, enum key_algorithm alg)
{
	AUTO_BUF struct buf token = { 0 };
	struct sign_job job = { alg, "at+jwt", SLICE("{\"sub\":\"somebody\"}"), { 0 } };
	struct signed_op op = { .op.done = signed_done };
	keys_sign(s->keys, &job, 1, &op.op);
	token = job.token;
	if (op.op.status != ST_OK || op.calls != 1)
		return false;
	json_t *set = load_jwks(s->keys);
	bool ok = verifies(set, buf_slice(&token));
	json_decref(set);
	return ok;
}

static void *sign_until_stopped(void *p)
{
	struct worker *w = p;
	while (!atomic_load(&w->shared->stop)) {
		if (!sign_and_verify(w->shared, w->algorithm))
			atomic_fetch_add(&w->shared->failed, 1);
		if (++w->signed_n == MIN_SIGNED)
			atomic_fetch_add(&w->shared->ready, 1);
	}
	return NULL;
}

static void *use_secrets_until_stopped(void *p)
{
	struct worker *w = p;
	while (!atomic_load(&w->shared->stop)) {
		AUTO_ARENA struct arena a = { 0 };
		AUTO_SECRET struct secret key;
		struct slice sealed, plain;
		bool ok = keys_secret(w->shared->keys, SECRET_CACHE, 0, &key, NULL) == ST_OK &&
			  seal(&key, SLICE("here"), SLICE("text"), &a, &sealed) == ST_OK &&
			  unseal(&key, SLICE("here"), sealed, &a, &plain) == ST_OK &&
			  keys_reload(w->shared->keys, NULL) == ST_OK;
		if (!ok)
			atomic_fetch_add(&w->shared->failed, 1);
		keys_generation(w->shared->keys);
	}
	return NULL;
}

static void rotation_while_threads_sign(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	AUTO(keys) struct keys *other = place_open(&p); /* as another process would */
	struct shared shared = { .keys = k };
	struct worker workers[SIGNERS + 1] = { 0 };
	for (size_t i = 0; i < COUNT_OF(workers); i++) {
		workers[i].shared = &shared;
		workers[i].algorithm = i % 2 ? KEY_EDDSA : KEY_ES256;
		assert_int_equal(pthread_create(&workers[i].thread, NULL,
						i < SIGNERS ? sign_until_stopped
							    : use_secrets_until_stopped,
						&workers[i]), 0);
	}
	int64_t now = NOW;
	for (int i = 0; i < ROTATIONS || atomic_load(&shared.ready) < SIGNERS; i++) {
		struct keys *who = i % 3 ? k : other;
		now += 1;
		assert_ok(keys_rotate(who, i % 2 ? KEY_EDDSA : KEY_ES256, true, &POLICY, now, NULL, NULL));
		assert_ok(keys_tick(k, &POLICY, now, NULL));
	}
	atomic_store(&shared.stop, true);
	for (size_t i = 0; i < COUNT_OF(workers); i++)
		pthread_join(workers[i].thread, NULL);
	assert_int_equal(atomic_load(&shared.failed), 0);
	assert_ok(keys_reload(k, NULL));
	assert_true(count_keys(k, KEY_ES256, KEY_RETIRED, NULL) >= ROTATIONS / 2);
	assert_int_equal(count_keys(k, KEY_ES256, KEY_ACTIVE, NULL), 1);
}

static void *create(void *p)
{
	struct place *place = p;
	static const status answers[] = { ST_OK, ST_EXISTS };
	return (void *)&answers[keys_create(&place->options, NOW, NULL) == ST_OK ? 0 : 1];
}

/* Two who make keys in one place: one does, the other is told so. */
static void two_creators_make_one_set(void **state)
{
	(void)state;
	AUTO_PLACE struct place p;
	place_init(&p);
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, create, &p), 0);
	status mine = keys_create(&p.options, NOW, NULL);
	void *answer;
	pthread_join(thread, &answer);
	status theirs = *(const status *)answer;
	assert_true((mine == ST_OK) != (theirs == ST_OK));
	keys_free(place_open(&p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rotation_while_threads_sign),
		cmocka_unit_test(two_creators_make_one_set),
	};
	return cmocka_run_group_tests_name("threads", tests, place_make_template, place_free_template);
}
