/* Outbound HTTP against real servers: what is fetched, and what is refused. */
#include "servers.h"

#include "authd/service/public_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static status get(struct servers *w, struct slice url, struct fetch *ret)
{
	*ret = (struct fetch){ .url = url };
	return fetch_now(&w->issuer, ret, &w->arena);
}

static status get_status(struct servers *w, struct slice url)
{
	struct fetch f;
	status s = get(w, url, &f);
	if (s != ST_OK)
		assert_int_equal(f.ret_status, 0);
	return s;
}

static bool has(struct slice s, const char *text)
{
	return memmem(s.p, s.n, text, strlen(text));
}

/* ---- what is fetched ------------------------------------------------------------------------ */

static void test_get(void **state)
{
	struct servers *w = *state;
	struct fetch f;
	assert_ok(get(w, servers_url(w, "/ok"), &f));
	assert_int_equal(f.ret_status, 200);
	assert_slice(f.ret_body, "{\"keys\":[]}");
	assert_slice(f.ret_content_type, "application/json");
	assert_int_equal(f.ret_max_age_s, 60);
	assert_ok(get(w, servers_url(w, "/status/503"), &f));
	assert_int_equal(f.ret_status, 503);
	assert_int_equal(f.ret_max_age_s, -1);
	assert_null(f.ret_content_type.p);
}

