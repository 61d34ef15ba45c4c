/* A client's keys: when its jwks_uri is fetched, for how long they count, and what it may not ask. */
#include "servers.h"

#include "authd/service/client_keys.h"
#include "authd/service/documents.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static const char ONE[] = "{\"keys\":[{\"kid\":\"one\"}]}", TWO[] = "{\"keys\":[{\"kid\":\"two\"}]}";

/* A client whose jwks_uri is a file that does not exist yet, and a memory that does not know it. */
struct setting {
	struct servers *w;
	char file[100], asked[120];
	struct client client;
};

static struct setting begin(void **state, const char *name, const char *freshness)
{
	struct setting s = { .w = *state };
	documents_free(TAKE(s.w->issuer.documents));
	assert_ok(documents_new(&s.w->issuer.documents));
	snprintf(s.file, sizeof s.file, "%s/%s", s.w->dir, name);
	snprintf(s.asked, sizeof s.asked, "%s.asked", s.file);
	struct slice path = arena_format(&s.w->arena, "/file/%s%s", name, freshness);
	s.client.client_id = SLICE("portal");
	s.client.jwks_uri = servers_url(s.w, (const char *)path.p);
	return s;
}

static void publish(const struct setting *s, const char *text)
{
	char new[120];
	snprintf(new, sizeof new, "%s.new", s->file);
	FILE *f = fopen(new, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(new, s->file), 0);
}

static int times_asked(const struct setting *s)
{
	struct stat st;
	return stat(s->asked, &st) == 0 ? (int)st.st_size : 0;
}

/* As a step does it: true if something was waited for. */
static bool fetch_keys(struct setting *s, const struct client_keys *seen, int64_t now)
{
	struct waiting waiting = waiting_begin();
	if (!client_keys_fetch(&s->w->issuer, &s->client, seen, now, &s->w->arena, &waiting.op))
		return false;
	(void)!waiting_end(&waiting);
	return true;
}

static const struct client_keys NONE;

static status get(struct setting *s, int64_t now, struct client_keys *ret)
{
	return client_keys_get(&s->w->issuer, &s->client, now, &s->w->arena, ret);
}

static void are(struct setting *s, int64_t now, const char *expected)
{
	struct client_keys keys;
	assert_ok(get(s, now, &keys));
	assert_slice(keys.jwks, expected);
}

static void are_none(struct setting *s, int64_t now)
{
	struct client_keys keys;
	assert_int_equal(get(s, now, &keys), ST_NOT_FOUND);
	assert_int_equal(keys.jwks.n + keys.version, 0);
}

static void test_registered_keys(void **state)
{
	struct setting s = begin(state, "registered", "");
	struct client_keys keys;
	s.client.jwks_uri = NO_SLICE;
	are_none(&s, NOW);
	assert_false(fetch_keys(&s, &NONE, NOW));
	s.client.jwks = slice_str(ONE);
	assert_ok(get(&s, NOW, &keys));
	assert_ptr_equal(keys.jwks.p, ONE);
	assert_false(fetch_keys(&s, &keys, NOW));
	assert_int_equal(times_asked(&s), 0);
}

static void test_fetched_and_kept(void **state)
{
	struct setting s = begin(state, "kept", "");
	publish(&s, ONE);
	are_none(&s, NOW);
	assert_true(fetch_keys(&s, &NONE, NOW));
	are(&s, NOW, ONE);
	publish(&s, TWO);
	are(&s, NOW + DOCUMENT_FRESH_S - 1, ONE);
	are_none(&s, NOW + DOCUMENT_FRESH_S);
	assert_true(fetch_keys(&s, &NONE, NOW + DOCUMENT_FRESH_S));
	are(&s, NOW + DOCUMENT_FRESH_S, TWO);
	assert_int_equal(times_asked(&s), 2);
}

