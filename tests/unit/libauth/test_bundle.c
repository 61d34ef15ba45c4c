/* Trust bundles, the chain of roots, what has been seen, and directories of issuers. */
#include "tokens.h"

#include "libauth/base/mem.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOW = 1700000100 };

#define ISSUER "https://id.example"
#define ROOT_TYPE "root+jwt"
#define BUNDLE_TYPE "trust-bundle+jwt"
/* Sixteen tokens, none of them revoked. */
#define LIST_OF_NONE "eNpjYAAAAAIAAQ"

struct scene {
	struct signer root1, root2, root3, issuer;
	struct auth_keyset *pinned;
	struct auth_verifier *v;
	struct auth_bundle_options o;
	char dir[32], state[64];
	struct auth_error e;
};

static int set_up(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	struct auth_options o = AUTH_OPTIONS_INIT;
	signer_init(&s->root1, "ES256", "r1");
	signer_init(&s->root2, "ES256", "r2");
	signer_init(&s->root3, "ES256", "r3");
	signer_init(&s->issuer, "ES256", "k1");
	s->pinned = keyset(&s->root1);
	o.issuer = ISSUER;
	o.audience = "a";
	assert_int_equal(auth_verifier_new(&o, &s->v, NULL), AUTH_OK);
	snprintf(s->dir, sizeof s->dir, "/tmp/bundle-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->state, sizeof s->state, "%s/state", s->dir);
	s->o = (struct auth_bundle_options)AUTH_BUNDLE_OPTIONS_INIT;
	s->o.roots = s->pinned;
	s->o.issuer = ISSUER;
	s->o.state_file = s->state;
	*state = s;
	return 0;
}

static void empty_directory(const char *path)
{
	DIR *dir = opendir(path);
	char name[300];
	for (struct dirent *e; (e = readdir(dir));) {
		snprintf(name, sizeof name, "%s/%s", path, e->d_name);
		unlink(name);
	}
	closedir(dir);
	rmdir(path);
}

static int tear_down(void **state)
{
	struct scene *s = *state;
	auth_verifier_free(s->v);
	auth_keyset_free(s->pinned);
	signer_done(&s->root1);
	signer_done(&s->root2);
	signer_done(&s->root3);
	signer_done(&s->issuer);
	empty_directory(s->dir);
	free(s);
	return 0;
}

/* ---- bundles -------------------------------------------------------------------------------- */

static char *signed_by(const struct signer *s, const char *type, const char *payload)
{
	char header[128];
	snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"typ\":\"%s\",\"kid\":\"%s\"}", type,
		 s->kid);
	return sign(s, header, payload);
}

static char *frame(const struct scene *s, int version, long iat, long exp, const char *more)
{
	char *text;
	assert_true(asprintf(&text,
			     "{\"iss\":\"" ISSUER "\",\"version\":%d,\"iat\":%ld,\"exp\":%ld,"
			     "\"jwks\":{\"keys\":[%s]}%s}",
			     version, iat, exp, s->issuer.jwk, more) > 0);
	return text;
}

static char *bundle(const struct scene *s, int version, long iat, const char *more)
{
	AUTO_MEM char *payload = frame(s, version, iat, 1700100000, more);
	return signed_by(&s->root1, BUNDLE_TYPE, payload);
}

static char *link_to(const struct signer *from, const struct signer *to)
{
	char payload[4200];
	snprintf(payload, sizeof payload, "{\"keys\":[%s]}", to->jwk);
	return signed_by(from, ROOT_TYPE, payload);
}

static enum auth_status load_at(struct scene *s, const char *text, int64_t now)
{
	return auth_verifier_load_bundle(s->v, text, strlen(text), &s->o, now, &s->e);
}

static enum auth_status load(struct scene *s, const char *text) { return load_at(s, text, NOW); }

static enum auth_status verdict_at(const struct scene *s, int64_t now, const char *more)
{
	char payload[600];
	snprintf(payload, sizeof payload,
		 "{\"iss\":\"" ISSUER "\",\"sub\":\"u\",\"aud\":\"a\",\"client_id\":\"c\",\"iat\":%lld,"
		 "\"exp\":%lld,\"jti\":\"j\"%s}",
		 (long long)now, (long long)now + 300, more);
	AUTO_MEM char *token = sign_access(&s->issuer, payload);
	return verdict(s->v, token, now);
}

#define assert_answer(have, want) assert_string_equal(auth_strerror(have), auth_strerror(want))

