/*
 * One request in is one request out: whatever RFC 9112 does not allow is refused, and nothing that
 * stands behind it is served. Each row goes over a socket as it is, with a second request behind
 * it.
 */
#include "tests/unit/server/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define H "Host: a\r\n"
#define GET_LINE "GET /echo HTTP/1.1\r\n"
#define GET GET_LINE H
#define POST "POST /echo HTTP/1.1\r\n" H
#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"
#define BEHIND "GET /item/smuggled HTTP/1.1\r\n" H "\r\n"

struct row {
	const char *name;
	struct slice request;
	int status;
	/* libmicrohttpd 0.9.75 answers these itself, and writes the head of its answer twice. */
	bool answered_by_library;
};

static const struct row REFUSED[] = {
	/* RFC 9112 §6.3: the length of a body */
	{ "two lengths", SLICE_INIT(POST "Content-Length: 0\r\nContent-Length: 43\r\n\r\n"), 400 },
	{ "two equal lengths", SLICE_INIT(POST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"),
	  400 },
	{ "list of lengths", SLICE_INIT(POST "Content-Length: 0, 0\r\n\r\n"), 400, true },
	{ "length and coding",
	  SLICE_INIT(POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	  400 },
	{ "coding and length", SLICE_INIT(POST CHUNKED "Content-Length: 4\r\n\r\n0\r\n\r\n"), 400 },
	{ "unknown coding", SLICE_INIT(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), 400 },
	{ "coding list", SLICE_INIT(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
	  400 },
	{ "coding identity", SLICE_INIT(POST "Transfer-Encoding: identity\r\n\r\n"), 400 },
	{ "two codings", SLICE_INIT(POST CHUNKED "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	  400 },
	{ "coding in 1.0",
	  SLICE_INIT("POST /echo HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	  400 },
	{ "negative length", SLICE_INIT(POST "Content-Length: -1\r\n\r\n"), 400, true },
	{ "signed length", SLICE_INIT(POST "Content-Length: +0\r\n\r\n"), 400, true },
	{ "hexadecimal length", SLICE_INIT(POST "Content-Length: 0x0\r\n\r\n"), 400, true },
	{ "empty length", SLICE_INIT(POST "Content-Length:\r\n\r\n"), 400, true },
	{ "length past 64 bits", SLICE_INIT(POST "Content-Length: 18446744073709551616\r\n\r\n"),
	  413, true },
	{ "chunk size past 64 bits", SLICE_INIT(POST CHUNKED "\r\n10000000000000000\r\n"), 413 },
	{ "chunk size with 0x", SLICE_INIT(POST CHUNKED "\r\n0x1\r\na\r\n0\r\n\r\n"), 400 },
	{ "negative chunk size", SLICE_INIT(POST CHUNKED "\r\n-1\r\na\r\n0\r\n\r\n"), 400 },

	/* RFC 9112 §2.2, §5: lines */
	{ "LF behind the request line", SLICE_INIT("GET /echo HTTP/1.1\n" H "\r\n"), 400 },
	{ "LF behind a header", SLICE_INIT(GET_LINE "Host: a\nX: b\r\n\r\n"), 400 },
	{ "LF behind the last header", SLICE_INIT(GET_LINE "Host: a\n\r\n"), 400 },
	{ "LF for the empty line", SLICE_INIT(GET "\n"), 400 },
	{ "LF everywhere", SLICE_INIT("GET /echo HTTP/1.1\nHost: a\n\n"), 400 },
	{ "CR in a value", SLICE_INIT(GET "X: a\rY: b\r\n\r\n"), 400 },
	{ "CR for a line's end", SLICE_INIT("GET /echo HTTP/1.1\r" H "\r\n"), 400 },
	{ "CR CR LF", SLICE_INIT(GET "X: a\r\r\n\r\n"), 400 },
	{ "NUL in a value", SLICE_INIT(GET "X: a\0b\r\n\r\n"), 400 },
	{ "NUL in the last value", SLICE_INIT(GET_LINE "X: b\r\nHost: a\0b\r\n\r\n"), 400 },
	{ "NUL in a name", SLICE_INIT(GET "X\0Y: b\r\n\r\n"), 400 },
	{ "NUL at a line's begin", SLICE_INIT(GET "\0X: b\r\n\r\n"), 400 },
	{ "NUL in the target", SLICE_INIT("GET /echo\0x HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "ESC in a value", SLICE_INIT(GET "X: \x1b[2J\r\n\r\n"), 400 },
	{ "DEL in a value", SLICE_INIT(GET "X: \x7f\r\n\r\n"), 400 },
	{ "folded value", SLICE_INIT(GET "X: a\r\n b\r\n\r\n"), 400 },
	{ "folded by a tab", SLICE_INIT(GET "X: a\r\n\tb\r\n\r\n"), 400 },
	{ "folded last value", SLICE_INIT(GET_LINE "X: b\r\nHost: a\r\n b\r\n\r\n"), 400 },
	{ "name completed by a fold", SLICE_INIT(POST "Content-Lengt: 4\r\n h\r\n\r\n"), 400 },
	{ "space first", SLICE_INIT(GET_LINE " Host: a\r\n" H "\r\n"), 400 },
	{ "space before the colon", SLICE_INIT(GET "X : a\r\n\r\n"), 400 },
	{ "tab before the colon", SLICE_INIT(POST "Content-Length\t: 4\r\n\r\n"), 400 },
	{ "no colon", SLICE_INIT(GET "X\r\n\r\n"), 400 },
	{ "no name", SLICE_INIT(GET ": a\r\n\r\n"), 400 },
	{ "bad name", SLICE_INIT(GET "X(Y): a\r\n\r\n"), 400 },
	{ "name beyond ASCII", SLICE_INIT(GET "X\xc3\xa9: a\r\n\r\n"), 400 },

	/* RFC 9112 §3: the request line */
	{ "two spaces", SLICE_INIT("GET  /echo HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "two spaces before the version", SLICE_INIT("GET /echo  HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "space at the end", SLICE_INIT("GET /echo HTTP/1.1 \r\n" H "\r\n"), 400 },
	{ "space in the target", SLICE_INIT("GET /ec ho HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "tab for a space", SLICE_INIT("GET\t/echo HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "no version", SLICE_INIT("GET /echo\r\n" H "\r\n"), 400 },
	{ "no target", SLICE_INIT("GET HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "no request line", SLICE_INIT("Host: a\r\n\r\n"), 400 },
	{ "lower-case version", SLICE_INIT("GET /echo http/1.1\r\n" H "\r\n"), 400 },
	{ "HTTP/2.0", SLICE_INIT("GET /echo HTTP/2.0\r\n" H "\r\n"), 505 },
	{ "HTTP/0.9", SLICE_INIT("GET /echo HTTP/0.9\r\n" H "\r\n"), 505 },
	{ "bad method", SLICE_INIT("G(T /echo HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "unknown method", SLICE_INIT("BREW /echo HTTP/1.1\r\n" H "\r\n"), 501 },
	{ "lower-case method", SLICE_INIT("get /echo HTTP/1.1\r\n" H "\r\n"), 501 },

	/* RFC 9112 §3.2: the target and the host */
	{ "no host", SLICE_INIT(GET_LINE "X: a\r\n\r\n"), 400 },
	{ "no header at all", SLICE_INIT(GET_LINE "\r\n"), 400 },
	{ "two hosts", SLICE_INIT(GET_LINE "" H H "\r\n"), 400 },
	{ "two hosts in 1.0", SLICE_INIT("GET /echo HTTP/1.0\r\n" H H "\r\n"), 400 },
	{ "empty host", SLICE_INIT(GET_LINE "Host:\r\n\r\n"), 400 },
	{ "user in the host", SLICE_INIT(GET_LINE "Host: u@a\r\n\r\n"), 400 },
	{ "path in the host", SLICE_INIT(GET_LINE "Host: a/b\r\n\r\n"), 400 },
	{ "another host", SLICE_INIT("GET http://b/echo HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "authority form", SLICE_INIT("CONNECT a:443 HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "asterisk form", SLICE_INIT("OPTIONS * HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "relative target", SLICE_INIT("GET echo HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "fragment", SLICE_INIT("GET /echo#a HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "%00", SLICE_INIT("GET /item/%00 HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "%0a", SLICE_INIT("GET /item/%0a HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "cut escape", SLICE_INIT("GET /item/%4 HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "bad escape", SLICE_INIT("GET /item/%zz HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "path not UTF-8", SLICE_INIT("GET /item/%ff HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "overlong UTF-8", SLICE_INIT("GET /item/%c0%af HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "raw bytes", SLICE_INIT("GET /item/\xc3\xa9 HTTP/1.1\r\n" H "\r\n"), 400 },

	/* fields that decide something */
	{ "two Authorization", SLICE_INIT(GET "Authorization: a\r\nauthorization: b\r\n\r\n"),
	  400 },
	{ "two Cookie", SLICE_INIT(GET "Cookie: a=1\r\nCookie: b=1\r\n\r\n"), 400 },
	{ "two Content-Type",
	  SLICE_INIT(POST "Content-Length: 0\r\nContent-Type: a/b\r\nContent-Type: a/b\r\n\r\n"),
	  400 },
	{ "two Origin", SLICE_INIT(GET "Origin: a\r\nOrigin: a\r\n\r\n"), 400 },
	{ "unknown expectation", SLICE_INIT(GET "Expect: more\r\n\r\n"), 417 },
	{ "encoded content",
	  SLICE_INIT(POST "Content-Length: 1\r\nContent-Encoding: gzip\r\n\r\nx"), 415 },
};

/* The server must not wait for more: it answers and ends the connection while ours is open. */
static bool is_refused(const struct fixture *f, const struct row *row, bool behind,
                       struct answer *a)
{
	int before = steps_run;
	int fd = dial(f);
	send_all(fd, row->request);
	if (behind)
		send_text(fd, BEHIND);
	read_answers(fd, 100, false, a);
	close(fd);
	size_t heads = row->answered_by_library ? 2 : 1;
	bool ok = a->closed && answer_status(a) == row->status && answer_count(a) == heads &&
	          steps_run == before;
	if (!ok)
		print_error("%s%s: %sclosed, %d steps, %.*s\n", row->name, behind ? " +" : "",
		            a->closed ? "" : "not ", steps_run - before, 200, a->bytes);
	return ok;
}

static void test_refused(void **state)
{
	static struct answer a;
	int failed = 0;
	for (size_t i = 0; i < COUNT_OF(REFUSED); i++) {
		failed += !is_refused(*state, &REFUSED[i], true, &a);
		failed += !is_refused(*state, &REFUSED[i], false, &a);
	}
	assert_int_equal(failed, 0);
}

/* The same, arriving byte by byte. */
static void test_refused_in_pieces(void **state)
{
	static struct answer a;
	int failed = 0;
	for (size_t i = 0; i < COUNT_OF(REFUSED); i += 3) {
		int before = steps_run, fd = dial(*state);
		struct slice s = REFUSED[i].request;
		for (size_t k = 0; k < s.n; k++)
			send_all(fd, slice_of(s.p + k, 1));
		send_text(fd, BEHIND);
		read_answers(fd, 100, false, &a);
		close(fd);
		if (!a.closed || answer_status(&a) != REFUSED[i].status || steps_run != before) {
			print_error("%s: %.*s\n", REFUSED[i].name, 60, a.bytes);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

static const struct row ACCEPTED[] = {
	{ "plain", SLICE_INIT("GET /echo?a=1 HTTP/1.1\r\n" H "\r\n"), 200 },
	{ "no space before a value", SLICE_INIT(GET_LINE "Host:a\r\n\r\n"), 200 },
	{ "white space around a value", SLICE_INIT(GET_LINE "Host: \t a \t\r\nX:\r\nY: \r\n\r\n"),
	  200 },
	{ "absolute form", SLICE_INIT("GET http://A/echo HTTP/1.1\r\n" H "\r\n"), 200 },
	{ "host with a port", SLICE_INIT(GET_LINE "Host: [::1]:8080\r\n\r\n"), 200 },
	{ "HTTP/1.0", SLICE_INIT("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 200 },
	{ "HTTP/1.2", SLICE_INIT("GET /echo HTTP/1.2\r\n" H "\r\n"), 200 },
	{ "empty line first", SLICE_INIT("\r\nGET /echo HTTP/1.1\r\n" H "\r\n"), 200 },
	{ "body",
	  SLICE_INIT(POST "Content-Type: application/x-www-form-urlencoded\r\n"
	                  "Content-Length: 3\r\n\r\na=b"),
	  200 },
	{ "empty body", SLICE_INIT(POST "Content-Length: 0\r\n\r\n"), 200 },
	{ "UTF-8 in a value", SLICE_INIT(GET "X: \xe5\x90\x8d\r\n\r\n"), 200 },
	{ "escaped segment", SLICE_INIT("GET /item/%E5%90%8D%20x HTTP/1.1\r\n" H "\r\n"), 200 },
	{ "two Accept", SLICE_INIT(GET "Accept: a\r\nAccept: b\r\n\r\n"), 200 },
	{ "not found", SLICE_INIT("GET /nothing HTTP/1.1\r\n" H "\r\n"), 404 },
	{ "query alone is refused, kindly", SLICE_INIT("GET /echo?a=%zz HTTP/1.1\r\n" H "\r\n"),
	  400 },
	{ "method not allowed", SLICE_INIT("DELETE /echo HTTP/1.1\r\n" H "\r\n"), 405 },
	{ "TRACE", SLICE_INIT("TRACE /echo HTTP/1.1\r\n" H "\r\n"), 405 },
};

/* The connection lives on, and the request behind is served. */
static void test_accepted(void **state)
{
	static struct answer a;
	int failed = 0;
	for (size_t i = 0; i < COUNT_OF(ACCEPTED); i++) {
		int fd = dial(*state);
		send_all(fd, ACCEPTED[i].request);
		send_text(fd, BEHIND);
		read_answers(fd, 2, false, &a);
		close(fd);
		if (answer_status(&a) == ACCEPTED[i].status && answer_count(&a) == 2 &&
		    answer_has(&a, "smuggled"))
			continue;
		print_error("%s: %s\n", ACCEPTED[i].name, a.bytes);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* A chunked body is served, but nothing behind it, whatever its chunks hide. */
static void test_chunked_is_the_last(void **state)
{
	static const char *const bodies[] = {
		"3\r\na=b\r\n0\r\n\r\n",       "1\r\na\r\n2\r\n=b\r\n0\r\n\r\n", "3\na=b\n0\n\n",
		"3;x=\ny\r\na=b\r\n0\r\n\r\n", "3\r\na=b\r\n0\r\nX: y\r\n\r\n",
	};
	static struct answer a;
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		int fd = dial(*state);
		send_text(fd, POST "Transfer-Encoding: Chunked\r\n" FORM "\r\n");
		send_text(fd, bodies[i]);
		send_text(fd, BEHIND);
		read_answers(fd, 100, false, &a);
		close(fd);
		assert_true(a.closed);
		assert_int_equal(answer_count(&a), 1);
		assert_false(answer_has(&a, "smuggled"));
		if (i == 0) {
			assert_int_equal(answer_status(&a), 200);
			assert_true(answer_has(&a, "\"form_a\":\"b\""));
			assert_true(answer_has(&a, "Connection: close"));
		}
	}
}

/* ---- sizes ----------------------------------------------------------------------------------- */

/* A request of three parts, the middle one n times. */
static int ask_filled(void **state, const char *before, const char *filling, size_t n,
                      const char *after, struct answer *a)
{
	AUTO_BUF struct buf request = { 0 };
	buf_put_text(&request, before);
	for (size_t i = 0; i < n; i++)
		buf_put_text(&request, filling);
	buf_put_text(&request, after);
	buf_put_byte(&request, 0);
	assert_int_equal(buf_status(&request), ST_OK);
	return ask(*state, (const char *)request.p, a);
}

static struct answer answered;

static void test_long_target(void **state)
{
	struct answer *a = &answered;
	const char *after = " HTTP/1.1\r\n" H "\r\n";
	assert_int_equal(ask_filled(state, "GET /echo?a=", "a", 64 << 10, after, a), 414);
	assert_int_equal(ask_filled(state, "GET /echo?a=", "a", 8 << 10, after, a), 200);
	assert_int_equal(ask_filled(state, "GET /item/", "a", 2 << 10, after, a), 414);
}

static void test_long_header(void **state)
{
	struct answer *a = &answered;
	assert_int_equal(ask_filled(state, GET "X: ", "a", 64 << 10, "\r\n\r\n", a), 431);
	assert_true(a->closed || answer_has(a, "Connection: close"));
	assert_int_equal(ask_filled(state, GET "X: ", "a", 4 << 10, "\r\n\r\n", a), 200);
}

static void test_many_headers(void **state)
{
	struct answer *a = &answered;
	assert_int_equal(ask_filled(state, GET, "X: y\r\n", 1000, "\r\n", a), 431);
	assert_int_equal(ask_filled(state, GET, "X: y\r\n", 100, "\r\n", a), 431);
	assert_int_equal(ask_filled(state, GET, "X: y\r\n", 99, "\r\n", a), 200);
}

static int post_bytes(void **state, size_t n, struct answer *a)
{
	char head[200];
	snprintf(head, sizeof head, POST FORM "Content-Length: %zu\r\n\r\n", n);
	return ask_filled(state, head, "a", n, "", a);
}

/* What is sent at once is answered, whatever its size. */
static int ask_head(void **state, const char *head, struct answer *a)
{
	int fd = dial(*state);
	send_text(fd, head);
	read_answers(fd, 1, false, a);
	close(fd);
	return answer_status(a);
}

static void test_large_body(void **state)
{
	struct answer *a = &answered;
	assert_int_equal(post_bytes(state, BODY_MAX, a), 200);
	assert_true(answer_has(a, "\"body\":65536"));
	assert_int_equal(post_bytes(state, BODY_MAX + 1, a), 413);
	assert_true(answer_has(a, "Connection: close"));
	assert_int_equal(post_bytes(state, 1 << 20, a), 413);
	/* Asked first, the server says no at once; and what would take for ever it does not read.
	 */
	const char *asked = POST "Content-Length: 100000\r\nExpect: 100-continue\r\n\r\n";
	assert_int_equal(ask_head(state, asked, a), 413);
	assert_int_equal(ask_head(state, POST "Content-Length: 999999999\r\n\r\n", a), 413);
}

static void test_large_chunked_body(void **state)
{
	struct answer *a = &answered;
	static char chunk[0x8000];
	memset(chunk, 'a', sizeof chunk);
	int fd = dial(*state);
	send_text(fd, POST CHUNKED FORM "\r\n");
	for (int i = 0; i < 4; i++) {
		send_text(fd, "8000\r\n");
		send_all(fd, slice_of(chunk, sizeof chunk));
		send_text(fd, "\r\n");
	}
	send_text(fd, "0\r\n\r\n");
	read_answers(fd, 100, false, a);
	close(fd);
	assert_int_equal(answer_status(a), 413);
	assert_true(a->closed);
}

/* 10,000 parameters: quickly refused. */
static void test_many_parameters(void **state)
{
	struct answer *a = &answered;
	const char *head = POST FORM "Content-Length: 20000\r\n\r\n";
	assert_int_equal(ask_filled(state, head, "a&", 10000, "", a), 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_in_pieces),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_chunked_is_the_last),
		cmocka_unit_test(test_long_target),
		cmocka_unit_test(test_long_header),
		cmocka_unit_test(test_many_headers),
		cmocka_unit_test(test_large_body),
		cmocka_unit_test(test_large_chunked_body),
		cmocka_unit_test(test_many_parameters),
	};
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
