/*
 * Threads verify while another replaces the key set and the status list: no race, no wrong verdict.
 *
 *	test_libauth_swap [SECONDS]	a thousand key sets a second for so long: tests/soak
 */
#include "tokens.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum { NOW = 1700000100, READERS = 2, SWAPS = 400, SWAPS_A_SECOND = 1000, KEYS_A_LIST = 5 };

static const char PAYLOAD[] = "{\"iss\":\"i\",\"sub\":\"u\",\"aud\":\"a\",\"client_id\":\"c\","
			      "\"iat\":1700000000,\"exp\":1700000300,\"jti\":\"t\"}";
static const char LISTED[] = "{\"iss\":\"i\",\"sub\":\"u\",\"aud\":\"a\",\"client_id\":\"c\","
			     "\"iat\":1700000000,\"exp\":1700000300,\"jti\":\"t\","
			     "\"status\":{\"status_list\":{\"idx\":8,\"uri\":\"u\"}}}";
/* Sixteen tokens: none revoked, and number 8 revoked. */
static const char *const LISTS[] = { "eNpjYAAAAAIAAQ", "eNpjYAQAAAMAAg" };

struct scene {
	struct auth_verifier *v;
	char *both, *sometimes, *forged; /* signed by the key in both sets, in one, in none */
	char *listed, *lists[2];         /* revoked by the second list */
	char *jwks[2];                   /* one key, both */
	atomic_bool over;
	atomic_ulong verified, wrong, known, unknown, valid, revoked;
};

static enum auth_status ask(struct scene *s, const char *token)
{
	struct auth_claims *claims = NULL;
	enum auth_status answer = auth_verify(s->v, token, strlen(token), NOW, &claims);
	if ((answer == AUTH_OK) != (claims != NULL))
		atomic_fetch_add(&s->wrong, 1);
	auth_claims_free(claims);
	return answer;
}

static void *read_on(void *argument)
{
	struct scene *s = argument;
	while (!atomic_load(&s->over)) {
		if (ask(s, s->both) != AUTH_OK || ask(s, s->forged) != AUTH_BAD_SIGNATURE)
			atomic_fetch_add(&s->wrong, 1);
		switch (ask(s, s->sometimes)) {
		case AUTH_OK: atomic_fetch_add(&s->known, 1); break;
		case AUTH_UNKNOWN_KEY: atomic_fetch_add(&s->unknown, 1); break;
		default: atomic_fetch_add(&s->wrong, 1);
		}
		switch (ask(s, s->listed)) {
		case AUTH_OK: atomic_fetch_add(&s->valid, 1); break;
		case AUTH_REVOKED: atomic_fetch_add(&s->revoked, 1); break;
		default: atomic_fetch_add(&s->wrong, 1);
		}
		atomic_fetch_add(&s->verified, 4);
	}
	return NULL;
}

static struct auth_keyset *set_of(const char *json)
{
	struct auth_keyset *keys = NULL;
	assert_int_equal(auth_keyset_from_json(json, strlen(json), &keys, NULL), AUTH_OK);
	return keys;
}

static void scene_init(struct scene *s, const struct signer *a, const struct signer *b)
{
	struct auth_options o = AUTH_OPTIONS_INIT;
	const struct signer *both[] = { a, b };
	struct signer forger;
	o.issuer = "i";
	o.audience = "a";
	o.cache_tokens = 64;
	signer_init(&forger, "ES256", "a");
	s->v = verifier(&o, a);
	s->both = sign_access(a, PAYLOAD);
	s->sometimes = sign_access(b, PAYLOAD);
	s->forged = sign_access(&forger, PAYLOAD);
	s->listed = sign_access(a, LISTED);
	for (int i = 0; i < 2; i++) {
		char payload[200];
		s->jwks[i] = jwks(both, (size_t)i + 1);
		snprintf(payload, sizeof payload,
			 "{\"sub\":\"u\",\"iat\":1700000000,\"status_list\":{\"bits\":1,\"lst\":\"%s\"}}",
			 LISTS[i]);
		s->lists[i] = sign(a, "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\",\"kid\":\"a\"}",
				   payload);
	}
	signer_done(&forger);
}

