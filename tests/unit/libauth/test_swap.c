/* Threads verify while another replaces the key set: no race, no wrong verdict. */
#include "tokens.h"

#include <pthread.h>
#include <stdatomic.h>

enum { NOW = 1700000100, READERS = 3, SWAPS = 400 };

static const char PAYLOAD[] = "{\"iss\":\"i\",\"sub\":\"u\",\"aud\":\"a\",\"client_id\":\"c\","
			      "\"iat\":1700000000,\"exp\":1700000300,\"jti\":\"t\"}";

struct scene {
	struct auth_verifier *v;
	char *both, *sometimes, *forged; /* signed by the key in both sets, in one, in none */
	atomic_bool over;
	atomic_ulong verified, wrong, known, unknown;
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
		atomic_fetch_add(&s->verified, 1);
	}
	return NULL;
}

static struct auth_keyset *set_of(const struct signer *const *signers, size_t n)
{
	struct auth_keyset *keys = NULL;
	char *json = jwks(signers, n);
	assert_int_equal(auth_keyset_from_json(json, strlen(json), &keys, NULL), AUTH_OK);
	free(json);
	return keys;
}

static void swap_while_verifying(void **state)
{
	(void)state;
	struct signer a, b, forger;
	struct scene s = { 0 };
	struct auth_options o = AUTH_OPTIONS_INIT;
	o.issuer = "i";
	o.audience = "a";
	signer_init(&a, "ES256", "a");
	signer_init(&b, "EdDSA", "b");
	signer_init(&forger, "ES256", "a");
	const struct signer *both[] = { &a, &b }, *one[] = { &a };
	s.v = verifier(&o, &a);
	s.both = sign_access(&a, PAYLOAD);
	s.sometimes = sign_access(&b, PAYLOAD);
	s.forged = sign_access(&forger, PAYLOAD);

	pthread_t readers[READERS];
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_on, &s), 0);
	for (int i = 0; i < SWAPS || atomic_load(&s.known) < 5 || atomic_load(&s.unknown) < 5; i++) {
		/* A new set each time: the old one is really freed under the readers' feet. */
		struct auth_keyset *keys = i % 2 ? set_of(both, 2) : set_of(one, 1);
		assert_int_equal(auth_verifier_set_keys(s.v, keys), AUTH_OK);
		auth_keyset_free(keys);
	}
	atomic_store(&s.over, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	assert_int_equal(atomic_load(&s.wrong), 0);
	assert_true(atomic_load(&s.verified) > 10);

	auth_verifier_free(s.v);
	free(s.both);
	free(s.sometimes);
	free(s.forged);
	signer_done(&a);
	signer_done(&b);
	signer_done(&forger);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(swap_while_verifying),
		cmocka_unit_test(writers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