static void test_max_age(void **state)
{
	struct servers *w = *state;
	static const struct {
		const char *path;
		int64_t max_age_s;
	} cases[] = {
		{ "/fresh/max-age=7", 7 },   { "/fresh/max-age=7/no-store", 0 }, { "/fresh/no-cache", 0 },
		{ "/fresh/Max-Age=0", 0 },   { "/fresh/max-age=-1", -1 },        { "/fresh/public", -1 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fetch f;
		assert_ok(get(w, servers_url(w, cases[i].path), &f));
		assert_int_equal(f.ret_max_age_s, cases[i].max_age_s);
	}
}

static void test_post(void **state)
{
	struct servers *w = *state;
	struct fetch f = { .url = servers_url(w, "/echo?a=b#fragment"),
			   .body = SLICE("logout_token=x"),
			   .content_type = SLICE("application/x-www-form-urlencoded"),
			   .authorization = SLICE("Bearer abc"),
			   .accept = SLICE("application/json") };
	assert_ok(fetch_now(&w->issuer, &f, &w->arena));
	assert_true(has(f.ret_body, "\"method\": \"POST\""));
	assert_true(has(f.ret_body, "\"path\": \"/echo?a=b\""));
	assert_true(has(f.ret_body, "\"body\": \"logout_token=x\""));
	assert_true(has(f.ret_body, "\"content-type\": \"application/x-www-form-urlencoded\""));
	assert_true(has(f.ret_body, "\"authorization\": \"Bearer abc\""));
	assert_true(has(f.ret_body, "\"accept\": \"application/json\""));
	assert_true(has(f.ret_body, "\"user-agent\": \"authd\""));
	assert_false(has(f.ret_body, "expect"));
}

/* What one request set is not in the next, though both may use one handle. */
static void test_nothing_is_kept(void **state)
{
	struct servers *w = *state;
	struct fetch f;
	test_post(state);
	assert_ok(get(w, servers_url(w, "/cookie"), &f));
	assert_ok(get(w, servers_url(w, "/echo"), &f));
	assert_true(has(f.ret_body, "\"method\": \"GET\""));
	assert_false(has(f.ret_body, "authorization"));
	assert_false(has(f.ret_body, "content-type"));
	assert_false(has(f.ret_body, "cookie"));
	assert_true(has(f.ret_body, "\"accept\": \"*/*\""));
}

static void test_submit(void **state)
{
	struct servers *w = *state;
	struct waiting waiting[3];
	struct fetch f[3];
	struct arena arenas[3] = { 0 };
	for (size_t i = 0; i < COUNT_OF(f); i++) {
		f[i] = (struct fetch){ .url = servers_url(w, "/ok") };
		waiting[i] = waiting_begin();
		fetch_submit(&w->issuer, &f[i], &arenas[i], &waiting[i].op);
	}
	for (size_t i = 0; i < COUNT_OF(f); i++) {
		assert_ok(waiting_end(&waiting[i]));
		assert_slice(f[i].ret_body, "{\"keys\":[]}");
		arena_done(&arenas[i]);
	}
}

/* ---- what is not followed ------------------------------------------------------------------- */

static void test_redirect(void **state)
{
	struct servers *w = *state;
	struct fetch f;
	assert_ok(get(w, servers_url(w, "/redirect"), &f));
	assert_int_equal(f.ret_status, 302);
	assert_int_equal(f.ret_body.n, 0);
}

static void test_proxies(void **state)
{
	struct servers *w = *state;
	static const char *const names[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
	for (size_t i = 0; i < COUNT_OF(names); i++)
		setenv(names[i], "http://127.0.0.1:1", 1);
	assert_ok(get_status(w, servers_url(w, "/ok")));
	for (size_t i = 0; i < COUNT_OF(names); i++)
		unsetenv(names[i]);
}

static void test_certificates(void **state)
{
	struct servers *w = *state;
	struct arena *a = &w->arena;
	/* Another name, another authority, no TLS at all. */
	assert_int_equal(get_status(w, arena_format(a, "https://bad.localhost:%d/ok", w->tls)), ST_UNAVAILABLE);
	assert_int_equal(get_status(w, arena_format(a, "https://good.localhost:%d/ok", w->alien)),
			 ST_UNAVAILABLE);
	assert_int_equal(get_status(w, arena_format(a, "https://good.localhost:%d/ok", w->plain)),
			 ST_UNAVAILABLE);
	assert_ok(get_status(w, arena_format(a, "https://127.0.0.1:%d/ok", w->tls)));
}

/* ---- bounds --------------------------------------------------------------------------------- */

static void test_sizes(void **state)
{
	struct servers *w = *state;
	struct fetch f;
	assert_ok(get(w, servers_url(w, "/body/65536"), &f));
	assert_int_equal(f.ret_body.n, 65536);
	assert_int_equal(get_status(w, servers_url(w, "/body/65537")), ST_TOO_LARGE);
	assert_int_equal(get_status(w, servers_url(w, "/body/10000000")), ST_TOO_LARGE);
	assert_int_equal(get_status(w, servers_url(w, "/endless")), ST_TOO_LARGE);
	assert_int_equal(get_status(w, servers_url(w, "/header")), ST_TOO_LARGE);
	f = (struct fetch){ .url = servers_url(w, "/body/11"), .body_max = 10 };
	assert_int_equal(fetch_now(&w->issuer, &f, &w->arena), ST_TOO_LARGE);
	f = (struct fetch){ .url = servers_url(w, "/body/10"), .body_max = 10 };
	assert_ok(fetch_now(&w->issuer, &f, &w->arena));
}

static void test_deadline(void **state)
{
	struct servers *w = *state;
	static const char *const paths[] = { "/slow", "/silent" };
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		struct fetch f = { .url = servers_url(w, paths[i]), .deadline_ms = 300 };
		int64_t began = now_ms();
		assert_int_equal(fetch_now(&w->issuer, &f, &w->arena), ST_UNAVAILABLE);
		int64_t took = now_ms() - began;
		assert_in_range(took, 250, 4500); /* a slow machine has its time, the setting has 5 s */
	}
}

/* Four threads and four places in the queue: the ninth is not made, and who waits too long is not. */
static void test_queue(void **state)
{
	struct servers *w = *state;
	enum { N = 9 };
	struct waiting waiting[N];
	struct fetch f[N];
	struct arena arenas[N] = { 0 };
	int64_t began = now_ms();
	for (size_t i = 0; i < N; i++) {
		f[i] = (struct fetch){ .url = servers_url(w, "/silent"), .deadline_ms = 1500 };
		waiting[i] = waiting_begin();
		fetch_submit(&w->issuer, &f[i], &arenas[i], &waiting[i].op);
	}
	assert_int_equal(waiting_end(&waiting[8]), ST_BUSY);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(waiting_end(&waiting[i]), ST_UNAVAILABLE);
	assert_in_range(now_ms() - began, 1400, 2900); /* all of them, not one after the other */
	for (size_t i = 0; i < N; i++)
		arena_done(&arenas[i]);
}

/* Attack: somebody's server that answers nobody, and a page that makes authd ask it again and again. */
static void test_slow_host(void **state)
{
	struct servers *w = *state;
	enum { N = 8 };
	struct waiting waiting[N], other = waiting_begin();
	struct fetch slow[N], quick = { .url = arena_format(&w->arena, "https://127.0.0.1:%d/ok", w->tls) };
	struct arena arenas[N] = { 0 }, own = { 0 };
	for (size_t i = 0; i < N; i++) {
		slow[i] = (struct fetch){ .url = servers_url(w, "/silent"), .deadline_ms = 1500 };
		waiting[i] = waiting_begin();
		fetch_submit(&w->issuer, &slow[i], &arenas[i], &waiting[i].op);
	}
	int64_t began = now_ms();
	fetch_submit(&w->issuer, &quick, &own, &other.op);
	assert_ok(waiting_end(&other));
	assert_in_range(now_ms() - began, 0, 1000);
	arena_done(&own);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(waiting_end(&waiting[i]), ST_UNAVAILABLE);
		arena_done(&arenas[i]);
	}
}

