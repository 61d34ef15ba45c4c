/* Requests and answers: methods, content, headers, steps that wait, many at once. */
#include "tests/unit/server/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define H "Host: a\r\n"

static struct answer a;

static int get(void **state, const char *target)
{
	char request[4096];
	snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" H "\r\n", target);
	return ask(*state, request, &a);
}

static int send_content(void **state, const char *line, const char *type, const char *content)
{
	char request[4096];
	snprintf(request, sizeof request,
	         "%s HTTP/1.1\r\n" H "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", line,
	         type, strlen(content), content);
	return ask(*state, request, &a);
}

/* ---- routes ---------------------------------------------------------------------------------- */

static void test_query_and_fields(void **state)
{
	assert_int_equal(ask(*state,
	                     "GET /echo?a=%E5%90%8D+x&b HTTP/1.1\r\n" H "Cookie: s=1; t=2\r\n"
	                     "authorization:Bearer x \r\n\r\n",
	                     &a),
	                 200);
	assert_true(answer_has(&a, "\"a\":\"名 x\""));
	assert_true(answer_has(&a, "\"cookie\":\"s=1; t=2\""));
	assert_true(answer_has(&a, "\"auth\":\"Bearer x\""));
	assert_true(answer_has(&a, "\"peer\":\"127.0.0.1\""));
	assert_true(answer_has(&a, "\"uid\":-1"));
}

static void test_paths(void **state)
{
	assert_int_equal(get(state, "/item/%E5%90%8D"), 200);
	assert_true(answer_has(&a, "\r\n\r\n名"));
	assert_int_equal(get(state, "/item/fixed"), 200);
	assert_true(answer_has(&a, "\"path\":\"/item/fixed\""));
	assert_int_equal(get(state, "/item/*"), 200);
	assert_true(answer_has(&a, "\r\n\r\n*"));
	static const char *const unknown[] = { "/",       "/item/",       "/item",   "/item/a/b",
		                               "/echo/",  "/ECHO",        "/%65cho", "//echo",
		                               "/./echo", "/item/../echo" };
	for (size_t i = 0; i < COUNT_OF(unknown); i++)
		assert_int_equal(get(state, unknown[i]), 404);
	assert_true(answer_has(&a, "{\"error\":\"not_found\""));
}

static void test_methods(void **state)
{
	assert_int_equal(ask(*state, "PUT /echo HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", &a),
	                 405);
	assert_true(answer_has(&a, "Allow: GET, HEAD, POST\r\n"));
	assert_int_equal(ask(*state, "TRACE /item/x HTTP/1.1\r\n" H "\r\n", &a), 405);
	assert_true(answer_has(&a, "Allow: GET, HEAD, DELETE\r\n"));
	assert_int_equal(ask(*state, "OPTIONS /json HTTP/1.1\r\n" H "\r\n", &a), 405);
	assert_true(answer_has(&a, "Allow: POST, PUT\r\n"));
	assert_int_equal(ask(*state, "GET /json HTTP/1.1\r\n" H "\r\n", &a), 405);
	assert_int_equal(ask(*state, "DELETE /item/x HTTP/1.1\r\n" H "\r\n", &a), 200);
}

static void test_head(void **state)
{
	int fd = dial(*state);
	send_text(fd, "HEAD /html HTTP/1.1\r\n" H "\r\n");
	read_answers(fd, 1, true, &a);
	assert_int_equal(answer_status(&a), 200);
	assert_true(answer_has(&a, "Content-Length: 23\r\n"));
	assert_false(answer_has(&a, "hello"));
	assert_false(is_closed_within(fd, 0));
	close(fd);
	assert_int_equal(ask(*state, "HEAD /json HTTP/1.1\r\n" H "\r\n", &a), 405);
}

static void test_content(void **state)
{
	assert_int_equal(
	        send_content(state, "POST /echo", "application/x-www-form-urlencoded", "a=1"), 200);
	assert_true(answer_has(&a, "\"form_a\":\"1\""));
	assert_int_equal(send_content(state, "POST /echo",
	                              "Application/X-WWW-Form-Urlencoded ; charset=UTF-8", "a=2"),
	                 200);
	assert_true(answer_has(&a, "\"form_a\":\"2\""));
	assert_int_equal(send_content(state, "POST /echo", "application/json", "{}"), 400);
	assert_int_equal(send_content(state, "POST /echo", "text/plain", "a=1"), 400);
	assert_int_equal(
	        send_content(state, "POST /echo", "application/x-www-form-urlencodedx", "a=1"),
	        400);
	assert_int_equal(
	        send_content(state, "POST /echo", "application/x-www-form-urlencoded", "a=%"), 400);
	assert_true(answer_has(&a, "\"error\":\"invalid_request\""));
	assert_int_equal(send_content(state, "PUT /json", "application/json; charset=utf-8", "{}"),
	                 200);
	assert_true(answer_has(&a, "\"body\":2"));
	assert_int_equal(
	        send_content(state, "POST /json", "application/x-www-form-urlencoded", "a=1"), 415);
	/* Without content no type is asked for. */
	assert_int_equal(ask(*state, "POST /echo HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", &a),
	                 200);
	assert_int_equal(ask(*state, "POST /echo HTTP/1.1\r\n" H "\r\n", &a), 200);
}

