/* What may happen to a Redis, and what the cache makes of it. */
#include "cache_fixture.h"

#include "authd/store/redis_address.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_MS = 500 }; /* as the fixture opens it */

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The cache comes back by itself: within two seconds of the server's. */
static void wait_until_ready(struct cache_fixture *f)
{
	int64_t until = now_ms() + 2000;
	while (cache_ready(f->cache, NULL) && now_ms() < until)
		pause_ms(5);
	struct error e = { 0 };
	status s = cache_ready(f->cache, &e);
	if (s)
		print_error("%s\n", e.message);
	assert_ok(s);
}

static void expect_unavailable_in_time(struct cache_fixture *f)
{
	int64_t start = now_ms();
	assert_int_equal(cache_do(f, CACHE_GET, "k", NULL, 0), ST_UNAVAILABLE);
	assert_in_range(now_ms() - start, 0, DEADLINE_MS + 4000);
}

#define SAY(f, ret, ...) \
	redis_say((f)->backend, (const char *const[]){ __VA_ARGS__, NULL }, (ret), sizeof(ret))

static void a_killed_redis_is_a_new_epoch(void **state)
{
	struct cache_fixture *f = *state;
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 60));
	redis_kill(f->backend);
	expect_unavailable_in_time(f);
	expect_unavailable_in_time(f);
	struct error e = { 0 };
	assert_int_equal(cache_ready(f->cache, &e), ST_UNAVAILABLE);
	assert_true(strlen(e.message) > 0);

	redis_spawn(f->backend, NULL);
	wait_until_ready(f);
	assert_int_equal(cache_epoch(f->cache), 2);
	assert_int_equal(cache_do(f, CACHE_GET, "k", NULL, 0), ST_NOT_FOUND);
	assert_ok(cache_do(f, CACHE_PUT, "k", "y", 60));
	assert_ok(cache_do(f, CACHE_GET, "k", NULL, 0));
}

/* It comes back with its content from a disk, marker and all: older than what was last seen. */
static void a_reloaded_content_revives_nothing(void **state)
{
	struct cache_fixture *f = *state;
	char answer[64];
	assert_ok(cache_do(f, CACHE_PUT, "code", "x", 60));
	SAY(f, answer, "SAVE");
	assert_string_equal(answer, "OK");
	assert_ok(cache_do(f, CACHE_TAKE, "code", NULL, 0));
	redis_kill(f->backend);
	redis_spawn(f->backend, NULL);
	wait_until_ready(f);
	assert_int_equal(cache_epoch(f->cache), 2);
	assert_int_equal(cache_do(f, CACHE_TAKE, "code", NULL, 0), ST_NOT_FOUND);
}

static void a_flush_is_a_new_epoch(void **state)
{
	struct cache_fixture *f = *state;
	char answer[64];
	assert_ok(cache_do(f, CACHE_ADD, "jti", "x", 60));
	SAY(f, answer, "FLUSHALL");
	/* The replay mark is gone: nobody may be let in on that. */
	assert_int_equal(cache_do(f, CACHE_ADD, "jti", "x", 60), ST_UNAVAILABLE);
	wait_until_ready(f);
	assert_int_equal(cache_epoch(f->cache), 2);
	assert_ok(cache_do(f, CACHE_ADD, "jti", "x", 60));
}

static void a_hung_redis_costs_the_deadline(void **state)
{
	struct cache_fixture *f = *state;
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 60));
	kill(f->backend->pid, SIGSTOP);
	expect_unavailable_in_time(f);
	/* From then on, nothing: it is known to be gone. */
	int64_t start = now_ms();
	for (int i = 0; i < 100; i++)
		assert_int_equal(cache_do(f, CACHE_GET, "k", NULL, 0), ST_UNAVAILABLE);
	assert_in_range(now_ms() - start, 0, 10 * DEADLINE_MS); /* a hundred would be fifty seconds */
	kill(f->backend->pid, SIGCONT);
	wait_until_ready(f);
	/* It is the same content. */
	assert_int_equal(cache_epoch(f->cache), 1);
	assert_ok(cache_do(f, CACHE_GET, "k", NULL, 0));
}

