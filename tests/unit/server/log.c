/* The log: one line each, whatever is in it; and nobody waits for its reader. */
#include "authd/server/log.h"

#include "tests/unit/server/fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static char text[4 << 20];

/* All that was written until every writer has closed its end. */
static size_t drain_pipe(int fd)
{
	size_t n = 0;
	ssize_t got;
	while ((got = read(fd, text + n, sizeof text - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	return n;
}

/* Write one line by these fields, and read it as JSON. */
static json_t *log_once(const struct log_field *fields, size_t n)
{
	int pipes[2];
	struct log *l;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(log_new(pipes[1], LOG_LEVEL_INFO, &l), ST_OK);
	log_event_n(l, LOG_LEVEL_WARNING, "tested", fields, n);
	log_event(l, LOG_LEVEL_DEBUG, "left_out", log_number("n", 1));
	log_free(l);
	close(pipes[1]);
	size_t size = drain_pipe(pipes[0]);
	close(pipes[0]);
	assert_ptr_equal(strchr(text, '\n'), text + size - 1); /* one line */
	json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	assert_non_null(json);
	return json;
}

static const char *member(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

static void test_line(void **state)
{
	(void)state;
	const struct log_field fields[] = { log_text("path", SLICE("/token")),
		                            log_text("absent", NO_SLICE), log_number("status", -5),
		                            log_text("empty", SLICE("")) };
	json_t *json = log_once(fields, COUNT_OF(fields));
	assert_string_equal(member(json, "level"), "warning");
	assert_string_equal(member(json, "event"), "tested");
	assert_string_equal(member(json, "path"), "/token");
	assert_string_equal(member(json, "empty"), "");
	assert_int_equal(json_integer_value(json_object_get(json, "status")), -5);
	assert_null(json_object_get(json, "absent"));
	struct tm tm;
	const char *end = strptime(member(json, "time"), "%Y-%m-%dT%H:%M:%S.", &tm);
	assert_non_null(end);
	assert_string_equal(end + 3, "Z");
	json_decref(json);
}

/* What could begin a line, end the string, or move a terminal's cursor comes out escaped. */
static void test_hostile_text(void **state)
{
	(void)state;
	static const struct slice hostile[] = {
		SLICE_INIT("a\r\n{\"level\":\"info\"}"),
		SLICE_INIT("\x1b[2J\x1b]0;x\a"),
		SLICE_INIT("%n%s%n"),
		SLICE_INIT("\"\\\b\f\t\0z"),
		SLICE_INIT("\x7f\xc2\x9b"
		           "2J\xc2\x85"),
		SLICE_INIT("\xff\xfe\xc3"),
		SLICE_INIT("\xed\xa0\x80"),
		SLICE_INIT("名字 é"),
	};
	for (size_t i = 0; i < COUNT_OF(hostile); i++) {
		const struct log_field field = log_text("reason", hostile[i]);
		json_t *json = log_once(&field, 1);
		assert_non_null(json_object_get(json, "reason"));
		for (const char *p = text; p[1]; p++)
			assert_false((unsigned char)*p < 0x20 || *p == 0x7f);
		assert_null(strstr(text, "\xc2\x9b"));
		json_decref(json);
	}
	assert_non_null(strstr(text, "名字 é")); /* and what is none stays readable */
}

static void test_long_text(void **state)
{
	(void)state;
	static char long_text[64 << 10];
	memset(long_text, '\x01', sizeof long_text);
	struct log_field fields[20];
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		fields[i] = log_text("long", slice_of(long_text, sizeof long_text));
	fields[19] = log_number("last", 1);
	int pipes[2];
	struct log *l;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(log_new(pipes[1], LOG_LEVEL_INFO, &l), ST_OK);
	log_event_n(l, LOG_LEVEL_INFO, "tested", fields, COUNT_OF(fields));
	log_free(l);
	close(pipes[1]);
	size_t n = drain_pipe(pipes[0]);
	close(pipes[0]);
	assert_in_range(n, 100, LOG_LINE_MAX);
	json_t *json = json_loadb(text, n, 0, NULL);
	assert_non_null(json);
	json_decref(json);
	/* Cut, but not in the middle of a character. */
	char chinese[LOG_TEXT_MAX + 10];
	for (size_t i = 0; i + 3 <= sizeof chinese; i += 3)
		memcpy(chinese + i, "名", 3);
	const struct log_field field =
	        log_text("reason", slice_of(chinese, sizeof chinese / 3 * 3));
	json = log_once(&field, 1);
	assert_int_equal(strlen(member(json, "reason")), LOG_TEXT_MAX / 3 * 3);
	json_decref(json);
}

static void *log_much(void *context)
{
	for (int i = 0; i < 500; i++)
		log_event(context, LOG_LEVEL_INFO, "tested", log_number("i", i));
	return NULL;
}

static void *read_all(void *context)
{
	drain_pipe(*(int *)context);
	return NULL;
}

static void test_many_threads(void **state)
{
	(void)state;
	int pipes[2];
	struct log *l;
	pthread_t threads[4], reader;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_all, &pipes[0]), 0);
	assert_int_equal(log_new(pipes[1], LOG_LEVEL_INFO, &l), ST_OK);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, log_much, l), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		pthread_join(threads[i], NULL);
	uint64_t dropped = log_dropped(l);
	log_free(l);
	close(pipes[1]);
	pthread_join(reader, NULL);
	close(pipes[0]);
	size_t lines = 0;
	for (char *p = text, *end; (end = strchr(p, '\n')); p = end + 1, lines++)
		assert_true(p[0] == '{' && end[-1] == '}');
	/* Those that were dropped are told of in a line of their own, or two. */
	assert_in_range(lines + dropped, 2000, 2000 + (dropped ? 50 : 0));
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A reader that stopped costs lines, not time; when it comes back, it is told how many. */
static void test_reader_that_stops(void **state)
{
	(void)state;
	int pipes[2];
	struct log *l;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(log_new(pipes[1], LOG_LEVEL_INFO, &l), ST_OK);
	int64_t began = now_ms();
	for (int i = 0; i < 20; i++)
		log_much(l);
	assert_in_range(now_ms() - began, 0, 20000); /* it hangs for good otherwise */
	assert_true(log_dropped(l) > 1000);
	assert_int_equal(fcntl(pipes[0], F_SETFL, O_NONBLOCK), 0);
	bool told = false;
	for (int i = 0; i < 300 && !told; i++) {
		struct pollfd p = { .fd = pipes[0], .events = POLLIN };
		poll(&p, 1, 10);
		drain_pipe(pipes[0]);
		told = strstr(text, "\"event\":\"log_lines_dropped\",\"count\":");
	}
	assert_true(told);
	/* And gone for good, it does not hold up the end. */
	close(pipes[0]);
	log_event(l, LOG_LEVEL_INFO, "tested", log_number("n", 1));
	log_free(l);
	close(pipes[1]);
}

static void test_full_disk(void **state)
{
	(void)state;
	struct log *l;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(log_new(fd, LOG_LEVEL_INFO, &l), ST_OK);
	for (int i = 0; i < 200 && !log_dropped(l); i++) {
		log_event(l, LOG_LEVEL_INFO, "tested", log_number("n", 1));
		usleep(1000);
	}
	assert_true(log_dropped(l) > 0);
	log_free(l);
	close(fd);
}

static void test_end_with_a_full_pipe(void **state)
{
	(void)state;
	int pipes[2];
	struct log *l;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(log_new(pipes[1], LOG_LEVEL_INFO, &l), ST_OK);
	for (int i = 0; i < 4; i++)
		log_much(l);
	int64_t began = now_ms();
	log_free(l);
	assert_in_range(now_ms() - began, 0, 20000); /* it hangs for good otherwise */
	close(pipes[0]);
	close(pipes[1]);
}

static void test_levels(void **state)
{
	(void)state;
	enum log_level level;
	assert_int_equal(log_level_parse("error", &level), ST_OK);
	assert_int_equal(level, LOG_LEVEL_ERROR);
	assert_int_equal(log_level_parse("loud", &level), ST_INVALID);
	log_free(NULL);
}

/* What requests leave in it: route, status, network; nothing that a client chose. */
static void test_requests_in_the_log(void **state)
{
	(void)state;
	static struct answer a;
	struct fixture f;
	fixture_init(&f);
	assert_int_equal(pipe(f.log_pipe), 0);
	int reader = dup(f.log_pipe[0]);
	fixture_start(&f);
	assert_int_equal(
	        ask(&f,
	            "GET /item/s3cr3t?a=s3cr3t HTTP/1.1\r\nHost: s3cr3t\r\n"
	            "Cookie: s3cr3t\r\nAuthorization: s3cr3t\r\nUser-Agent: s3cr3t\r\n\r\n",
	            &a),
	        200);
	assert_int_equal(ask(&f, "GET /s3cr3t HTTP/1.1\r\nHost: a\r\n\r\n", &a), 404);
	assert_int_equal(
	        ask(&f, "GET /remark?reason=a%0D%0AForged%1B HTTP/1.1\r\nHost: a\r\n\r\n", &a),
	        204);
	assert_int_equal(ask(&f, "GET /echo HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", &a), 400);
	fixture_stop(&f);
	drain_pipe(reader);
	close(reader);
	assert_null(strstr(text, "s3cr3t"));
	assert_null(strstr(text, "127.0.0.1"));
	assert_null(strstr(text, "\nForged"));
	assert_non_null(strstr(text, "a\\u000d\\u000aForged\\u001b"));
	assert_non_null(strstr(text, "\"method\":\"GET\",\"path\":\"/item/*\",\"status\":200,"));
	assert_non_null(strstr(text, "\"network\":\"127.0.0.0/24\""));
	assert_non_null(strstr(text, "\"status\":404"));
	assert_non_null(strstr(text, "\"reason\":\"malformed header value\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_many_threads),
		cmocka_unit_test(test_reader_that_stops),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_end_with_a_full_pipe),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_requests_in_the_log),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
