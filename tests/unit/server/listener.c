/* Sockets under stress: slow clients, many idle ones, no descriptors left, the end. */
#include "tests/unit/server/fixture.h"

#include "authd/server/sockets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define H "Host: a\r\n"
#define GET_ECHO "GET /echo HTTP/1.1\r\n" H "\r\n"

static struct answer a;

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void start_impatient(struct fixture *f)
{
	fixture_init(f);
	f->options.idle_s = 1;
	f->options.request_s = 1;
	fixture_start(f);
}

/* Clients in which something moves all the time, so that no idle time is ever over. */
static const struct slow {
	const char *first, *slowly; /* a byte every 100 ms, round and round */
} SLOW[] = {
	{ "G", "ETTTTTTTTTTTTTTTTTT" },
	{ "GET /echo HTTP/1.1\r\n" H, "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy" },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: 9999\r\n\r\n", "aaaaaaaaa" },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nfff\r\n", "aaaaaaaaa" },
};

static bool all_closed(const int64_t *closed_ms)
{
	for (size_t i = 0; i < COUNT_OF(SLOW); i++)
		if (!closed_ms[i])
			return false;
	return true;
}

static void test_slow_clients_are_closed(void **state)
{
	(void)state;
	int fds[COUNT_OF(SLOW)];
	int64_t closed_ms[COUNT_OF(SLOW)] = { 0 };
	struct fixture f;
	start_impatient(&f);
	for (size_t i = 0; i < COUNT_OF(SLOW); i++) {
		fds[i] = dial(&f);
		send_text(fds[i], SLOW[i].first);
	}
	int64_t began = now_ms();
	for (size_t at = 0; !all_closed(closed_ms) && now_ms() - began < 6000; at++) {
		usleep(100000);
		for (size_t i = 0; i < COUNT_OF(SLOW); i++) {
			const char *slowly = SLOW[i].slowly;
			send_all(fds[i], slice_of(&slowly[at % strlen(slowly)], 1));
			if (!closed_ms[i] && is_closed_within(fds[i], 0))
				closed_ms[i] = now_ms() - began;
		}
		assert_int_equal(ask(&f, GET_ECHO, &a), 200);
	}
	for (size_t i = 0; i < COUNT_OF(SLOW); i++) {
		assert_in_range(closed_ms[i], 900, 4500);
		close(fds[i]);
	}
	fixture_stop(&f);
}

