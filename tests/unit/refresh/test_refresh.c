/* An issuer on loopback that changes its mind, and verifiers that follow it. */
#include "libauth/refresh/auth_refresh.h"

#include "libauth/base/mem.h"
#include "tokens.h"

#include <dirent.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- the issuer ----------------------------------------------------------------------------- */

enum { DOCUMENTS = 8 };

struct document {
	char path[64];
	char *body; /* NULL: 503 */
	unsigned code;
	const char *cache_control;
	unsigned asked;
};

struct scene {
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock;
	struct document documents[DOCUMENTS];
	size_t n;
	unsigned port;
	char issuer[64], dir[40];
	struct signer a, b;
	struct auth_verifier *v;
	struct auth_refresh_options o;
	struct auth_refresh *refresh;
};

static enum MHD_Result queue(struct MHD_Connection *c, struct document *d)
{
	const char *body = d && d->body ? d->body : "";
	struct MHD_Response *r = MHD_create_response_from_buffer(strlen(body), (void *)body,
								 MHD_RESPMEM_MUST_COPY);
	if (d && d->cache_control)
		MHD_add_response_header(r, "Cache-Control", d->cache_control);
	if (d && d->code == 302)
		MHD_add_response_header(r, "Location", "/jwks");
	enum MHD_Result done = MHD_queue_response(c, !d ? 404 : d->body ? d->code : 503, r);
	MHD_destroy_response(r);
	return done;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *c, const char *url,
			      const char *method, const char *version, const char *data, size_t *n,
			      void **state)
{
	(void)method, (void)version, (void)data, (void)n;
	struct scene *s = context;
	if (!*state) {
		*state = s;
		return MHD_YES;
	}
	pthread_mutex_lock(&s->lock);
	struct document *found = NULL;
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->documents[i].path, url))
			found = &s->documents[i];
	if (found)
		found->asked++;
	enum MHD_Result done = queue(c, found);
	pthread_mutex_unlock(&s->lock);
	return done;
}

static struct document *find(struct scene *s, const char *path)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->documents[i].path, path))
			return &s->documents[i];
	assert_true(s->n < DOCUMENTS);
	struct document *d = &s->documents[s->n++];
	snprintf(d->path, sizeof d->path, "%s", path);
	return d;
}

/* Takes over body. */
static void publish(struct scene *s, const char *path, unsigned code, char *body,
		    const char *cache_control)
{
	pthread_mutex_lock(&s->lock);
	struct document *d = find(s, path);
	free(d->body);
	d->body = body;
	d->code = code;
	d->cache_control = cache_control;
	pthread_mutex_unlock(&s->lock);
}

static unsigned asked(struct scene *s, const char *path)
{
	pthread_mutex_lock(&s->lock);
	unsigned n = find(s, path)->asked;
	pthread_mutex_unlock(&s->lock);
	return n;
}

static void publish_metadata(struct scene *s, const char *issuer)
{
	char *text;
	assert_true(asprintf(&text,
			     "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/jwks\","
			     "\"status_list_aggregation_endpoint\":\"%s/lists\"}",
			     issuer, s->issuer, s->issuer) > 0);
	publish(s, "/.well-known/openid-configuration", 200, text, NULL);
}

static void publish_keys(struct scene *s, const struct signer *one, const struct signer *two,
			 const char *cache_control)
{
	const struct signer *both[] = { one, two };
	publish(s, "/jwks", 200, jwks(both, two ? 2 : 1), cache_control);
}

/* Sixteen tokens; the first is revoked or not. */
static void publish_list(struct scene *s, bool first_is_revoked, const char *cache_control)
{
	char claims[400], *lists;
	snprintf(claims, sizeof claims,
		 "{\"sub\":\"%s/lists/1\",\"iat\":%lld,\"ttl\":100,\"status_list\":{\"bits\":1,\"lst\":\"%s\"}}",
		 s->issuer, (long long)time(NULL), first_is_revoked ? "eJxjZAAAAAQAAg" : "eJxjYAAAAAIAAQ");
	publish(s, "/lists/1", 200,
		sign(&s->a, "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\",\"kid\":\"a\"}", claims),
		cache_control);
	assert_true(asprintf(&lists, "{\"status_lists\":[\"%s/lists/1\"]}", s->issuer) > 0);
	publish(s, "/lists", 200, lists, cache_control);
}

