/* Memory that runs out at each allocation in turn, and verifications that need none. */
#include "failing.h"
#include "tokens.h"

#include "libauth/base/mem.h"

#include <dirent.h>
#include <openssl/err.h>
#include <stdio.h>
#include <unistd.h>

enum { NOW = 1700000100, ANSWERS_MAX = 16 };

#define ISSUER "https://id.example"

/* ---- what is verified, in memory and as files ----------------------------------------------- */

static char *jwks_text, *good, *wide, *revoked, *forged, *list, *bundle, *proof, *forged_proof;
static struct auth_keyset *roots;
static char folder[32];

/* What was said along the way, and what should be; a refusal that memory caused is no verdict. */
struct answers {
	size_t n;
	struct {
		enum auth_status said, expected;
	} list[ANSWERS_MAX];
};

static enum auth_status note(struct answers *a, enum auth_status expected, enum auth_status said)
{
	assert_true(a->n < ANSWERS_MAX);
	a->list[a->n].said = said;
	a->list[a->n++].expected = expected;
	return said;
}

static void verify(struct auth_verifier *v, const char *token, enum auth_status expected,
		   struct answers *a)
{
	struct auth_claims *claims = NULL;
	enum auth_status s = note(a, expected, auth_verify(v, token, strlen(token), NOW, &claims));
	assert_int_equal(s == AUTH_OK, claims != NULL);
	auth_claims_free(claims);
}

static struct auth_verifier *make_verifier(void)
{
	struct auth_options o = AUTH_OPTIONS_INIT;
	struct auth_verifier *v = NULL;
	o.issuer = ISSUER;
	o.audience = "a";
	o.cache_tokens = 8;
	return auth_verifier_new(&o, &v, NULL) == AUTH_OK ? v : NULL;
}