static void keys_of_a_bundle(void **state)
{
	struct scene *s = *state;
	AUTO_MEM char *b = bundle(s, 1, NOW, "");
	assert_answer(verdict_at(s, NOW, ""), AUTH_NO_KEYS);
	assert_answer(load(s, b), AUTH_OK);
	assert_answer(verdict_at(s, NOW, ""), AUTH_OK);
	/* Months later, without a network; but not after the bundle's own end. */
	assert_answer(verdict_at(s, 1700099999, ""), AUTH_OK);
	assert_answer(verdict_at(s, 1700100000, ""), AUTH_UNKNOWN_KEY);
}

static void lists_of_a_bundle(void **state)
{
	static const char STATUS[] = ",\"status\":{\"status_list\":{\"idx\":3,\"uri\":\"u1\"}}";
	struct scene *s = *state;
	AUTO_MEM char *list = sign(&s->issuer,
				   "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\",\"kid\":\"k1\"}",
				   "{\"sub\":\"u1\",\"iat\":1700000000,\"ttl\":100,\"status_list\":{\"bits\":1,"
				   "\"lst\":\"" LIST_OF_NONE "\"}}");
	AUTO_MEM char *expired = sign(&s->issuer,
				      "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\",\"kid\":\"k1\"}",
				      "{\"sub\":\"u2\",\"iat\":1600000000,\"exp\":1600000001,\"status_list\":"
				      "{\"bits\":1,\"lst\":\"" LIST_OF_NONE "\"}}");
	AUTO_MEM char *forged = sign(&s->root1,
				     "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\",\"kid\":\"k1\"}",
				     "{\"sub\":\"u1\",\"iat\":1700000000,\"status_list\":{\"bits\":1,"
				     "\"lst\":\"" LIST_OF_NONE "\"}}");
	char more[4096];
	snprintf(more, sizeof more, ",\"status_lists\":[\"%s\",\"%s\"]", expired, list);
	AUTO_MEM char *good = bundle(s, 1, NOW, more);
	assert_answer(load(s, good), AUTH_OK);
	assert_answer(verdict_at(s, NOW, STATUS), AUTH_OK);
	assert_answer(verdict_at(s, NOW + 61, STATUS), AUTH_REVOCATION_UNKNOWN);

	snprintf(more, sizeof more, ",\"status_lists\":[\"%s\"]", forged);
	AUTO_MEM char *bad = bundle(s, 2, NOW, more);
	assert_answer(load(s, bad), AUTH_BAD_BUNDLE);
	assert_non_null(strstr(s->e.message, "status list"));
	/* Nothing of it was taken, not even its version. */
	AUTO_MEM char *again = bundle(s, 1, NOW, "");
	assert_answer(load(s, again), AUTH_OK);
}

static void older(void **state)
{
	struct scene *s = *state;
	AUTO_MEM char *five = bundle(s, 5, NOW, ""), *four = bundle(s, 4, NOW, ""),
		      *earlier = bundle(s, 6, NOW - 1, ""), *six = bundle(s, 6, NOW + 10, "");
	assert_answer(load(s, five), AUTH_OK);
	assert_answer(load(s, five), AUTH_OK);
	assert_answer(load(s, four), AUTH_OLDER);
	assert_answer(load(s, earlier), AUTH_OLDER);
	assert_answer(load(s, six), AUTH_OK);
	assert_answer(load(s, five), AUTH_OLDER);
	/* Also another process, another day: the file remembers. */
	s->o.state_file = NULL;
	assert_answer(load(s, five), AUTH_BAD_OPTIONS);
	s->o.min_version = 6;
	assert_answer(load(s, five), AUTH_OLDER);
	assert_answer(load(s, six), AUTH_OK);
}

static void roots_follow_roots(void **state)
{
	struct scene *s = *state;
	AUTO_MEM char *payload = frame(s, 1, NOW, 1700100000, "");
	AUTO_MEM char *one_two = link_to(&s->root1, &s->root2), *two_three = link_to(&s->root2, &s->root3),
		      *one_three = link_to(&s->root1, &s->root3);
	AUTO_MEM char *by_three = signed_by(&s->root3, BUNDLE_TYPE, payload),
		      *by_two = signed_by(&s->root2, BUNDLE_TYPE, payload),
		      *by_one = signed_by(&s->root1, BUNDLE_TYPE, payload);
	const struct {
		const char *lines[4];
		enum auth_status answer;
	} ROWS[] = {
		{ { by_one }, AUTH_OK },
		{ { one_two, by_two }, AUTH_OK },
		{ { one_two, two_three, by_three }, AUTH_OK },
		{ { by_two }, AUTH_UNKNOWN_KEY },
		{ { by_three }, AUTH_UNKNOWN_KEY },
		{ { two_three, by_three }, AUTH_UNKNOWN_KEY },
		{ { two_three, one_two, by_three }, AUTH_UNKNOWN_KEY },
		{ { one_two, by_one }, AUTH_UNKNOWN_KEY }, /* a root that has been replaced */
		{ { one_two, one_three, by_three }, AUTH_UNKNOWN_KEY },
		{ { by_one, by_one }, AUTH_WRONG_TYPE },
		{ { one_two }, AUTH_WRONG_TYPE },
		{ { one_two, "", by_two }, AUTH_BAD_BUNDLE },
		{ { "" }, AUTH_BAD_BUNDLE },
	};
	for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
		char text[9000] = "";
		size_t n = 0;
		for (const char *const *line = ROWS[i].lines; *line; line++)
			n += (size_t)snprintf(text + n, sizeof text - n, "%s\n", *line);
		assert_answer(load(s, text), ROWS[i].answer);
	}
}