/* ---- where to ------------------------------------------------------------------------------- */

static void test_urls(void **state)
{
	struct servers *w = *state;
	static const char *const bad[] = {
		"",
		"https://",
		"good.localhost",
		"http://good.localhost/",
		"http://example.com/",
		"ftp://example.com/",
		"file:///etc/passwd",
		"gopher://example.com:6379/_x",
		"unix:///run/authd/admin.sock",
		"https://user@example.com/",
		"https://user:password@example.com/",
		"https://:password@example.com/",
		"https://example.com:22/",
		"https://example.com:80/",
		"https://example.com:0/",
		"https://example.com:65536/",
		"https://example.com:6379/",
		"https://example.com/ x",
		"https://example.com/\r\nHost: x",
		"https://\xe4\xb8\xad.cn/",
	};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_false(fetch_may(&w->issuer, slice_str(bad[i])));
		assert_int_equal(get_status(w, slice_str(bad[i])), ST_INVALID);
	}
	char longer[FETCH_URL_MAX + 2];
	memset(longer, 'a', sizeof longer);
	memcpy(longer, "https://example.com/", 20);
	assert_true(fetch_may(&w->issuer, slice_of(longer, FETCH_URL_MAX)));
	assert_false(fetch_may(&w->issuer, slice_of(longer, FETCH_URL_MAX + 1)));
	assert_false(fetch_may(&w->issuer, slice_of("https://a.cn/\0", 14)));
	assert_true(fetch_may(&w->issuer, SLICE("https://portal.example.gov.cn/jwks.json?a=b#c")));
	assert_true(fetch_may(&w->issuer, SLICE("https://portal.example.gov.cn:8443/")));
	struct fetch f = { .url = servers_url(w, "/ok"), .authorization = SLICE("Bearer a\r\nX: y") };
	assert_int_equal(fetch_now(&w->issuer, &f, &w->arena), ST_INVALID);
}

/* http to localhost is for an issuer that is itself http there, and to nowhere else. */
static void test_http(void **state)
{
	struct servers *w = *state;
	struct slice url = arena_format(&w->arena, "http://good.localhost:%d/ok", w->plain);
	assert_int_equal(get_status(w, url), ST_INVALID);
	servers_use(w, "http://id.localhost:8080", true);
	assert_ok(get_status(w, url));
	assert_int_equal(get_status(w, SLICE("http://example.com/")), ST_INVALID);
	assert_int_equal(get_status(w, SLICE("http://localhost.example.com/")), ST_INVALID);
	assert_int_equal(get_status(w, SLICE("http://127.0.0.1/")), ST_INVALID);
	servers_use(w, "http://id.localhost:8080", false);
	assert_int_equal(get_status(w, url), ST_FORBIDDEN);
	servers_use(w, "https://id.example.gov.cn", true);
}

