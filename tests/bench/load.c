/*
 * load [-t] [-s FILE] PORT CONNECTIONS SECONDS FIRST [SECOND]
 *
 * Sends the request in the file FIRST again and again over kept connections to 127.0.0.1, each
 * waiting for its answer; with SECOND, a unit is the two in turn. "{code}" in a request stands for
 * what the answer before it, on the same connection, named so: `code=...` or `"code":"..."`.
 *
 *	-t       over TLS; whose certificate it is, is not looked at
 *	-s FILE  a line for each connection, taken as the answer before its first request
 *
 * Prints "units N seconds S"; any answer but 2xx or 3xx ends it with that answer and 1.
 *
 * One thread, which looks for answers once in PAUSE_NS, as a network card gathers packets: were it
 * asleep until each answer, the server's send() would wake it, and pay for that.
 */
#include "libauth/base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_MAX = 16 << 10, CONNECTIONS_MAX = 1024, PAUSE_NS = 200000, PATIENCE_MS = 10000 };

struct text {
	char bytes[TEXT_MAX];
	size_t n;
};

struct connection {
	int fd;
	SSL *tls; /* or NULL */
	bool at_second;
	struct text answer;
};

struct load {
	uint16_t port;
	SSL_CTX *tls;
	struct text first, second;
	bool has_second;
	struct connection connections[CONNECTIONS_MAX];
	size_t n, units;
	int epoll;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

_Noreturn static void give_up(const char *why, const char *detail)
{
	fprintf(stderr, "load: %s: %s\n", why, detail);
	exit(1);
}

static FILE *opened(const char *path)
{
	FILE *f = fopen(path, "re");
	if (!f)
		give_up("cannot read", path);
	return f;
}

static void read_file(const char *path, struct text *ret)
{
	FILE *f = opened(path);
	ret->n = fread(ret->bytes, 1, sizeof ret->bytes - 1, f);
	ret->bytes[ret->n] = 0;
	fclose(f);
}

static void read_answers(const char *path, struct load *l)
{
	FILE *f = opened(path);
	for (size_t i = 0; i < l->n; i++)
		if (!fgets(l->connections[i].answer.bytes, TEXT_MAX, f))
			give_up("too few lines", path);
	fclose(f);
}

/* ---- a request ------------------------------------------------------------------------------ */

/* What the answer names so: behind `NAME=` or `"NAME":"`. */
static const char *find_value(const char *answer, const char *name, size_t name_n)
{
	for (const char *p = answer; (p = strstr(p, name)); p += name_n) {
		if (p[name_n] == '=')
			return p + name_n + 1;
		if (!strncmp(p + name_n, "\":\"", 3))
			return p + name_n + 3;
	}
	return NULL;
}

static void fill(const struct text *request, const struct text *answer, struct text *ret)
{
	const char *place = strchr(request->bytes, '{');
	size_t name_n = place ? strcspn(place + 1, "}") : 0;
	if (!place) {
		*ret = *request;
		return;
	}
	char name[64];
	snprintf(name, sizeof name, "%.*s", (int)name_n, place + 1);
	const char *value = find_value(answer->bytes, name, strlen(name));
	if (!value)
		give_up(name, answer->bytes);
	ret->n = (size_t)snprintf(ret->bytes, sizeof ret->bytes, "%.*s%.*s%s",
	                          (int)(place - request->bytes), request->bytes,
	                          (int)strcspn(value, "&\"\r\n"), value, place + name_n + 2);
}

/* What was filled in is not always as long. */
static void set_length(struct text *request)
{
	const char *end = strstr(request->bytes, "\r\n\r\n");
	const char *length = strstr(request->bytes, "Content-Length: ");
	if (!length || !end)
		return;
	length += strlen("Content-Length: ");
	size_t body_n = strlen(end + 4);
	struct text whole;
	whole.n = (size_t)snprintf(whole.bytes, sizeof whole.bytes, "%.*s%zu%s",
	                           (int)(length - request->bytes), request->bytes, body_n,
	                           length + strspn(length, "0123456789"));
	*request = whole;
}

static void send_next(struct load *l, struct connection *c)
{
	struct text request;
	const struct text *next = c->at_second ? &l->second : &l->first;
	fill(next, &c->answer, &request);
	if (request.n != next->n)
		set_length(&request);
	int n = (int)request.n;
	int sent = c->tls ? SSL_write(c->tls, request.bytes, n)
	                  : (int)send(c->fd, request.bytes, request.n, MSG_NOSIGNAL);
	if (sent != n)
		give_up("cannot send", "a request");
	c->answer.n = 0;
}

/* ---- an answer ------------------------------------------------------------------------------ */

/* How many bytes the answer has in all, once its head is there; else 0. */
static size_t answer_size(const struct text *t)
{
	const char *end = strstr(t->bytes, "\r\n\r\n");
	if (!end)
		return 0;
	const char *length = strcasestr(t->bytes, "\r\nContent-Length:");
	if (!length || length > end)
		give_up("an answer without Content-Length", t->bytes);
	return (size_t)(end + 4 - t->bytes) + strtoul(length + 17, NULL, 10);
}

/* 0 when there is no more for now. */
static size_t receive_some(struct connection *c)
{
	struct text *t = &c->answer;
	size_t room = sizeof t->bytes - 1 - t->n;
	ssize_t got = c->tls ? SSL_read(c->tls, t->bytes + t->n, (int)room)
	                     : recv(c->fd, t->bytes + t->n, room, 0);
	if (got > 0)
		return (size_t)got;
	bool later = c->tls ? SSL_get_error(c->tls, (int)got) == SSL_ERROR_WANT_READ
	                    : got < 0 && errno == EAGAIN;
	if (!later)
		give_up("the connection was closed", "or the answer is too long");
	return 0;
}

static bool answered(struct connection *c)
{
	struct text *t = &c->answer;
	size_t whole = 0;
	while (!whole || t->n < whole) {
		size_t got = receive_some(c);
		t->n += got;
		t->bytes[t->n] = 0;
		whole = answer_size(t);
		if (!got)
			return false;
	}
	if (t->bytes[9] != '2' && t->bytes[9] != '3')
		give_up("refused", t->bytes);
	return true;
}

/* ---- the load ------------------------------------------------------------------------------- */

static void begin_tls(const struct load *l, struct connection *c)
{
	c->tls = SSL_new(l->tls);
	if (!c->tls || !SSL_set_fd(c->tls, c->fd) || SSL_connect(c->tls) != 1)
		give_up("no TLS", "to 127.0.0.1");
}

static void begin(struct load *l, struct connection *c)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		                 .sin_port = htons(l->port),
		                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof a) != 0)
		give_up("cannot connect", "to 127.0.0.1");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	if (l->tls)
		begin_tls(l, c);
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &e) != 0)
		give_up("cannot poll", "a connection");
}