static void test_expect_continue(void **state)
{
	int fd = dial(*state);
	send_text(fd, "POST /echo HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 3\r\n"
	              "Content-Type: application/x-www-form-urlencoded\r\n\r\n");
	read_answers(fd, 1, true, &a);
	assert_int_equal(answer_status(&a), 100);
	send_text(fd, "a=7");
	read_answers(fd, 1, false, &a);
	assert_int_equal(answer_status(&a), 200);
	assert_true(answer_has(&a, "\"form_a\":\"7\""));
	close(fd);
}

/* ---- headers --------------------------------------------------------------------------------- */

static void test_security_headers(void **state)
{
	assert_int_equal(get(state, "/html"), 200);
	assert_true(answer_has(&a, "Content-Security-Policy: "));
	assert_true(answer_has(&a, "frame-ancestors 'none'"));
	assert_true(answer_has(&a, "X-Frame-Options: DENY\r\n"));
	assert_true(answer_has(&a, "Referrer-Policy: no-referrer\r\n"));
	assert_true(answer_has(&a, "X-Content-Type-Options: nosniff\r\n"));
	assert_true(answer_has(&a, "Cache-Control: no-store\r\n"));
	assert_false(answer_has(&a, "Strict-Transport-Security"));
	assert_int_equal(get(state, "/styled"), 200);
	assert_true(answer_has(&a, "Cache-Control: max-age=60\r\n"));
	assert_true(answer_has(&a, "Content-Security-Policy: default-src 'self'\r\n"));
	assert_false(answer_has(&a, "no-store"));
	static const char *const others[] = { "/echo", "/nothing", "/silent" };
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		get(state, others[i]);
		assert_true(answer_has(&a, "Content-Type: application/json\r\n"));
		assert_true(answer_has(&a, "nosniff"));
		assert_true(answer_has(&a, "no-store"));
		assert_false(answer_has(&a, "Content-Security-Policy"));
	}
}

/* A value that would split the answer is not sent. */
static void test_header_injection(void **state)
{
	assert_int_equal(get(state, "/split?to=https%3A%2F%2Frp.test%2F"), 303);
	assert_true(answer_has(&a, "Location: https://rp.test/\r\n"));
	assert_int_equal(get(state, "/split?to=a%0D%0ASet-Cookie:%20x=1"), 500);
	assert_false(answer_has(&a, "Set-Cookie"));
	assert_int_equal(get(state, "/split?to=a%0Ab"), 500);
	assert_int_equal(get(state, "/split?to=a%0Db"), 500);
	assert_int_equal(get(state, "/split"), 500);
}

static void test_no_answer_is_500(void **state)
{
	assert_int_equal(get(state, "/silent"), 500);
	assert_true(answer_has(&a, "{\"error\":\"server_error\"}"));
}

static void test_turning_to_other_steps(void **state)
{
	assert_int_equal(get(state, "/turned"), 200);
	assert_true(answer_has(&a, "\r\n\r\nturned"));
}

/* ---- connections ----------------------------------------------------------------------------- */

static void test_100_pipelined(void **state)
{
	int fd = dial(*state);
	for (int i = 0; i < 100; i++) {
		char request[200];
		snprintf(request, sizeof request, "GET %s?a=%d HTTP/1.1\r\n" H "\r\n",
		         i % 10 == 5 ? "/slow" : "/echo", i);
		send_text(fd, request);
	}
	read_answers(fd, 100, false, &a);
	assert_int_equal(answer_count(&a), 100);
	assert_false(a.closed);
	close(fd);
	const char *p = a.bytes;
	for (int i = 0; i < 100; i++) {
		char expected[32];
		snprintf(expected, sizeof expected, i % 10 == 5 ? "\"rounds\"" : "\"a\":\"%d\"", i);
		p = strstr(p, expected);
		assert_non_null(p);
	}
}