/* One that has sent nothing, one that is between two requests, one that does not read. */
static void test_idle_and_silent_are_closed(void **state)
{
	(void)state;
	struct fixture f;
	start_impatient(&f);
	int silent = dial(&f), idle = dial(&f), reader = dial(&f);
	int small = 1024;
	setsockopt(reader, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	for (int i = 0; i < 40; i++)
		send_text(reader, "GET /big HTTP/1.1\r\n" H "\r\n");
	send_text(idle, GET_ECHO);
	read_answers(idle, 1, false, &a);
	assert_int_equal(answer_status(&a), 200);
	/* It reads 1,000 bytes of twelve million every 10 ms. */
	char bytes[1000];
	int64_t began = now_ms();
	bool open = true;
	while (open && now_ms() - began < 30000) {
		open = recv(reader, bytes, sizeof bytes, 0) > 0;
		usleep(10000);
	}
	assert_false(open);
	assert_true(now_ms() - began >= 500);
	assert_true(is_closed_within(silent, 2000));
	assert_true(is_closed_within(idle, 2000));
	close(silent);
	close(idle);
	close(reader);
	fixture_stop(&f);
}

static void raise_descriptors(void)
{
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max < 8192 ? limit.rlim_max : 8192;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void test_1000_idle(void **state)
{
	(void)state;
	static int fds[1000];
	struct fixture f;
	raise_descriptors();
	fixture_init(&f);
	f.options.idle_s = 30;
	fixture_start(&f);
	for (size_t i = 0; i < COUNT_OF(fds); i++) {
		fds[i] = dial(&f);
		send_text(fds[i], i % 2 ? "GET /echo HTTP/1.1\r\nHo" : "");
	}
	int64_t began = now_ms();
	for (int i = 0; i < 50; i++)
		assert_int_equal(ask(&f, GET_ECHO, &a), 200);
	assert_in_range(now_ms() - began, 0, 25000); /* before they have been idle for too long */
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		assert_false(is_closed_within(fds[i], 0));
	/* They have not been forgotten. */
	send_text(fds[999], "st: a\r\n\r\n");
	read_answers(fds[999], 1, false, &a);
	assert_int_equal(answer_status(&a), 200);
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		close(fds[i]);
	fixture_stop(&f);
}

static void test_connection_limit(void **state)
{
	(void)state;
	int fds[10];
	struct fixture f;
	fixture_init(&f);
	f.options.connections = 8;
	fixture_start(&f);
	for (int i = 0; i < 8; i++) {
		fds[i] = dial(&f);
		send_text(fds[i], GET_ECHO);
		read_answers(fds[i], 1, false, &a);
		assert_int_equal(answer_status(&a), 200);
	}
	fds[8] = dial(&f);
	read_answers(fds[8], 1, false, &a);
	assert_int_equal(answer_status(&a), 503);
	assert_true(answer_has(&a, "Retry-After: "));
	for (int i = 0; i < 9; i++)
		close(fds[i]);
	int http = 0;
	for (int64_t began = now_ms(); http != 200 && now_ms() - began < 3000;)
		http = ask(&f, GET_ECHO, &a);
	assert_int_equal(http, 200);
	fixture_stop(&f);
}

/* EMFILE: accept backs off, and goes on when descriptors are there again. */
static void test_no_descriptors(void **state)
{
	(void)state;
	struct fixture f;
	struct rlimit before, low;
	fixture_init(&f);
	fixture_start(&f);
	getrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(ask(&f, GET_ECHO, &a), 200);
	int fd = socket(AF_INET, SOCK_STREAM, 0), fill[64], n = 0;
	assert_true(fd >= 0);
	low = before;
	low.rlim_cur = (rlim_t)fd + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	while (n < 64 && (fill[n] = dup(fd)) >= 0)
		n++;
	assert_in_range(n, 0, 63);
	connect_to(&f, fd);
	send_text(fd, GET_ECHO);
	assert_false(is_closed_within(fd, 250)); /* and no answer */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	read_answers(fd, 1, false, &a);
	assert_int_equal(answer_status(&a), 200);
	while (n > 0)
		close(fill[--n]);
	close(fd);
	fixture_stop(&f);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void *ask_long(void *context)
{
	struct answer *own = malloc(sizeof *own);
	int http = ask(context, "GET /long?longer=1 HTTP/1.1\r\n" H "\r\n", own);
	bool ok = http == 200 && answer_has(own, "Connection: close");
	free(own);
	return (void *)(intptr_t)ok;
}

static void test_drain(void **state)
{
	(void)state;
	struct fixture f;
	fixture_init(&f);
	fixture_start(&f);
	int idle = dial(&f);
	pthread_t thread;
	void *ok;
	assert_int_equal(pthread_create(&thread, NULL, ask_long, &f), 0);
	usleep(100000);
	atomic_store(&f.issuer.draining, true);
	assert_int_equal(server_drain(f.server, 10), ST_BUSY);
	assert_int_equal(server_drain(f.server, 5000), ST_OK);
	pthread_join(thread, &ok);
	assert_non_null(ok);
	/* Nobody is let in any more. */
	struct sockaddr_storage to;
	socklen_t n = sizeof to;
	getpeername(idle, (struct sockaddr *)&to, &n);
	int late = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_not_equal(connect(late, (struct sockaddr *)&to, n), 0);
	close(late);
	close(idle);
	fixture_stop(&f);
}

/* Freed while requests wait and others come: each that began is answered or refused, none crashes.
 */
static void test_free_at_work(void **state)
{
	(void)state;
	struct fixture f;
	fixture_init(&f);
	fixture_start(&f);
	int fds[20];
	for (size_t i = 0; i < COUNT_OF(fds); i++) {
		fds[i] = dial(&f);
		send_text(fds[i], "GET /slow HTTP/1.1\r\n" H "\r\nGET /slow HTTP/1.1\r\n" H "\r\n");
	}
	fixture_stop(&f);
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		close(fds[i]);
}

static void test_fails_to_start(void **state)
{
	(void)state;
	struct fixture f;
	struct server *s = NULL;
	struct error e;
	fixture_init(&f);
	fixture_start(&f);
	struct server_options o = f.options;
	assert_int_equal(server_start(&o, &s, &e), ST_EXISTS); /* the socket */
	assert_non_null(strstr(e.message, f.socket_path));
	o.admin_socket = NULL;
	o.port = server_port(f.server);
	assert_int_equal(server_start(&o, &s, &e), ST_EXISTS);
	o.port = 0;
	o.address = "localhost.invalid";
	assert_int_equal(server_start(&o, &s, &e), ST_INVALID);
	o.address = "192.0.2.1";
	assert_int_equal(server_start(&o, &s, &e), ST_INVALID);
	o.address = "127.0.0.1";
	o.certificate = o.key = "/nonexistent";
	assert_int_equal(server_start(&o, &s, &e), ST_INVALID);
	assert_non_null(strstr(e.message, "/nonexistent"));
	assert_null(s);
	fixture_stop(&f);
}

static void test_unix_socket(void **state)
{
	(void)state;
	char dir[] = "/tmp/server-test-XXXXXX", path[200];
	struct error e;
	struct stat st;
	int fd, again;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/s", dir);
	assert_int_equal(listen_unix(path, &fd, &e), ST_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(listen_unix(path, &again, &e), ST_EXISTS);
	close(fd); /* as after a crash: the path stays */
	assert_int_equal(listen_unix(path, &fd, &e), ST_OK);
	close(fd);
	unlink(path);
	close(open(path, O_CREAT | O_WRONLY, 0600)); /* a file is nobody's socket */
	assert_int_equal(listen_unix(path, &fd, &e), ST_EXISTS);
	assert_int_equal(stat(path, &st), 0);
	unlink(path);
	rmdir(dir);
	memset(path, 'a', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	assert_int_equal(listen_unix(path, &fd, &e), ST_INVALID);
}

static void test_trusted_proxies(void **state)
{
	(void)state;
	static const char *const trusted[] = { "127.0.0.1", "10.0.0.1" };
	static const struct {
		const char *headers, *peer;
	} rows[] = {
		{ "", "127.0.0.1" },
		{ "X-Forwarded-For: 192.0.2.7\r\n", "192.0.2.7" },
		{ "X-Forwarded-For: 198.51.100.1, 192.0.2.7\r\n", "192.0.2.7" },
		{ "X-Forwarded-For: 198.51.100.1, 192.0.2.7 ,10.0.0.1\r\n", "192.0.2.7" },
		{ "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-For: 10.0.0.1\r\n", "192.0.2.7" },
		{ "X-Forwarded-For: 2001:db8::1\r\n", "2001:db8::1" },
		{ "X-Forwarded-For: nonsense\r\n", "127.0.0.1" },
		{ "X-Forwarded-For: 192.0.2.7, nonsense\r\n", "127.0.0.1" },
		{ "X-Forwarded-For:\r\n", "127.0.0.1" },
	};
	struct fixture f;
	fixture_init(&f);
	f.options.trusted_proxies = trusted;
	f.options.trusted_proxies_n = COUNT_OF(trusted);
	fixture_start(&f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char request[300], peer[64];
		snprintf(request, sizeof request, "GET /echo HTTP/1.1\r\n" H "%s\r\n",
		         rows[i].headers);
		snprintf(peer, sizeof peer, "\"peer\":\"%s\"", rows[i].peer);
		assert_int_equal(ask(&f, request, &a), 200);
		assert_non_null(strstr(a.bytes, peer));
	}
	fixture_stop(&f);
	/* Whom nobody named is not believed. */
	fixture_init(&f);
	fixture_start(&f);
	ask(&f, "GET /echo HTTP/1.1\r\n" H "X-Forwarded-For: 192.0.2.7\r\n\r\n", &a);
	assert_true(answer_has(&a, "\"peer\":\"127.0.0.1\""));
	fixture_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slow_clients_are_closed),
		cmocka_unit_test(test_idle_and_silent_are_closed),
		cmocka_unit_test(test_1000_idle),
		cmocka_unit_test(test_connection_limit),
		cmocka_unit_test(test_no_descriptors),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_free_at_work),
		cmocka_unit_test(test_fails_to_start),
		cmocka_unit_test(test_unix_socket),
		cmocka_unit_test(test_trusted_proxies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
