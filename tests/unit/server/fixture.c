#include "tests/unit/server/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

atomic_int steps_run;

/* ---- routes --------------------------------------------------------------------------------- */

static enum step_result echo(struct request *r)
{
	steps_run++;
	struct slice json = arena_format(
	        &r->arena,
	        "{\"method\":%d,\"path\":\"%.*s\",\"a\":\"%.*s\",\"form_a\":\"%.*s\",\"body\":%zu,"
	        "\"peer\":\"%.*s\",\"uid\":%lld,\"id\":\"%s\",\"cookie\":\"%.*s\",\"auth\":\"%.*"
	        "s\"}",
	        r->method, SLICE_FMT(r->path), SLICE_FMT(params_get(&r->query, "a")),
	        SLICE_FMT(params_get(&r->form, "a")), r->body.n, SLICE_FMT(r->peer),
	        (long long)r->peer_uid, r->request_id, SLICE_FMT(r->cookie),
	        SLICE_FMT(r->authorization));
	return answer_json(r, 200, json);
}

static enum step_result item(struct request *r)
{
	steps_run++;
	return answer(r, 200, "text/plain", r->segment);
}

/* State of the routes that wait. */
struct slow {
	int rounds;
	int sum;
	char scratch[256]; /* written by the other thread: of the request's own memory */
};

static status work_slowly(void *context)
{
	struct slow *s = context;
	usleep(200);
	memset(s->scratch, ++s->rounds, sizeof s->scratch);
	return s->rounds == 3 ? ST_EXPIRED : ST_OK;
}

static enum step_result slow_submit(struct request *r)
{
	steps_run++;
	struct slow *s = r->state;
	s->sum += s->scratch[255];
	pool_submit(r->issuer->hashing, work_slowly, s, &r->op);
	return STEP_WAIT;
}

static enum step_result slow_answer(struct request *r)
{
	struct slow *s = r->state;
	s->sum += s->scratch[255];
	if (r->op.status == ST_BUSY)
		return answer_unavailable(r, "the pool is full");
	return answer_json(r, 200,
	                   arena_format(&r->arena, "{\"rounds\":%d,\"sum\":%d,\"status\":\"%s\"}",
	                                s->rounds, s->sum, status_name(r->op.status)));
}

static enum step_result inline_submit(struct request *r)
{
	steps_run++;
	struct slow *s = r->state;
	s->rounds++;
	op_complete(&r->op, ST_CONFLICT);
	return STEP_WAIT;
}

static status sleep_long(void *context)
{
	struct slow *s = context;
	usleep((unsigned)s->rounds * 1000);
	return ST_OK;
}

static enum step_result long_submit(struct request *r)
{
	steps_run++;
	struct slow *s = r->state;
	s->rounds = params_get(&r->query, "longer").p ? 400 : 20;
	pool_submit(r->issuer->hashing, sleep_long, s, &r->op);
	return STEP_WAIT;
}

static enum step_result big(struct request *r)
{
	static const char page[300000] = { 'x' };
	return answer(r, 200, "application/octet-stream", slice_of(page, sizeof page));
}

static enum step_result html(struct request *r)
{
	return answer(r, 200, "text/html; charset=utf-8", SLICE("<!doctype html><p>hello"));
}

static enum step_result styled(struct request *r)
{
	response_header(r, "Cache-Control", SLICE("max-age=60"));
	response_header(r, "Content-Security-Policy", SLICE("default-src 'self'"));
	return answer(r, 200, "text/html", SLICE("<p>own"));
}

static enum step_result next_only(struct request *r)
{
	(void)r;
	return STEP_NEXT;
}

static enum step_result split(struct request *r)
{
	return answer_redirect(r, 303, params_get(&r->query, "to"));
}

static enum step_result turned(struct request *r)
{
	static step_fn *const others[] = { next_only, item, NULL };
	r->next = others;
	r->segment = SLICE("turned");
	return STEP_NEXT;
}

static enum step_result remark(struct request *r)
{
	r->log_reason = params_get(&r->query, "reason");
	return answer_empty(r, 204);
}

static step_fn *const ECHO[] = { echo, NULL }, *const ITEM[] = { item, NULL },
                      *const SLOW[] = { slow_submit, slow_submit, slow_submit, slow_answer, NULL },
                      *const INLINE[] = { inline_submit, inline_submit, slow_answer, NULL },
                      *const LONG[] = { long_submit, slow_answer, NULL },
                      *const BIG[] = { big, NULL }, *const HTML[] = { html, NULL },
                      *const STYLED[] = { styled, NULL }, *const SILENT[] = { next_only, NULL },
                      *const SPLIT[] = { split, NULL }, *const TURNED[] = { turned, echo, NULL },
                      *const REMARK[] = { remark, NULL };

static const struct route *const ROUTES[] = {
	ROUTE("/echo", METHOD_GET | METHOD_POST, ECHO, 0, .form = true),
	ROUTE("/json", METHOD_POST | METHOD_PUT, ECHO, 0, .json = true),
	ROUTE("/item/*", METHOD_GET | METHOD_DELETE, ITEM, 0),
	ROUTE("/item/fixed", METHOD_GET, ECHO, 0),
	ROUTE("/slow", METHOD_GET, SLOW, sizeof(struct slow)),
	ROUTE("/inline", METHOD_GET, INLINE, sizeof(struct slow)),
	ROUTE("/long", METHOD_GET, LONG, sizeof(struct slow)),
	ROUTE("/big", METHOD_GET, BIG, 0),
	ROUTE("/html", METHOD_GET, HTML, 0),
	ROUTE("/styled", METHOD_GET, STYLED, 0),
	ROUTE("/silent", METHOD_GET, SILENT, 0),
	ROUTE("/split", METHOD_GET, SPLIT, 0),
	ROUTE("/turned", METHOD_GET, TURNED, 0),
	ROUTE("/remark", METHOD_GET, REMARK, 0),
	NULL,
};
static const struct route *const ADMIN[] = {
	ROUTE("/who", METHOD_GET, ECHO, 0),
	NULL,
};