/* Nobody asks, but readiness knows. */
static void readiness_notices_a_hang_by_itself(void **state)
{
	struct cache_fixture *f = *state;
	kill(f->backend->pid, SIGSTOP);
	int64_t until = now_ms() + 1000 + DEADLINE_MS + 500;
	while (!cache_ready(f->cache, NULL) && now_ms() < until)
		pause_ms(10);
	assert_int_equal(cache_ready(f->cache, NULL), ST_UNAVAILABLE);
	kill(f->backend->pid, SIGCONT);
	wait_until_ready(f);
}

static void flushed_scripts_are_sent_again(void **state)
{
	struct cache_fixture *f = *state;
	char answer[64];
	assert_ok(cache_do(f, CACHE_PUT, "a", "x", 60));
	SAY(f, answer, "SCRIPT", "FLUSH");
	struct cache_command c[] = {
		{ CACHE_GET, CACHE_SESSION, SLICE("a"), NO_SLICE, 0, 0, 0, ST_BUG },
		{ CACHE_TAKE, CACHE_SESSION, SLICE("a"), NO_SLICE, 0, 0, 0, ST_BUG },
		{ CACHE_INCREMENT, CACHE_THROTTLE, SLICE("n"), NO_SLICE, 60, 1, 0, ST_BUG },
		{ CACHE_PUT, CACHE_SESSION, SLICE("b"), SLICE("y"), 60, 0, 0, ST_BUG },
	};
	assert_ok(cache_submit_wait(f->cache, c, COUNT_OF(c), &f->arena));
	for (size_t i = 0; i < COUNT_OF(c); i++)
		assert_int_equal(c[i].status, ST_OK);
	assert_slice(c[1].value, "x");
	assert_int_equal(c[2].count, 1);
	assert_int_equal(cache_do(f, CACHE_TAKE, "a", NULL, 0), ST_USED);
	assert_int_equal(cache_epoch(f->cache), 1);
}

/* The only key there is besides the marker. */
static void find_key(struct cache_fixture *f, char *ret, size_t size)
{
	static const char script[] = "redis.call('SELECT', '3') for _, k in ipairs(redis.call('KEYS',"
				     " '*')) do if k ~= 'authd:marker' then return k end end";
	redis_say(f->backend, (const char *const[]){ "EVAL", script, "0", NULL }, ret, size);
	assert_true(strlen(ret) > 0);
}

static void in_db_3(struct cache_fixture *f, const char *script, const char *a, const char *b)
{
	char text[512], answer[64];
	snprintf(text, sizeof text, "redis.call('SELECT', '3') %s return 'done'", script);
	redis_say(f->backend, (const char *const[]){ "EVAL", text, "2", a, b, NULL }, answer,
		  sizeof answer);
	assert_string_equal(answer, "done");
}

static void a_key_of_another_type_hurts_nobody(void **state)
{
	struct cache_fixture *f = *state;
	char key[128];
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 60));
	find_key(f, key, sizeof key);
	const char *spoil = "redis.call('DEL', KEYS[1]) redis.call('RPUSH', KEYS[1], 'x')";
	in_db_3(f, spoil, key, "");
	assert_int_equal(cache_do(f, CACHE_GET, "k", NULL, 0), ST_NOT_FOUND);
	assert_int_equal(cache_do(f, CACHE_TAKE, "k", NULL, 0), ST_NOT_FOUND);
	/* Something is there: a replay mark that was spoilt lets no replay in. */
	struct slice value;
	assert_int_equal(cache_do_value(f, CACHE_ADD, "k", "x", 60, &value), ST_EXISTS);
	assert_null(value.p);
	/* What cannot be counted fails closed. */
	assert_true(is_fault(cache_do(f, CACHE_INCREMENT, "k", NULL, 60)));
	assert_ok(cache_do(f, CACHE_PUT, "k", "y", 60));
	assert_ok(cache_do(f, CACHE_GET, "k", NULL, 0));
	in_db_3(f, spoil, key, "");
	assert_ok(cache_do(f, CACHE_DELETE, "k", NULL, 0));
	assert_ok(cache_do(f, CACHE_ADD, "k", "x", 60));
	assert_int_equal(cache_epoch(f->cache), 1);
}