/* Who has pinned a later root passes over the way there. */
static void a_later_root_is_pinned(void **state)
{
	struct scene *s = *state;
	AUTO_MEM char *payload = frame(s, 1, NOW, 1700100000, "");
	AUTO_MEM char *one_two = link_to(&s->root1, &s->root2),
		      *by_two = signed_by(&s->root2, BUNDLE_TYPE, payload),
		      *by_one = signed_by(&s->root1, BUNDLE_TYPE, payload);
	char text[9000];
	struct auth_keyset *second = keyset(&s->root2);
	s->o.roots = second;
	snprintf(text, sizeof text, "%s\n%s\n", one_two, by_one);
	assert_answer(load(s, text), AUTH_UNKNOWN_KEY);
	assert_string_equal(s->e.message, "it is signed by no root that is trusted here");
	snprintf(text, sizeof text, "%s\n%s\n", one_two, by_two);
	assert_answer(load(s, text), AUTH_OK);
	auth_keyset_free(second);
}

static void refused(void **state)
{
	struct scene *s = *state;
	const struct {
		int version;
		long iat, exp;
		const char *more;
		enum auth_status answer;
	} ROWS[] = {
		{ 1, NOW + 61, NOW + 1000, "", AUTH_NOT_YET_VALID },
		{ 1, NOW - 10, NOW, "", AUTH_EXPIRED },
		{ 1, -5, NOW + 10, "", AUTH_BAD_BUNDLE },
		{ -1, NOW, NOW + 10, "", AUTH_BAD_BUNDLE },
		{ 1, NOW, NOW + 10, ",\"status_lists\":{}", AUTH_BAD_BUNDLE },
		{ 1, NOW, NOW + 10, ",\"status_lists\":[7]", AUTH_BAD_BUNDLE },
		{ 1, NOW, NOW + 10, ",\"version\":1", AUTH_MALFORMED },
	};
	for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
		AUTO_MEM char *payload =
			frame(s, ROWS[i].version, ROWS[i].iat, ROWS[i].exp, ROWS[i].more);
		AUTO_MEM char *b = signed_by(&s->root1, BUNDLE_TYPE, payload);
		assert_answer(load(s, b), ROWS[i].answer);
	}
	AUTO_MEM char *good = bundle(s, 1, NOW, "");
	s->o.issuer = "https://other.example";
	assert_answer(load(s, good), AUTH_WRONG_ISSUER);
	s->o.issuer = ISSUER;
	for (size_t i = 0; i < strlen(good); i++) {
		char was = good[i];
		good[i] = was == 'A' ? 'B' : 'A';
		assert_int_not_equal(load(s, good), AUTH_OK);
		good[i] = was;
	}
	assert_answer(verdict_at(s, NOW, ""), AUTH_NO_KEYS);

	FILE *f = fopen(s->state, "w");
	fputs("version 1\n", f);
	fclose(f);
	assert_answer(load(s, good), AUTH_BAD_BUNDLE);
	s->o.state_file = "/nowhere/at/all";
	assert_answer(load(s, good), AUTH_IO);
	assert_answer(verdict_at(s, NOW, ""), AUTH_NO_KEYS);
}

/* A clock set back does not bring an old bundle back. */
static void clock_back(void **state)
{
	struct scene *s = *state;
	AUTO_MEM char *now = bundle(s, 3, 1700099000, "");
	AUTO_MEM char *payload = frame(s, 3, 1700099000, 1700099001, "");
	AUTO_MEM char *brief = signed_by(&s->root1, BUNDLE_TYPE, payload);
	assert_answer(load_at(s, now, 1700099500), AUTH_OK);
	assert_answer(load_at(s, now, 1600000000), AUTH_OK);
	assert_answer(load_at(s, brief, 1600000000), AUTH_OK);
	AUTO_MEM char *later = bundle(s, 4, 1700099002, "");
	assert_answer(load_at(s, later, 1700099500), AUTH_OK);
	assert_answer(load_at(s, brief, 1600000000), AUTH_EXPIRED);
}