/* False when a unit was done after the time was over. */
static bool go_on(struct load *l, struct connection *c, double until)
{
	if (!answered(c))
		return true;
	bool done = !l->has_second || c->at_second;
	c->at_second = l->has_second && !c->at_second;
	l->units += done;
	if (done && now() >= until)
		return false;
	send_next(l, c);
	return true;
}

static void run(struct load *l, double until)
{
	static struct epoll_event ready[CONNECTIONS_MAX];
	size_t left = l->n;
	for (size_t i = 0; i < l->n; i++)
		send_next(l, &l->connections[i]);
	while (left) {
		int n = epoll_wait(l->epoll, ready, CONNECTIONS_MAX, PATIENCE_MS);
		if (n <= 0)
			give_up("no answer", "for too long");
		for (int i = 0; i < n; i++)
			left -= !go_on(l, ready[i].data.ptr, until);
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
	}
}

static void read_options(struct load *l, int argc, char **argv)
{
	const char *answers = NULL;
	for (int option; (option = getopt(argc, argv, "ts:")) != -1;) {
		if (option == 't')
			l->tls = SSL_CTX_new(TLS_client_method());
		if (option == 's')
			answers = optarg;
	}
	char **rest = argv + optind;
	if (argc - optind != 4 && argc - optind != 5)
		give_up("usage", "load [-t] [-s FILE] PORT CONNECTIONS SECONDS FIRST [SECOND]");
	l->port = (uint16_t)strtoul(rest[0], NULL, 10);
	l->n = strtoul(rest[1], NULL, 10);
	if (l->n == 0 || l->n > CONNECTIONS_MAX)
		give_up("connections", rest[1]);
	read_file(rest[3], &l->first);
	l->has_second = rest[4];
	if (l->has_second)
		read_file(rest[4], &l->second);
	if (answers)
		read_answers(answers, l);
}

int main(int argc, char **argv)
{
	static struct load l;
	read_options(&l, argc, argv);
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	for (size_t i = 0; i < l.n; i++)
		begin(&l, &l.connections[i]);
	double begun = now();
	run(&l, begun + strtod(argv[optind + 2], NULL));
	printf("units %zu seconds %.3f\n", l.units, now() - begun);
	return 0;
}