static void test_freshness(void **state)
{
	static const struct {
		const char *name, *freshness;
		int64_t fresh_s;
	} cases[] = {
		{ "f1", "/max-age=100", 100 },   { "f2", "/max-age=0", 60 }, { "f3", "/no-store", 60 },
		{ "f4", "/max-age=86400", 3600 }, { "f5", "/public", 300 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct setting s = begin(state, cases[i].name, cases[i].freshness);
		publish(&s, ONE);
		assert_true(fetch_keys(&s, &NONE, NOW));
		are(&s, NOW + cases[i].fresh_s - 1, ONE);
		are_none(&s, NOW + cases[i].fresh_s);
	}
}

/* New keys are found as soon as an old one does not do; however many ask, then not for 30 s. */
static void test_rotation(void **state)
{
	struct setting s = begin(state, "rotation", "/max-age=3600");
	struct client_keys seen;
	publish(&s, ONE);
	assert_true(fetch_keys(&s, &NONE, NOW));
	assert_ok(get(&s, NOW, &seen));
	publish(&s, TWO);
	assert_true(fetch_keys(&s, &seen, NOW + 1));
	are(&s, NOW + 1, TWO);
	assert_int_equal(times_asked(&s), 2);
	/* Who has seen the old ones finds the new ones without another fetch. */
	assert_true(fetch_keys(&s, &seen, NOW + 2));
	assert_int_equal(times_asked(&s), 2);
	assert_ok(get(&s, NOW + 2, &seen));
	publish(&s, ONE);
	for (int i = 0; i < 1000; i++)
		assert_false(fetch_keys(&s, &seen, NOW + 2 + i % 29));
	are(&s, NOW + 30, TWO);
	assert_true(fetch_keys(&s, &seen, NOW + 31));
	are(&s, NOW + 31, ONE);
	assert_int_equal(times_asked(&s), 3);
	/* A clock that was set back does not end it. */
	assert_ok(get(&s, NOW + 31, &seen));
	assert_true(fetch_keys(&s, &seen, NOW - 1000));
	assert_int_equal(times_asked(&s), 4);
}

static void test_outage(void **state)
{
	struct setting s = begin(state, "outage", "");
	int64_t old = NOW + DOCUMENT_FRESH_S;
	assert_true(fetch_keys(&s, &NONE, NOW));
	are_none(&s, NOW);
	assert_false(fetch_keys(&s, &NONE, NOW + 29));
	publish(&s, ONE);
	assert_true(fetch_keys(&s, &NONE, NOW + 30));
	are(&s, NOW + 30, ONE);
	unlink(s.file);
	old += 30;
	are_none(&s, old); /* not before it has been tried */
	assert_true(fetch_keys(&s, &NONE, old));
	are(&s, old, ONE);
	are(&s, old + 29, ONE);
	are_none(&s, old + 30);
	int64_t last = old + DOCUMENT_OUTAGE_S - 1;
	assert_true(fetch_keys(&s, &NONE, last));
	are(&s, last, ONE);
	are_none(&s, last + 1);
}

static void test_what_is_no_key_set(void **state)
{
	static const char *const bad[] = { "", "<html>", "[]", "{}", "{\"keys\":1}", "{\"keys\":[]} x",
					   "{\"keys\":[],\"keys\":[]}" };
	struct setting s = begin(state, "bad", "");
	publish(&s, ONE);
	assert_true(fetch_keys(&s, &NONE, NOW));
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		int64_t now = NOW + DOCUMENT_FRESH_S + (int64_t)i * DOCUMENT_AGAIN_S;
		publish(&s, bad[i]);
		assert_true(fetch_keys(&s, &NONE, now));
		are(&s, now, ONE);
	}
	char *large = malloc(DOCUMENT_BYTES_MAX + 100);
	memset(large, ' ', DOCUMENT_BYTES_MAX + 99);
	memcpy(large, TWO, sizeof TWO - 1);
	large[DOCUMENT_BYTES_MAX + 1] = '\0';
	publish(&s, large);
	assert_true(fetch_keys(&s, &NONE, NOW + 1000));
	are(&s, NOW + 1000, ONE);
	large[DOCUMENT_BYTES_MAX] = '\0';
	publish(&s, large);
	assert_true(fetch_keys(&s, &NONE, NOW + 1030));
	are(&s, NOW + 1030, large);
	free(large);
}