static void scene_done(struct scene *s)
{
	char *const texts[] = { s->both, s->sometimes, s->forged, s->listed,  s->lists[0],
				s->lists[1], s->jwks[0], s->jwks[1] };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	auth_verifier_free(s->v);
}

/*
 * New ones each time: the old ones are really freed under the readers' feet. Lists come more seldom:
 * the signature of each costs more than the exchange.
 */
static void replace(struct scene *s, long i)
{
	const char *list = s->lists[i / KEYS_A_LIST % 2];
	struct auth_keyset *keys = set_of(s->jwks[i % 2]);
	assert_int_equal(auth_verifier_set_keys(s->v, keys), AUTH_OK);
	auth_keyset_free(keys);
	if (i % KEYS_A_LIST == 0)
		assert_int_equal(auth_verifier_add_list(s->v, list, strlen(list), NOW, NULL),
				 AUTH_OK);
}

static bool seen_all(const struct scene *s)
{
	return atomic_load(&s->known) > 4 && atomic_load(&s->unknown) > 4 &&
	       atomic_load(&s->valid) > 4 && atomic_load(&s->revoked) > 4;
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* Not before its time comes, so that there is something to read in between. */
static void wait_until(const struct timespec *start, long i)
{
	double ahead = (double)i / SWAPS_A_SECOND - seconds_since(start);
	struct timespec pause = { .tv_nsec = (long)(ahead * 1e9) };
	if (ahead > 0)
		nanosleep(&pause, NULL);
}

static void swap_while_verifying(void **state)
{
	long swaps = *(const long *)*state * SWAPS_A_SECOND;
	struct signer a, b;
	struct scene s = { 0 };
	struct timespec start;
	pthread_t readers[READERS];
	signer_init(&a, "ES256", "a");
	signer_init(&b, "EdDSA", "b");
	scene_init(&s, &a, &b);
	replace(&s, 0);
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_on, &s), 0);

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (long i = 0; i < (swaps ? swaps : SWAPS) || !seen_all(&s); i++) {
		replace(&s, i);
		if (swaps)
			wait_until(&start, i);
	}
	double seconds = seconds_since(&start);
	atomic_store(&s.over, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	if (swaps)
		print_message("%ld key sets and %ld lists replaced in %.1f s, %lu verdicts, %lu wrong\n",
			      swaps, (swaps + KEYS_A_LIST - 1) / KEYS_A_LIST, seconds, atomic_load(&s.verified),
			      atomic_load(&s.wrong));
	assert_int_equal(atomic_load(&s.wrong), 0);
	scene_done(&s);
	signer_done(&a);
	signer_done(&b);
}

/* Two writers at once, and a set that serves two verifiers. */
static void *write_on(void *argument)
{
	struct scene *s = argument;
	struct signer a;
	signer_init(&a, "EdDSA", "a");
	struct auth_keyset *keys = keyset(&a);
	for (int i = 0; i < 50; i++)
		assert_int_equal(auth_verifier_set_keys(s->v, i % 2 ? keys : NULL), AUTH_OK);
	auth_keyset_free(keys);
	signer_done(&a);
	return NULL;
}

static void writers(void **state)
{
	(void)state;
	struct auth_options o = AUTH_OPTIONS_INIT;
	struct scene s = { 0 };
	pthread_t other;
	o.issuer = "i";
	o.audience = "a";
	assert_int_equal(auth_verifier_new(&o, &s.v, NULL), AUTH_OK);
	assert_int_equal(pthread_create(&other, NULL, write_on, &s), 0);
	write_on(&s);
	pthread_join(other, NULL);
	auth_verifier_free(s.v);
}

int main(int argc, char **argv)
{
	static long seconds;
	if (argc > 1)
		seconds = strtol(argv[1], NULL, 10);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(swap_while_verifying, &seconds),
		cmocka_unit_test(writers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