/* ---- directories ---------------------------------------------------------------------------- */

static void write_issuer(const struct scene *s, const char *name, const char *issuer,
			 const struct signer *key)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", s->dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "{\"issuer\":\"%s\",\"jwks\":{\"keys\":[%s]}}", issuer, key->jwk);
	fclose(f);
}

static enum auth_status of_issuer(struct auth_verifier *v, const struct signer *key, const char *iss)
{
	char payload[600];
	snprintf(payload, sizeof payload,
		 "{\"iss\":\"%s\",\"sub\":\"u\",\"aud\":\"a\",\"client_id\":\"c\",\"iat\":%d,\"exp\":%d,"
		 "\"jti\":\"j\"}",
		 iss, NOW, NOW + 300);
	AUTO_MEM char *token = sign_access(key, payload);
	return verdict(v, token, NOW);
}

/* Two issuers that use the same kid: each key vouches for its own issuer alone. */
static void directory(void **state)
{
	struct scene *s = *state;
	struct signer a, b;
	struct auth_options o = AUTH_OPTIONS_INIT;
	struct auth_keyset *keys = NULL;
	struct auth_verifier *v;
	o.flags = AUTH_ANY_ISSUER;
	o.audience = "a";
	o.cache_tokens = 64;
	signer_init(&a, "ES256", "same");
	signer_init(&b, "ES256", "same");
	write_issuer(s, "north.json", "https://north.example", &a);
	write_issuer(s, "south.json", "https://south.example", &b);
	write_issuer(s, ".hidden.json", "https://south.example", &b);
	write_issuer(s, "README", "https://south.example", &b);
	assert_int_equal(auth_keyset_from_directory(s->dir, &keys, &s->e), AUTH_OK);
	assert_int_equal(auth_keyset_count(keys), 2);
	assert_int_equal(auth_verifier_new(&o, &v, NULL), AUTH_OK);
	assert_int_equal(auth_verifier_set_keys(v, keys), AUTH_OK);
	auth_keyset_free(keys);
	for (int i = 0; i < 2; i++) {
		assert_answer(of_issuer(v, &a, "https://north.example"), AUTH_OK);
		assert_answer(of_issuer(v, &b, "https://south.example"), AUTH_OK);
		assert_answer(of_issuer(v, &a, "https://south.example"), AUTH_WRONG_ISSUER);
		assert_answer(of_issuer(v, &b, "https://north.example"), AUTH_WRONG_ISSUER);
		assert_answer(of_issuer(v, &a, "https://west.example"), AUTH_WRONG_ISSUER);
	}
	auth_verifier_free(v);

	write_issuer(s, "twice.json", "https://north.example", &a);
	assert_answer(auth_keyset_from_directory(s->dir, &keys, &s->e), AUTH_BAD_KEYS);
	write_issuer(s, "twice.json", "", &a);
	assert_answer(auth_keyset_from_directory(s->dir, &keys, &s->e), AUTH_BAD_KEYS);
	assert_non_null(strstr(s->e.message, "twice.json"));
	assert_answer(auth_keyset_from_directory("/nowhere", &keys, &s->e), AUTH_IO);
	signer_done(&a);
	signer_done(&b);
}

/* `nbf` and `exp` of a key. */
static void validity(void **state)
{
	struct scene *s = *state;
	char *end = strrchr(s->issuer.jwk, '}');
	snprintf(end, 100, ",\"nbf\":1700000000,\"exp\":1700001000}");
	AUTO_MEM char *b = bundle(s, 1, NOW, "");
	assert_answer(load(s, b), AUTH_OK);
	assert_answer(verdict_at(s, 1699999999, ""), AUTH_UNKNOWN_KEY);
	assert_answer(verdict_at(s, 1700000000, ""), AUTH_OK);
	assert_answer(verdict_at(s, 1700000999, ""), AUTH_OK);
	assert_answer(verdict_at(s, 1700001000, ""), AUTH_UNKNOWN_KEY);
	snprintf(end, 100, ",\"exp\":\"soon\"}");
	AUTO_MEM char *bad = bundle(s, 2, NOW, "");
	assert_answer(load(s, bad), AUTH_BAD_BUNDLE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(keys_of_a_bundle), TEST(lists_of_a_bundle), TEST(older), TEST(roots_follow_roots),
		TEST(a_later_root_is_pinned),
		TEST(refused),		TEST(clock_back),	 TEST(directory), TEST(validity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
