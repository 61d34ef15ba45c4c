/* Memory that runs out at each allocation in turn, and verifications that need none. */
#include "tokens.h"

#include "libauth/base/mem.h"

#include <openssl/err.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { NOW = 1700000100 };

/* ---- an allocator that counts, and fails when it is told to --------------------------------- */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);
void __libc_free(void *p);

/* Those of this program alone, libauth's among them, or those of the libraries below it too. */
static atomic_bool everywhere;
static atomic_long allocations, living, fail_at; /* fail_at: the one that fails; 0: none */

extern const char __executable_start[], etext[];

/* So that the libraries meet it too. */
#pragma GCC visibility push(default)
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);
void *aligned_alloc(size_t alignment, size_t n);
void free(void *p);
#pragma GCC visibility pop

static bool fails(const void *caller)
{
	bool ours = (const char *)caller >= __executable_start && (const char *)caller < etext;
	if (!ours && !atomic_load(&everywhere))
		return false;
	long now = atomic_fetch_add(&allocations, 1) + 1;
	return now == atomic_load(&fail_at);
}

static void *count(void *p)
{
	if (p)
		atomic_fetch_add(&living, 1);
	return p;
}

void *malloc(size_t n)
{
	return fails(__builtin_return_address(0)) ? NULL : count(__libc_malloc(n));
}

void *calloc(size_t n, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : count(__libc_calloc(n, size));
}

void *realloc(void *p, size_t n)
{
	if (fails(__builtin_return_address(0)))
		return NULL;
	return p ? __libc_realloc(p, n) : count(__libc_realloc(p, n));
}

void *aligned_alloc(size_t alignment, size_t n)
{
	return fails(__builtin_return_address(0)) ? NULL : count(__libc_memalign(alignment, n));
}

void free(void *p)
{
	if (p)
		atomic_fetch_sub(&living, 1);
	__libc_free(p);
}

/* ---- a life of a verifier ------------------------------------------------------------------- */

#define ISSUER "https://id.example"

static char *jwks_text, *good, *revoked, *forged, *list, *bundle;
static struct auth_keyset *roots;

/* What was said along the way; a refusal that memory caused is no verdict. */
struct life {
	enum auth_status good, revoked, forged, listed, bundled;
};

static void verify_all(struct auth_verifier *v, struct life *life)
{
	struct auth_claims *claims = NULL;
	life->good = auth_verify(v, good, strlen(good), NOW, &claims);
	auth_claims_free(claims);
	claims = NULL;
	life->revoked = auth_verify(v, revoked, strlen(revoked), NOW, &claims);
	auth_claims_free(claims);
	claims = NULL;
	life->forged = auth_verify(v, forged, strlen(forged), NOW, &claims);
	auth_claims_free(claims);
}

static struct life live(void)
{
	struct life life = { AUTH_NOMEM, AUTH_NOMEM, AUTH_NOMEM, AUTH_NOMEM, AUTH_NOMEM };
	struct auth_options o = AUTH_OPTIONS_INIT;
	struct auth_bundle_options b = AUTH_BUNDLE_OPTIONS_INIT;
	struct auth_keyset *keys = NULL;
	struct auth_verifier *v = NULL;
	o.issuer = ISSUER;
	o.audience = "a";
	o.cache_tokens = 8;
	b.issuer = ISSUER;
	b.roots = roots;
	b.min_version = 1;
	if (auth_verifier_new(&o, &v, NULL) != AUTH_OK)
		return life;
	if (auth_keyset_from_json(jwks_text, strlen(jwks_text), &keys, NULL) == AUTH_OK &&
	    auth_verifier_set_keys(v, keys) == AUTH_OK) {
		life.listed = auth_verifier_add_list(v, list, strlen(list), NOW, NULL);
		verify_all(v, &life);
		life.bundled = auth_verifier_load_bundle(v, bundle, strlen(bundle), &b, NOW, NULL);
	}
	auth_keyset_free(keys);
	auth_verifier_free(v);
	ERR_clear_error();
	return life;
}

static long allocations_of_a_life(void)
{
	(void)live(); /* what the libraries keep for good is made the first time */
	long before = atomic_load(&allocations);
	struct life life = live();
	assert_int_equal(life.good, AUTH_OK);
	assert_int_equal(life.revoked, AUTH_REVOKED);
	assert_int_equal(life.forged, AUTH_BAD_SIGNATURE);
	assert_int_equal(life.listed, AUTH_OK);
	assert_int_equal(life.bundled, AUTH_OK);
	return atomic_load(&allocations) - before;
}