/* Each client asks for itself, and another jwks_uri is another place. */
static void test_clients_apart(void **state)
{
	struct setting s = begin(state, "apart", "");
	publish(&s, ONE);
	assert_true(fetch_keys(&s, &NONE, NOW));
	struct slice uri = s.client.jwks_uri;
	s.client.client_id = SLICE("other");
	are_none(&s, NOW);
	assert_true(fetch_keys(&s, &NONE, NOW));
	s.client.jwks_uri = arena_format(&s.w->arena, "%.*s/max-age=1", SLICE_FMT(uri));
	are_none(&s, NOW);
	assert_true(fetch_keys(&s, &NONE, NOW));
	assert_int_equal(times_asked(&s), 3);
}

/* A place that nobody may reach is as good as one that does not answer. */
static void test_forbidden(void **state)
{
	struct setting s = begin(state, "forbidden", "");
	publish(&s, ONE);
	servers_use(s.w, "https://id.example.gov.cn", false);
	assert_true(fetch_keys(&s, &NONE, NOW));
	are_none(&s, NOW);
	assert_int_equal(times_asked(&s), 0);
	servers_use(s.w, "https://id.example.gov.cn", true);
}

/* The memory is bounded: the first of many is forgotten, the last is there. */
static void test_many(void **state)
{
	struct setting s = begin(state, "many", "");
	servers_use(s.w, "https://id.example.gov.cn", false); /* refused at once */
	char id[20];
	for (int i = 0; i < 2100; i++) {
		snprintf(id, sizeof id, "client-%d", i);
		s.client.client_id = slice_str(id);
		assert_true(fetch_keys(&s, &NONE, NOW + i));
	}
	assert_false(fetch_keys(&s, &NONE, NOW + 2100));
	s.client.client_id = SLICE("client-0");
	assert_true(fetch_keys(&s, &NONE, NOW + 2));
	servers_use(s.w, "https://id.example.gov.cn", true);
}

enum { THREADS = 16 };

static void *ask(void *context)
{
	struct setting *s = context;
	AUTO_ARENA struct arena a = { 0 };
	struct waiting waiting = waiting_begin();
	struct client_keys keys;
	if (client_keys_fetch(&s->w->issuer, &s->client, &NONE, NOW, &a, &waiting.op))
		(void)!waiting_end(&waiting);
	return (void *)(intptr_t)(client_keys_get(&s->w->issuer, &s->client, NOW, &a, &keys) == ST_OK &&
				  slice_is(keys.jwks, ONE));
}

/* However many ask at once, one fetch serves them all. */
static void test_threads(void **state)
{
	struct setting s = begin(state, "threads", "");
	pthread_t threads[THREADS];
	publish(&s, ONE);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask, &s), 0);
	for (int i = 0; i < THREADS; i++) {
		void *got;
		pthread_join(threads[i], &got);
		assert_non_null(got);
	}
	assert_int_equal(times_asked(&s), 1);
}

static int end(void **state)
{
	struct servers *w = *state;
	struct documents *memory = w->issuer.documents;
	int rc = servers_teardown(state);
	documents_free(memory);
	return rc;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registered_keys),
		cmocka_unit_test(test_fetched_and_kept),
		cmocka_unit_test(test_freshness),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_outage),
		cmocka_unit_test(test_what_is_no_key_set),
		cmocka_unit_test(test_clients_apart),
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_threads),
	};
	return cmocka_run_group_tests(tests, servers_setup, end);
}