static void a_value_moved_or_changed_does_not_open(void **state)
{
	struct cache_fixture *f = *state;
	char mine[128], other[128];
	assert_ok(cache_do(f, CACHE_PUT, "mine", "x", 60));
	find_key(f, mine, sizeof mine);
	in_db_3(f, "redis.call('RENAME', KEYS[1], 'aside')", mine, "");
	assert_ok(cache_do(f, CACHE_PUT, "other", "y", 60));
	in_db_3(f, "redis.call('RENAME', 'aside', 'zzz')", "", "");
	assert_int_equal(cache_do(f, CACHE_GET, "mine", NULL, 0), ST_NOT_FOUND);
	/* Put mine's value under other's key. */
	in_db_3(f,
		"local o for _, k in ipairs(redis.call('KEYS', 'authd:*')) do "
		"if k ~= 'authd:marker' then o = k end end redis.call('RENAME', 'zzz', o)",
		"", "");
	assert_int_equal(cache_do(f, CACHE_GET, "other", NULL, 0), ST_NOT_FOUND);
	assert_int_equal(cache_do(f, CACHE_ADD, "other", "y", 60), ST_EXISTS);
	find_key(f, other, sizeof other);
	in_db_3(f, "redis.call('RENAME', KEYS[1], KEYS[2])", other, mine);
	/* Back in its place it opens; cut short or with another expiry it does not. */
	assert_ok(cache_do(f, CACHE_GET, "mine", NULL, 0));
	in_db_3(f, "redis.call('SETRANGE', KEYS[1], 1, string.char(127))", mine, "");
	assert_int_equal(cache_do(f, CACHE_GET, "mine", NULL, 0), ST_NOT_FOUND);
	in_db_3(f, "redis.call('SET', KEYS[1], 'F')", mine, "");
	assert_int_equal(cache_do(f, CACHE_GET, "mine", NULL, 0), ST_NOT_FOUND);
	in_db_3(f, "redis.call('SET', KEYS[1], '')", mine, "");
	assert_int_equal(cache_do(f, CACHE_TAKE, "mine", NULL, 0), ST_NOT_FOUND);
}

static void a_redis_that_keeps_things_too_long_revives_nothing(void **state)
{
	struct cache_fixture *f = *state;
	char key[128];
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 1));
	find_key(f, key, sizeof key);
	in_db_3(f, "redis.call('PERSIST', KEYS[1])", key, "");
	assert_ok(cache_do(f, CACHE_GET, "k", NULL, 0));
	pause_ms(1050);
	assert_int_equal(cache_do(f, CACHE_GET, "k", NULL, 0), ST_NOT_FOUND);
	assert_int_equal(cache_do(f, CACHE_TAKE, "k", NULL, 0), ST_NOT_FOUND);
}

static void eviction_is_not_ready(void **state)
{
	struct cache_fixture *f = *state;
	char answer[64];
	SAY(f, answer, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
	int64_t until = now_ms() + 3000;
	while (cache_ready(f->cache, NULL) == ST_OK && now_ms() < until)
		pause_ms(20);
	struct error e = { 0 };
	assert_int_equal(cache_ready(f->cache, &e), ST_INVALID);
	assert_non_null(strstr(e.message, "noeviction"));
	SAY(f, answer, "CONFIG", "SET", "maxmemory-policy", "noeviction");
	wait_until_ready(f);
}

static void a_full_redis_is_unavailable_for_writes(void **state)
{
	struct cache_fixture *f = *state;
	char answer[64];
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 60));
	SAY(f, answer, "CONFIG", "SET", "maxmemory", "1");
	assert_int_equal(cache_do(f, CACHE_PUT, "k2", "x", 60), ST_UNAVAILABLE);
	assert_int_equal(cache_do(f, CACHE_TAKE, "k", NULL, 0), ST_UNAVAILABLE);
	assert_int_equal(cache_do(f, CACHE_INCREMENT, "n", NULL, 60), ST_UNAVAILABLE);
	assert_int_equal(cache_do(f, CACHE_ADD, "a", "x", 60), ST_UNAVAILABLE);
	assert_ok(cache_do(f, CACHE_GET, "k", NULL, 0));
	SAY(f, answer, "CONFIG", "SET", "maxmemory", "0");
	assert_ok(cache_do(f, CACHE_TAKE, "k", NULL, 0));
	assert_int_equal(cache_epoch(f->cache), 1);
}