static void fail_each(bool everywhere_too, bool *ret_leaked)
{
	atomic_store(&everywhere, everywhere_too);
	long each = allocations_of_a_life(), before = atomic_load(&living);
	*ret_leaked = false;
	for (long i = 1; i <= each; i++) {
		atomic_store(&fail_at, atomic_load(&allocations) + i);
		struct life life = live();
		atomic_store(&fail_at, 0);
		if (life.revoked == AUTH_OK || life.forged == AUTH_OK)
			fail_msg("allocation %ld of %ld: accepted", i, each);
		*ret_leaked |= atomic_load(&living) != before;
	}
	atomic_store(&everywhere, false);
	print_message("%ld allocations, each failed once\n", each);
}

static void each_of_ours_fails(void **state)
{
	(void)state;
	bool leaked;
	fail_each(false, &leaked);
	assert_false(leaked);
}

/* OpenSSL leaks a little where it runs out of memory itself (EC_GROUP_new_by_curve_name). */
static void each_of_all_fails(void **state)
{
	(void)state;
	bool leaked;
	fail_each(true, &leaked);
}

/* ---- nothing in steady state ---------------------------------------------------------------- */

static long allocations_of(const char *alg, size_t cache)
{
	struct signer s;
	struct auth_options o = AUTH_OPTIONS_INIT;
	struct auth_claims *claims = auth_claims_new();
	o.issuer = ISSUER;
	o.audience = "a";
	o.cache_tokens = cache;
	signer_init(&s, alg, "k");
	struct auth_verifier *v = verifier(&o, &s);
	AUTO_MEM char *token = sign_access(&s, "{\"iss\":\"" ISSUER "\",\"sub\":\"u\",\"aud\":\"a\",\"client_id\":"
					       "\"c\",\"iat\":1700000000,\"exp\":1700009000,\"jti\":\"j\"}");
	long before = 0;
	atomic_store(&everywhere, true);
	for (int i = 0; i < 3; i++) {
		before = atomic_load(&allocations);
		assert_int_equal(auth_verify_into(v, token, strlen(token), NOW, claims), AUTH_OK);
	}
	long n = atomic_load(&allocations) - before;
	atomic_store(&everywhere, false);
	auth_claims_free(claims);
	auth_verifier_free(v);
	signer_done(&s);
	return n;
}

/* Ed25519 is libsodium's, which needs no memory; the others are OpenSSL's, which does. */
static void steady_state(void **state)
{
	(void)state;
	assert_int_equal(allocations_of("EdDSA", 0), 0);
	assert_int_equal(allocations_of("EdDSA", 8), 0);
	assert_int_equal(allocations_of("ES256", 8), 0);
	assert_int_equal(allocations_of("RS256", 8), 0);
}

/* ---- what is verified ----------------------------------------------------------------------- */

static char *token(const struct signer *s, int index)
{
	char payload[400];
	snprintf(payload, sizeof payload,
		 "{\"iss\":\"" ISSUER "\",\"sub\":\"u\",\"aud\":\"a\",\"client_id\":\"c\",\"iat\":1700000000,"
		 "\"exp\":1700009000,\"jti\":\"j\",\"status\":{\"status_list\":{\"idx\":%d,\"uri\":\"u\"}}}",
		 index);
	return sign_access(s, payload);
}

static int set_up(void **state)
{
	(void)state;
	struct signer issuer, other;
	signer_init(&issuer, "ES256", "k");
	signer_init(&other, "ES256", "k");
	const struct signer *one = &issuer;
	jwks_text = jwks(&one, 1);
	roots = keyset(&issuer);
	good = token(&issuer, 0);
	revoked = token(&issuer, 8); /* eNpjYAQAAAMAAg: 00 01 */
	forged = token(&other, 0);
	list = sign(&issuer, "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\",\"kid\":\"k\"}",
		    "{\"sub\":\"u\",\"iat\":1700000000,\"status_list\":{\"bits\":1,\"lst\":\"eNpjYAQAAAMAAg\"}}");
	AUTO_BUF struct buf b = { 0 };
	buf_format(&b,
		   "{\"iss\":\"" ISSUER "\",\"version\":1,\"iat\":1700000000,\"exp\":1700009000,\"jwks\":%s,"
		   "\"status_lists\":[\"%s\"]}",
		   jwks_text, list);
	buf_put_byte(&b, '\0');
	bundle = sign(&issuer, "{\"alg\":\"ES256\",\"typ\":\"trust-bundle+jwt\",\"kid\":\"k\"}",
		      (const char *)b.p);
	signer_done(&issuer);
	signer_done(&other);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	char *const texts[] = { jwks_text, good, revoked, forged, list, bundle };
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		free(texts[i]);
	auth_keyset_free(roots);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_of_ours_fails),
		cmocka_unit_test(each_of_all_fails),
		cmocka_unit_test(steady_state),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