/* ---- the scene ------------------------------------------------------------------------------ */

static void new_verifier(struct scene *s)
{
	struct auth_options o = AUTH_OPTIONS_INIT;
	o.issuer = s->issuer;
	o.audience = "aud";
	auth_verifier_free(s->v);
	assert_int_equal(auth_verifier_new(&o, &s->v, NULL), AUTH_OK);
}

static void open_server(struct scene *s)
{
	s->daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD, (uint16_t)s->port, NULL, NULL, handle, s,
				     MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
	assert_non_null(s->daemon);
	s->port = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static void close_server(struct scene *s)
{
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	s->daemon = NULL;
}

static int set_up(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	pthread_mutex_init(&s->lock, NULL);
	open_server(s);
	snprintf(s->issuer, sizeof s->issuer, "http://id.localhost:%u", s->port);
	snprintf(s->dir, sizeof s->dir, "/tmp/refresh-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	signer_init(&s->a, "ES256", "a");
	signer_init(&s->b, "ES256", "b");
	new_verifier(s);
	s->o = (struct auth_refresh_options)AUTH_REFRESH_OPTIONS_INIT;
	s->o.issuer = s->issuer;
	s->o.least_s = 1;
	publish_metadata(s, s->issuer);
	publish_keys(s, &s->a, NULL, NULL);
	publish_list(s, false, NULL);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;
	auth_refresh_stop(s->refresh);
	auth_verifier_free(s->v);
	close_server(s);
	for (size_t i = 0; i < s->n; i++)
		free(s->documents[i].body);
	signer_done(&s->a);
	signer_done(&s->b);
	DIR *dir = opendir(s->dir);
	for (struct dirent *e; (e = readdir(dir));)
		unlinkat(dirfd(dir), e->d_name, 0);
	closedir(dir);
	rmdir(s->dir);
	pthread_mutex_destroy(&s->lock);
	free(s);
	return 0;
}

static void start(struct scene *s)
{
	struct auth_error e = { "" };
	auth_refresh_stop(s->refresh);
	s->refresh = NULL;
	if (auth_refresh_start(&s->o, &s->v, 1, &s->refresh, &e) != AUTH_OK)
		fail_msg("%s", e.message);
}

static char *token(const struct scene *s, const struct signer *key, bool with_status)
{
	char payload[600];
	long long now = time(NULL);
	int n = snprintf(payload, sizeof payload,
			 "{\"iss\":\"%s\",\"sub\":\"u\",\"aud\":\"aud\",\"client_id\":\"c\",\"iat\":%lld,"
			 "\"exp\":%lld,\"jti\":\"j\"",
			 s->issuer, now, now + 300);
	if (with_status)
		n += snprintf(payload + n, sizeof payload - (size_t)n,
			      ",\"status\":{\"status_list\":{\"idx\":0,\"uri\":\"%s/lists/1\"}}", s->issuer);
	snprintf(payload + n, sizeof payload - (size_t)n, "}");
	return sign_access(key, payload);
}

static enum auth_status ask_with(struct scene *s, const struct signer *key, bool with_status)
{
	struct auth_claims *claims = NULL;
	AUTO_MEM char *text = token(s, key, with_status);
	enum auth_status answer = auth_refresh_verify(s->refresh, s->v, text, strlen(text), time(NULL),
						      &claims);
	auth_claims_free(claims);
	return answer;
}

static enum auth_status ask(struct scene *s, const struct signer *key)
{
	return ask_with(s, key, false);
}

/* Until it answers so, or ten seconds. */
static enum auth_status ask_until(struct scene *s, const struct signer *key, bool with_status,
				  enum auth_status wanted)
{
	enum auth_status answer = AUTH_OK;
	for (int i = 0; i < 100; i++) {
		answer = ask_with(s, key, with_status);
		if (answer == wanted)
			break;
		usleep(100000);
	}
	return answer;
}

#define assert_answer(have, want) assert_string_equal(auth_strerror(have), auth_strerror(want))

/* ---- tests ---------------------------------------------------------------------------------- */

static void keys_come(void **state)
{
	struct scene *s = *state;
	struct auth_refresh_state seen;
	start(s);
	assert_answer(ask(s, &s->a), AUTH_OK);
	assert_answer(ask(s, &s->b), AUTH_UNKNOWN_KEY);
	auth_refresh_get_state(s->refresh, &seen);
	assert_true(seen.keys_at && !seen.failed_at);
}

/* A token of a new key causes one fetch; the key that is gone is gone. */
static void keys_rotate(void **state)
{
	struct scene *s = *state;
	start(s);
	assert_answer(ask(s, &s->a), AUTH_OK);
	publish_keys(s, &s->b, NULL, NULL);
	assert_answer(ask(s, &s->a), AUTH_OK); /* nobody has asked yet */
	assert_answer(ask_until(s, &s->b, false, AUTH_OK), AUTH_OK);
	assert_answer(ask(s, &s->a), AUTH_UNKNOWN_KEY);
}

static void freshness_is_the_issuers(void **state)
{
	struct scene *s = *state;
	publish_keys(s, &s->a, &s->b, "public, max-age=1");
	start(s);
	assert_answer(ask(s, &s->b), AUTH_OK);
	publish_keys(s, &s->a, NULL, "public, max-age=1");
	assert_answer(ask_until(s, &s->b, false, AUTH_UNKNOWN_KEY), AUTH_UNKNOWN_KEY);
	assert_answer(ask(s, &s->a), AUTH_OK);
}

static void a_storm_is_no_storm(void **state)
{
	struct scene *s = *state;
	s->o.least_s = 30;
	start(s);
	assert_answer(ask(s, &s->a), AUTH_OK);
	for (int i = 0; i < 1000; i++)
		assert_answer(ask(s, &s->b), AUTH_UNKNOWN_KEY);
	assert_int_equal(asked(s, "/jwks"), 1);
}

static void an_outage(void **state)
{
	struct scene *s = *state;
	struct auth_refresh_state seen;
	publish_keys(s, &s->a, NULL, "max-age=1");
	start(s);
	assert_answer(ask(s, &s->a), AUTH_OK);
	publish(s, "/jwks", 200, NULL, NULL);
	for (int i = 0; i < 50; i++) {
		auth_refresh_get_state(s->refresh, &seen);
		if (seen.failed_at)
			break;
		usleep(100000);
	}
	assert_non_null(strstr(seen.why, "503"));
	assert_answer(ask(s, &s->a), AUTH_OK);
	/* And it comes back. */
	publish_keys(s, &s->b, NULL, NULL);
	assert_answer(ask_until(s, &s->b, false, AUTH_OK), AUTH_OK);
}

static void an_outage_that_lasts(void **state)
{
	struct scene *s = *state;
	s->o.outage_s = 1;
	publish_keys(s, &s->a, NULL, "max-age=1");
	start(s);
	assert_answer(ask(s, &s->a), AUTH_OK);
	publish(s, "/jwks", 200, strdup("no keys"), NULL);
	assert_answer(ask_until(s, &s->a, false, AUTH_NO_KEYS), AUTH_NO_KEYS);
}

static void the_next_start(void **state)
{
	struct scene *s = *state;
	s->o.cache_dir = s->dir;
	start(s);
	assert_answer(ask_until(s, &s->a, true, AUTH_OK), AUTH_OK);
	auth_refresh_stop(s->refresh);
	s->refresh = NULL;
	close_server(s);
	new_verifier(s);
	start(s);
	AUTO_MEM char *text = token(s, &s->a, true);
	assert_answer(verdict(s->v, text, time(NULL)), AUTH_OK);
	/* Others could put their own keys there. */
	auth_refresh_stop(s->refresh);
	s->refresh = NULL;
	struct auth_error e;
	assert_int_equal(chmod(s->dir, 0777), 0);
	assert_answer(auth_refresh_start(&s->o, &s->v, 1, &s->refresh, &e), AUTH_IO);
	assert_non_null(strstr(e.message, "others"));
}

static void lists_come(void **state)
{
	struct scene *s = *state;
	publish_list(s, false, "max-age=2");
	start(s);
	assert_answer(ask_until(s, &s->a, true, AUTH_OK), AUTH_OK);
	publish_list(s, true, "max-age=2");
	assert_answer(ask_until(s, &s->a, true, AUTH_REVOKED), AUTH_REVOKED);
	/* A list that is not the issuer's changes nothing. */
	publish(s, "/lists/1", 200, strdup("nonsense"), NULL);
	usleep(1500000);
	assert_answer(ask_with(s, &s->a, true), AUTH_REVOKED);
}

static void answers_that_do_not_count(void **state)
{
	struct scene *s = *state;
	static const char *const BAD[] = { "", "[]", "{", "{\"issuer\":\"http://id.localhost:1\"}" };
	for (size_t i = 0; i < COUNT_OF(BAD); i++) {
		publish(s, "/.well-known/openid-configuration", 200, strdup(BAD[i]), NULL);
		start(s);
		assert_answer(ask(s, &s->a), AUTH_NO_KEYS);
	}
	publish_metadata(s, s->issuer);
	publish(s, "/jwks", 302, strdup("see elsewhere"), NULL);
	start(s);
	assert_answer(ask(s, &s->a), AUTH_NO_KEYS);
	char *large = malloc(AUTH_JWKS_MAX + 10);
	memset(large, ' ', AUTH_JWKS_MAX + 9);
	large[AUTH_JWKS_MAX + 9] = '\0';
	publish(s, "/jwks", 200, large, NULL);
	start(s);
	assert_answer(ask(s, &s->a), AUTH_NO_KEYS);
}

static void options(void **state)
{
	struct scene *s = *state;
	struct auth_error e;
	static const char *const ISSUERS[] = { NULL, "", "http://id.example", "ftp://id.localhost", "x" };
	for (size_t i = 0; i < COUNT_OF(ISSUERS); i++) {
		s->o.issuer = ISSUERS[i];
		assert_answer(auth_refresh_start(&s->o, &s->v, 1, &s->refresh, &e), AUTH_BAD_OPTIONS);
	}
	s->o.issuer = s->issuer;
	assert_answer(auth_refresh_start(&s->o, &s->v, 0, &s->refresh, &e), AUTH_BAD_OPTIONS);
	s->o.least_s = 0;
	assert_answer(auth_refresh_start(&s->o, &s->v, 1, &s->refresh, &e), AUTH_BAD_OPTIONS);
	s->o.least_s = 1;
	s->o.cache_dir = "/nowhere";
	assert_answer(auth_refresh_start(&s->o, &s->v, 1, &s->refresh, &e), AUTH_IO);
	auth_refresh_stop(NULL);
}

/* Many threads ask at once; stopping does not wait for a server that hangs. */
static void *ask_often(void *context)
{
	struct scene *s = context;
	for (int i = 0; i < 20; i++)
		assert_answer(ask(s, i % 2 ? &s->a : &s->b), i % 2 ? AUTH_OK : AUTH_UNKNOWN_KEY);
	return NULL;
}

static void many_threads(void **state)
{
	struct scene *s = *state;
	pthread_t threads[4];
	start(s);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, s), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		pthread_join(threads[i], NULL);
	assert_in_range(asked(s, "/jwks"), 1, 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(keys_come),	 TEST(keys_rotate),	     TEST(freshness_is_the_issuers),
		TEST(a_storm_is_no_storm), TEST(an_outage),	     TEST(an_outage_that_lasts),
		TEST(the_next_start),	 TEST(lists_come),	     TEST(answers_that_do_not_count),
		TEST(options),		 TEST(many_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