static const char *path_of(const char *name)
{
	static char path[64];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

/* ---- lives ---------------------------------------------------------------------------------- */

static void with_verifier(struct auth_verifier *v, struct answers *a)
{
	struct auth_bundle_options b = AUTH_BUNDLE_OPTIONS_INIT;
	struct auth_keyset *keys = NULL;
	b.issuer = ISSUER;
	b.roots = roots;
	b.min_version = 1;
	if (auth_keyset_from_json(jwks_text, strlen(jwks_text), &keys, NULL) == AUTH_OK &&
	    auth_verifier_set_keys(v, keys) == AUTH_OK) {
		note(a, AUTH_OK, auth_verifier_add_list(v, list, strlen(list), NOW, NULL));
		verify(v, good, AUTH_OK, a);
		verify(v, wide, AUTH_OK, a);
		verify(v, revoked, AUTH_REVOKED, a);
		verify(v, forged, AUTH_BAD_SIGNATURE, a);
		note(a, AUTH_OK, auth_verifier_load_bundle(v, bundle, strlen(bundle), &b, NOW, NULL));
		verify(v, revoked, AUTH_REVOKED, a);
	}
	auth_keyset_free(keys);
}

static void with_files(struct auth_verifier *v, struct answers *a)
{
	struct auth_bundle_options b = AUTH_BUNDLE_OPTIONS_INIT;
	struct auth_keyset *keys = NULL;
	char state[64];
	snprintf(state, sizeof state, "%s", path_of("state"));
	b.issuer = ISSUER;
	b.roots = roots;
	b.state_file = state;
	if (note(a, AUTH_OK, auth_keyset_from_file(path_of("jwks"), &keys, NULL)) == AUTH_OK &&
	    auth_verifier_set_keys(v, keys) == AUTH_OK) {
		note(a, AUTH_OK, auth_verifier_add_list_file(v, path_of("list"), NOW, NULL));
		verify(v, revoked, AUTH_REVOKED, a);
		note(a, AUTH_OK, auth_verifier_load_bundle_file(v, path_of("bundle"), &b, NOW, NULL));
		verify(v, good, AUTH_OK, a);
		verify(v, forged, AUTH_BAD_SIGNATURE, a);
	}
	auth_keyset_free(keys);
}

static void with_directory(struct auth_verifier *v, struct answers *a)
{
	struct auth_keyset *keys = NULL;
	if (note(a, AUTH_OK, auth_keyset_from_directory(folder, &keys, NULL)) == AUTH_OK) {
		/* All of them or none. */
		assert_int_equal(auth_keyset_count(keys), 2);
		if (auth_verifier_set_keys(v, keys) == AUTH_OK) {
			note(a, AUTH_OK, auth_verifier_add_list(v, list, strlen(list), NOW, NULL));
			verify(v, good, AUTH_OK, a);
			verify(v, revoked, AUTH_REVOKED, a);
			/* Signed by a key of the other issuer, whose kid is the same. */
			verify(v, forged, AUTH_WRONG_ISSUER, a);
		}
	}
	auth_keyset_free(keys);
}

static void prove(const char *text, enum auth_status expected, struct answers *a)
{
	struct auth_dpop o = AUTH_DPOP_INIT;
	struct auth_claims *claims = NULL;
	o.method = "POST";
	o.uri = ISSUER "/token";
	enum auth_status s =
		note(a, expected, auth_verify_dpop(text, strlen(text), &o, NOW, &claims));
	assert_int_equal(s == AUTH_OK, claims != NULL);
	auth_claims_free(claims);
}

static void with_proofs(struct auth_verifier *v, struct answers *a)
{
	(void)v;
	prove(proof, AUTH_OK, a);
	prove(forged_proof, AUTH_BAD_SIGNATURE, a);
}

static void (*const LIVES[])(struct auth_verifier *v, struct answers *a) = {
	with_verifier, with_files, with_directory, with_proofs,
};

static struct answers live(size_t i)
{
	struct answers a = { 0 };
	struct auth_verifier *v = make_verifier();
	if (v)
		LIVES[i](v, &a);
	auth_verifier_free(v);
	ERR_clear_error();
	unlink(path_of("state"));
	return a;
}

/* ---- each allocation fails ------------------------------------------------------------------ */

static long allocations_of_a_life(size_t i)
{
	(void)live(i); /* what the libraries keep for good is made the first time */
	long before = failing_allocations();
	struct answers a = live(i);
	assert_true(a.n > 1);
	for (size_t k = 0; k < a.n; k++)
		assert_int_equal(a.list[k].said, a.list[k].expected);
	return failing_allocations() - before;
}

static void assert_nothing_accepted(const struct answers *a, long failed)
{
	for (size_t k = 0; k < a->n; k++)
		if (a->list[k].said == AUTH_OK && a->list[k].expected != AUTH_OK)
			fail_msg("allocation %ld: answer %zu was %s", failed, k,
				 auth_strerror(a->list[k].said));
}

static size_t files_in_folder(void)
{
	size_t n = 0;
	DIR *dir = opendir(folder);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Returns whether something leaked. */
static bool fail_each(size_t life)
{
	long each = allocations_of_a_life(life), before = failing_living();
	size_t files = files_in_folder();
	bool leaked = false;
	for (long i = 1; i <= each; i++) {
		failing_at(i);
		struct answers a = live(life);
		failing_at(0);
		assert_nothing_accepted(&a, i);
		leaked |= failing_living() != before;
	}
	assert_int_equal(files_in_folder(), files);
	print_message("%ld allocations, each failed once\n", each);
	return leaked;
}

static void each_of_ours_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(LIVES); i++)
		assert_false(fail_each(i));
}