static void test_large_answer(void **state)
{
	assert_int_equal(get(state, "/big"), 200);
	assert_true(a.n > 300000);
}

static void test_admin_socket(void **state)
{
	int fd = dial_admin(*state);
	send_text(fd, "GET /who HTTP/1.1\r\n" H "\r\nGET /echo HTTP/1.1\r\n" H "\r\n");
	read_answers(fd, 2, false, &a);
	close(fd);
	char uid[32];
	snprintf(uid, sizeof uid, "\"uid\":%d,", (int)getuid());
	assert_int_equal(answer_status(&a), 200);
	assert_true(answer_has(&a, uid));
	assert_true(answer_has(&a, "HTTP/1.1 404")); /* the world's routes are not there */
	assert_int_equal(get(state, "/who"), 404);   /* nor the operators' routes for the world */
}

/* ---- steps that wait ------------------------------------------------------------------------- */

static void test_operation_on_the_spot(void **state)
{
	assert_int_equal(get(state, "/inline"), 200);
	assert_true(answer_has(&a, "{\"rounds\":2,\"sum\":0,\"status\":\"CONFLICT\"}"));
}

static void test_operation_elsewhere(void **state)
{
	assert_int_equal(get(state, "/slow"), 200);
	assert_true(answer_has(&a, "{\"rounds\":3,\"sum\":6,\"status\":\"EXPIRED\"}"));
}

static void *load(void *context)
{
	static const char *const targets[] = { "/slow", "/echo?a=1", "/inline", "/nothing" };
	struct answer *own = malloc(sizeof *own);
	int fd = dial(context);
	intptr_t failed = 0;
	for (int i = 0; i < 200; i++) {
		char request[100];
		snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" H "\r\n", targets[i % 4]);
		send_text(fd, request);
		read_answers(fd, 1, false, own);
		int wanted = i % 4 == 3 ? 404 : 200;
		failed += answer_status(own) != wanted ||
		          (i % 4 == 0 && !answer_has(own, "\"sum\":6,\"status\":\"EXPIRED\""));
	}
	close(fd);
	free(own);
	return (void *)failed;
}

static void test_many_at_once(void **state)
{
	pthread_t threads[8];
	void *failed;
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, load, *state), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

/* Clients that leave while their request waits take nothing with them that is still in use. */
static void test_leaving_while_waiting(void **state)
{
	for (int i = 0; i < 60; i++) {
		int fd = dial(*state);
		send_text(fd, i % 2 ? "GET /long HTTP/1.1\r\n" H "\r\n"
		                    : "GET /slow HTTP/1.1\r\n" H "\r\n");
		struct linger reset = { .l_onoff = 1 };
		if (i % 3)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		if (i % 4 == 0)
			usleep(300);
		close(fd);
	}
	assert_int_equal(get(state, "/echo"), 200);
}

static void test_overload_is_said_quickly(void **state)
{
	enum { MANY = 120 };
	int fds[MANY], busy = 0, served = 0;
	for (int i = 0; i < MANY; i++) {
		fds[i] = dial(*state);
		send_text(fds[i], "GET /long HTTP/1.1\r\n" H "\r\n");
	}
	assert_int_equal(get(state, "/echo"), 200); /* others do not wait for them */
	struct pollfd all[MANY];
	for (int i = 0; i < MANY; i++)
		all[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	assert_true(poll(all, MANY, 5000) >= 1);
	for (int i = 0; i < MANY; i++) {
		struct pollfd p = { .fd = fds[i], .events = POLLIN };
		if (poll(&p, 1, 0) > 0) {
			read_answers(fds[i], 1, false, &a);
			busy += answer_status(&a) == 503 && answer_has(&a, "Retry-After: ");
		}
		served += !p.revents;
		close(fds[i]);
	}
	assert_true(busy >= 1);
	assert_true(served >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query_and_fields),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_expect_continue),
		cmocka_unit_test(test_security_headers),
		cmocka_unit_test(test_header_injection),
		cmocka_unit_test(test_no_answer_is_500),
		cmocka_unit_test(test_turning_to_other_steps),
		cmocka_unit_test(test_100_pipelined),
		cmocka_unit_test(test_large_answer),
		cmocka_unit_test(test_admin_socket),
		cmocka_unit_test(test_operation_on_the_spot),
		cmocka_unit_test(test_operation_elsewhere),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_overload_is_said_quickly),
		cmocka_unit_test(test_leaving_while_waiting),
	};
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