/* ---- the server ------------------------------------------------------------------------------ */

void fixture_init(struct fixture *f)
{
	*f = (struct fixture){ .dir = "/tmp/server-test-XXXXXX", .log_pipe = { -1, -1 } };
	signal(SIGPIPE, SIG_IGN);
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->socket_path, sizeof f->socket_path, "%s/admin", f->dir);
	f->options = (struct server_options){
		.routes = ROUTES,
		.admin_routes = ADMIN,
		.address = "127.0.0.1",
		.admin_socket = f->socket_path,
		.threads = 2,
		.connections = 2000,
		.idle_s = 5,
		.request_s = 5,
	};
}

void fixture_start(struct fixture *f)
{
	struct error e = { 0 };
	int fd = f->log_pipe[1] >= 0 ? f->log_pipe[1] : open("/dev/null", O_WRONLY | O_CLOEXEC);
	f->log_pipe[1] = fd;
	assert_int_equal(log_new(fd, LOG_LEVEL_DEBUG, &f->log), ST_OK);
	assert_int_equal(pool_new(2, 64, &f->issuer.hashing), ST_OK);
	f->options.issuer = &f->issuer;
	f->options.log = f->log;
	if (server_start(&f->options, &f->server, &e) != ST_OK)
		fail_msg("%s", e.message);
}

void fixture_stop(struct fixture *f)
{
	server_free(f->server);
	pool_free(f->issuer.hashing);
	log_free(f->log);
	close(f->log_pipe[1]);
	if (f->log_pipe[0] >= 0)
		close(f->log_pipe[0]);
	assert_int_equal(rmdir(f->dir), 0); /* the socket is gone */
}

int fixture_setup(void **state)
{
	struct fixture *f = malloc(sizeof *f);
	fixture_init(f);
	fixture_start(f);
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	fixture_stop(*state);
	free(*state);
	return 0;
}

/* ---- clients --------------------------------------------------------------------------------- */

static void set_patience(int fd, int s)
{
	struct timeval t = { .tv_sec = s };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

void connect_to(const struct fixture *f, int fd)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons((uint16_t)server_port(f->server)),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	set_patience(fd, 10);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
}

int dial(const struct fixture *f)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	connect_to(f, fd);
	return fd;
}

int dial_admin(const struct fixture *f)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	memcpy(to.sun_path, f->socket_path, strlen(f->socket_path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	set_patience(fd, 10);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* The server may have ended the connection: then the rest is not sent. */
void send_all(int fd, struct slice bytes)
{
	while (bytes.n) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		bytes = slice_from(bytes, (size_t)n);
	}
}

void send_text(int fd, const char *text)
{
	send_all(fd, slice_str(text));
}

/* The length of the answer at p, or 0 if it is not whole. */
static size_t answer_length(const char *p, bool head)
{
	const char *end = strstr(p, "\r\n\r\n");
	if (!end)
		return 0;
	size_t length = (size_t)(end + 4 - p);
	const char *field = strstr(p, "Content-Length: ");
	if (field && field < end && !head)
		length += strtoul(field + 16, NULL, 10);
	return length;
}

static size_t whole_answers(const struct answer *a, bool head)
{
	size_t n = 0;
	for (size_t at = 0; at < a->n;) {
		size_t length = answer_length(a->bytes + at, head);
		if (!length || length > a->n - at)
			break;
		at += length;
		n++;
	}
	return n;
}

void read_answers(int fd, size_t n, bool head, struct answer *ret)
{
	ret->n = 0;
	ret->closed = false;
	ret->bytes[0] = '\0';
	while (whole_answers(ret, head) < n) {
		ssize_t got = recv(fd, ret->bytes + ret->n, sizeof ret->bytes - 1 - ret->n, 0);
		if (got <= 0) {
			ret->closed = got == 0 || errno != EAGAIN;
			return;
		}
		ret->n += (size_t)got;
		ret->bytes[ret->n] = '\0';
	}
}

bool is_closed_within(int fd, int ms)
{
	char byte;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	while (poll(&p, 1, ms) > 0)
		if (recv(fd, &byte, 1, 0) <= 0)
			return true;
	return false;
}

int ask(const struct fixture *f, const char *request, struct answer *ret)
{
	int fd = dial(f);
	send_text(fd, request);
	read_answers(fd, 1, strncmp(request, "HEAD", 4) == 0, ret);
	close(fd);
	return answer_status(ret);
}

int answer_status(const struct answer *a)
{
	return strncmp(a->bytes, "HTTP/1.1 ", 9) == 0 ? (int)strtol(a->bytes + 9, NULL, 10) : 0;
}

size_t answer_count(const struct answer *a)
{
	size_t n = 0;
	for (const char *p = a->bytes; (p = strstr(p, "HTTP/1.1 ")); p++)
		n++;
	return n;
}

bool answer_has(const struct answer *a, const char *text)
{
	return strstr(a->bytes, text);
}