/* OpenSSL leaks a little where it runs out of memory itself (EC_GROUP_new_by_curve_name). */
static void each_of_all_fails(void **state)
{
	(void)state;
	failing_everywhere(true);
	for (size_t i = 0; i < COUNT_OF(LIVES); i++)
		(void)fail_each(i);
	failing_everywhere(false);
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
	failing_everywhere(true);
	for (int i = 0; i < 3; i++) {
		before = failing_allocations();
		assert_int_equal(auth_verify_into(v, token, strlen(token), NOW, claims), AUTH_OK);
	}
	long n = failing_allocations() - before;
	failing_everywhere(false);
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

static char *token(const struct signer *s, int index, const char *more)
{
	char payload[900];
	snprintf(payload, sizeof payload,
		 "{\"iss\":\"" ISSUER "\",\"sub\":\"u\",\"aud\":\"a\",\"client_id\":\"c\",\"iat\":1700000000,"
		 "\"exp\":1700009000,\"jti\":\"j\",\"status\":{\"status_list\":{\"idx\":%d,\"uri\":\"u\"}}%s}",
		 index, more);
	return sign_access(s, payload);
}

static char *proof_by(const struct signer *s, const char *jwk)
{
	char header[4300];
	snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":%s}", jwk);
	return sign(s, header,
		    "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"" ISSUER "/token\",\"iat\":1700000090}");
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static char *make_bundle(const struct signer *issuer)
{
	AUTO_BUF struct buf b = { 0 };
	buf_format(&b,
		   "{\"iss\":\"" ISSUER "\",\"version\":1,\"iat\":1700000000,\"exp\":1700009000,\"jwks\":%s,"
		   "\"status_lists\":[\"%s\"]}",
		   jwks_text, list);
	buf_put_byte(&b, '\0');
	return sign(issuer, "{\"alg\":\"ES256\",\"typ\":\"trust-bundle+jwt\",\"kid\":\"k\"}",
		    (const char *)b.p);
}

static void make_texts(const struct signer *issuer, const struct signer *other)
{
	char many[300] = ",\"many\":[0"; /* more values than claims have room for without memory */
	for (int i = 0; i < 60; i++)
		strncat(many, ",0", sizeof many - strlen(many) - 1);
	strncat(many, "]", sizeof many - strlen(many) - 1);
	jwks_text = jwks(&issuer, 1);
	roots = keyset(issuer);
	good = token(issuer, 0, "");
	wide = token(issuer, 0, many);
	revoked = token(issuer, 8, ""); /* eNpjYAQAAAMAAg: 00 01 */
	forged = token(other, 0, "");
	list = sign(issuer, "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\",\"kid\":\"k\"}",
		    "{\"sub\":\"u\",\"iat\":1700000000,\"status_list\":{\"bits\":1,\"lst\":\"eNpjYAQAAAMAAg\"}}");
	bundle = make_bundle(issuer);
	proof = proof_by(issuer, issuer->jwk);
	forged_proof = proof_by(other, issuer->jwk);
}

static void write_files(const struct signer *other)
{
	AUTO_MEM char *jwks_of_other = jwks(&other, 1);
	char metadata[4400];
	write_file("jwks", jwks_text);
	write_file("list", list);
	write_file("bundle", bundle);
	snprintf(metadata, sizeof metadata, "{\"issuer\":\"" ISSUER "\",\"jwks\":%s}", jwks_text);
	write_file("issuer.json", metadata);
	snprintf(metadata, sizeof metadata, "{\"issuer\":\"https://other.example\",\"jwks\":%s}",
		 jwks_of_other);
	write_file("other.json", metadata);
}

static int set_up(void **state)
{
	(void)state;
	struct signer issuer, other;
	signer_init(&issuer, "ES256", "k");
	signer_init(&other, "ES256", "k");
	snprintf(folder, sizeof folder, "/tmp/memory-XXXXXX");
	assert_non_null(mkdtemp(folder));
	make_texts(&issuer, &other);
	write_files(&other);
	signer_done(&issuer);
	signer_done(&other);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	char *const texts[] = { jwks_text, good, wide, revoked, forged, list, bundle, proof, forged_proof };
	const char *const files[] = { "jwks", "list", "bundle", "issuer.json", "other.json" };
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < COUNT_OF(files); i++)
		unlink(path_of(files[i]));
	rmdir(folder);
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