static void a_replica_is_not_written_to(void **state)
{
	struct cache_fixture *f = *state;
	char answer[64];
	SAY(f, answer, "REPLICAOF", "127.0.0.1", "1");
	assert_int_equal(cache_do(f, CACHE_PUT, "k", "x", 60), ST_UNAVAILABLE);
	pause_ms(100);
	assert_int_equal(cache_ready(f->cache, NULL), ST_UNAVAILABLE);
	SAY(f, answer, "REPLICAOF", "NO", "ONE");
	wait_until_ready(f);
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 60));
}

/* It answers, but LOADING: its content is read for another second. */
static void a_redis_that_still_loads_is_unavailable(void **state)
{
	struct cache_fixture *f = *state;
	char answer[64];
	SAY(f, answer, "EVAL",
	    "for i = 1, 200 do redis.call('set', 'fill' .. i, string.rep('x', 2000)) end", "0");
	SAY(f, answer, "CONFIG", "SET", "rdbcompression", "no");
	SAY(f, answer, "SAVE");
	redis_kill(f->backend);
	redis_spawn(f->backend, (const char *const[]){ "--key-load-delay", "5000",
	                                               "--loading-process-events-interval-bytes",
	                                               "1024", NULL });
	SAY(f, answer, "GET", "fill1");
	assert_non_null(strstr(answer, "LOADING"));
	expect_unavailable_in_time(f);
	assert_int_equal(cache_do(f, CACHE_TAKE, "k", NULL, 0), ST_UNAVAILABLE);
	assert_int_equal(cache_ready(f->cache, NULL), ST_UNAVAILABLE);
	int64_t until = now_ms() + 5000;
	while (strstr((SAY(f, answer, "GET", "fill1"), answer), "LOADING") && now_ms() < until)
		pause_ms(20);
	wait_until_ready(f);
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 60));
}

/* A node of a cluster to which the key does not belong. */
static void a_cluster_that_sends_elsewhere_is_unavailable(void **state)
{
	struct cache_fixture *f = *state;
	redis_kill(f->backend);
	redis_spawn(f->backend, (const char *const[]){ "--cluster-enabled", "yes", NULL });
	expect_unavailable_in_time(f);
	assert_int_equal(cache_do(f, CACHE_PUT, "k", "x", 60), ST_UNAVAILABLE);
	assert_int_equal(cache_ready(f->cache, NULL), ST_UNAVAILABLE);
}

/* Who reads the server finds neither key nor value. */
static void nothing_is_in_the_clear(void **state)
{
	struct cache_fixture *f = *state;
	char answer[64], path[128];
	assert_ok(cache_do(f, CACHE_PUT, "BEARER-KEY-4711", "PRIVATE-VALUE-0815", 60));
	SAY(f, answer, "CONFIG", "SET", "rdbcompression", "no");
	SAY(f, answer, "SAVE");
	snprintf(path, sizeof path, "%s/dump.rdb", f->backend->dir);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	static char bytes[1 << 16];
	size_t n = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	assert_non_null(memmem(bytes, n, "authd:marker", 12)); /* it is the right file */
	assert_null(memmem(bytes, n, "BEARER-KEY", 10));
	assert_null(memmem(bytes, n, "Y-4711", 6));
	assert_null(memmem(bytes, n, "PRIVATE-VALUE", 13));
	assert_null(memmem(bytes, n, "E-0815", 6));
}

static void it_may_be_down_at_the_start(void **state)
{
	struct cache_fixture *f = *state;
	cache_free(f->cache);
	redis_kill(f->backend);
	f->cache = open_cache(f);
	expect_unavailable_in_time(f);
	redis_spawn(f->backend, NULL);
	wait_until_ready(f);
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 60));
}

/* Two processes' caches: one raises the epoch, the other follows. */
static void two_processes_agree_on_the_epoch(void **state)
{
	struct cache_fixture *f = *state;
	struct cache_fixture g = *f;
	g.arena = (struct arena){ 0 };
	g.cache = open_cache(&g);
	assert_int_equal(cache_epoch(g.cache), 1);
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 60));
	assert_ok(cache_do(&g, CACHE_TAKE, "k", NULL, 0));
	assert_int_equal(cache_do(f, CACHE_TAKE, "k", NULL, 0), ST_USED);
	for (uint64_t epoch = 2; epoch < 5; epoch++) {
		redis_kill(f->backend);
		redis_spawn(f->backend, NULL);
		pause_ms(50);
		wait_until_ready(f);
		wait_until_ready(&g);
		assert_int_equal(cache_epoch(f->cache), epoch);
		assert_int_equal(cache_epoch(g.cache), epoch);
		assert_ok(cache_do(f, CACHE_PUT, "k", "x", 60));
		assert_ok(cache_do(&g, CACHE_GET, "k", NULL, 0));
	}
	cache_free(g.cache);
	arena_done(&g.arena);
}