/* However it is written, and whatever resolves to it. The first ones would be answered. */
static void test_addresses(void **state)
{
	struct servers *w = *state;
	static const char *const hosts[] = {
		"127.0.0.1", "localhost", "good.localhost", "GOOD.LOCALHOST", "127.1", "0x7f.0.0.1",
		"0177.0.0.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]",
		"[::ffff:7f00:1]", "[::127.0.0.1]", "0.0.0.0", "0", "[::]", "127.255.255.254", "10.0.0.1",
		"172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
		"100.127.255.255", "192.0.0.1", "198.18.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
		"255.255.255.255", "[fe80::1]", "[fc00::1]", "[fd00::1]", "[fec0::1]", "[ff02::1]",
		"[64:ff9b::127.0.0.1]", "[64:ff9b::a00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]",
		"[2001::1]", "[2001:db8::1]", "[100::1]", "[::ffff:0:127.0.0.1]", "[5f00::1]",
	};
	servers_use(w, "https://id.example.gov.cn", false);
	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct fetch f;
		status s = get(w, arena_format(&w->arena, "https://%s:%d/ok", hosts[i], w->tls), &f);
		if (s != ST_FORBIDDEN)
			fail_msg("%s: %s %.*s", hosts[i], status_name(s), SLICE_FMT(f.ret_reason));
	}
	servers_use(w, "https://id.example.gov.cn", true);
}

/* A name that has been looked up is refused by what it means: this machine's own name, here. */
static void test_resolved_name(void **state)
{
	struct servers *w = *state;
	char name[256];
	struct addrinfo *found = NULL;
	assert_int_equal(gethostname(name, sizeof name), 0);
	if (getaddrinfo(name, NULL, NULL, &found) != 0 || address_is_public(found->ai_addr))
		skip();
	freeaddrinfo(found);
	servers_use(w, "https://id.example.gov.cn", false);
	assert_int_equal(get_status(w, arena_format(&w->arena, "https://%s:%d/ok", name, w->tls)), ST_FORBIDDEN);
	servers_use(w, "https://id.example.gov.cn", true);
}

static bool is_public(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return address_is_public((const struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return address_is_public((const struct sockaddr *)&v6);
}

/* The neighbours of each range on both sides. */
static void test_public(void **state)
{
	(void)state;
	static const char *const yes[] = {
		"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
		"128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
		"192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
		"223.255.255.255", "2400:3200::1", "2001:200::", "2001:db7::1", "2003::1", "2620:4f:8001::1",
		"3ffe:ffff::1",
	};
	static const char *const no[] = {
		"0.255.255.255", "10.255.255.255", "127.0.0.0", "192.0.0.255", "192.0.2.1", "192.88.99.1",
		"198.19.255.255", "203.0.113.1", "1::", "1fff:ffff::1", "2001:1ff:ffff::1", "2002::",
		"2620:4f:8000::1", "3fff::1", "3fff:fff::1", "4000::", "ffff::",
	};
	for (size_t i = 0; i < COUNT_OF(yes); i++)
		if (!is_public(yes[i]))
			fail_msg("%s", yes[i]);
	for (size_t i = 0; i < COUNT_OF(no); i++)
		if (is_public(no[i]))
			fail_msg("%s", no[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_max_age),
		cmocka_unit_test(test_post),
		cmocka_unit_test(test_nothing_is_kept),
		cmocka_unit_test(test_submit),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_proxies),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_slow_host),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_resolved_name),
		cmocka_unit_test(test_public),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, servers_setup, servers_teardown);
}