static int free_port(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;
	assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static void tcp_and_passwords(void **state)
{
	struct cache_fixture *f = *state;
	char port[16];
	cache_free(f->cache);
	redis_kill(f->backend);
	snprintf(port, sizeof port, "%d", free_port());
	redis_spawn(f->backend, (const char *const[]){ "--port", port, "--bind", "127.0.0.1",
						       "--requirepass", "p@ss:w/rd", NULL });
	snprintf(f->backend->url, sizeof f->backend->url, "redis://:wrong@127.0.0.1:%s/1", port);
	f->cache = open_cache(f);
	struct error e = { 0 };
	assert_int_equal(cache_ready(f->cache, &e), ST_UNAVAILABLE);
	assert_non_null(strstr(e.message, "WRONGPASS"));
	cache_free(f->cache);

	snprintf(f->backend->url, sizeof f->backend->url,
		 "redis://default:p%%40ss%%3Aw%%2Frd@127.0.0.1:%s/1", port);
	f->cache = open_cache(f);
	assert_ok(cache_ready(f->cache, NULL));
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 60));
	assert_ok(cache_do(f, CACHE_GET, "k", NULL, 0));
}

static void addresses_are_checked(void **state)
{
	(void)state;
	struct redis_address a;
	struct error e = { 0 };
	assert_ok(redis_address_parse("redis://:s%20x@cache.example:7000/2", &a, &e));
	assert_string_equal(a.host, "cache.example");
	assert_int_equal(a.port, 7000);
	assert_int_equal(a.db, 2);
	assert_string_equal(a.password, "s x");
	assert_null(a.user);
	redis_address_done(&a);
	assert_ok(redis_address_parse("redis://[::1]", &a, &e));
	assert_string_equal(a.host, "::1");
	assert_int_equal(a.port, 6379);
	redis_address_done(&a);
	assert_ok(redis_address_parse("redis+unix://me:pw@/run/redis.sock", &a, &e));
	assert_string_equal(a.path, "/run/redis.sock");
	assert_string_equal(a.user, "me");
	redis_address_done(&a);

	static const char *const bad[] = {
		"",		     "http://x",	    "redis://",		  "redis://:6379",
		"redis://h:",	     "redis://h:65536",	    "redis://h:6379/x",	  "redis://h:1/-1",
		"redis://@h",	     "redis://u@h",	    "redis://:p%4@h",	  "redis://:p%00@h",
		"redis://[::1",	     "redis://[::1]6379",   "redis+unix://",	  "redis+unix://x/y",
		"redis+unix:///x?d", "redis+unix:///x?db=", "rediss://h:6379",	  "redis://h:+1",
	};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(redis_address_parse(bad[i], &a, &e), ST_INVALID);
		assert_null(strstr(e.message, "p%"));
	}
}

static int setup(void **state)
{
	cache_setup(state, &REDIS);
	wait_until_ready(*state);
	return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, cache_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_killed_redis_is_a_new_epoch),
		TEST(a_reloaded_content_revives_nothing),
		TEST(a_flush_is_a_new_epoch),
		TEST(a_hung_redis_costs_the_deadline),
		TEST(readiness_notices_a_hang_by_itself),
		TEST(flushed_scripts_are_sent_again),
		TEST(a_key_of_another_type_hurts_nobody),
		TEST(a_value_moved_or_changed_does_not_open),
		TEST(a_redis_that_keeps_things_too_long_revives_nothing),
		TEST(eviction_is_not_ready),
		TEST(a_full_redis_is_unavailable_for_writes),
		TEST(a_replica_is_not_written_to),
		TEST(a_redis_that_still_loads_is_unavailable),
		TEST(a_cluster_that_sends_elsewhere_is_unavailable),
		TEST(nothing_is_in_the_clear),
		TEST(it_may_be_down_at_the_start),
		TEST(two_processes_agree_on_the_epoch),
		TEST(tcp_and_passwords),
		cmocka_unit_test(addresses_are_checked),
	};
	return cmocka_run_group_tests(tests, cache_group_setup, cache_group_teardown);
}
