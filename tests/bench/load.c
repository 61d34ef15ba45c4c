/*
 * load PORT CONNECTIONS SECONDS FIRST [SECOND]
 *
 * Sends the request in the file FIRST again and again over kept connections to 127.0.0.1. With
 * SECOND, a unit is two requests: "{code}" in it stands for the `code` of the first one's Location.
 * Prints "units N seconds S"; any answer but 2xx or 3xx ends it with that answer and 1.
 */
#include "libauth/base/mem.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_MAX = 16 << 10, CONNECTIONS_MAX = 1024 };

struct text {
	char bytes[TEXT_MAX];
	size_t n;
};

struct load {
	uint16_t port;
	const struct text *first, *second; /* second: NULL if a unit is one request */
	double until;
};

struct worker {
	const struct load *load;
	pthread_t thread;
	int socket;
	size_t units;
	struct text answer;
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

static void read_file(const char *path, struct text *ret)
{
	FILE *f = fopen(path, "re");
	if (!f)
		give_up("cannot read", path);
	ret->n = fread(ret->bytes, 1, sizeof ret->bytes - 1, f);
	ret->bytes[ret->n] = 0;
	fclose(f);
}

static int connected(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
		give_up("cannot connect", "127.0.0.1");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	return fd;
}

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

static void receive(int fd, struct text *ret)
{
	ret->n = 0;
	size_t whole = 0;
	while (whole == 0 || ret->n < whole) {
		ssize_t got = recv(fd, ret->bytes + ret->n, sizeof ret->bytes - 1 - ret->n, 0);
		if (got <= 0)
			give_up("the connection was closed", "or the answer is too long");
		ret->n += (size_t)got;
		ret->bytes[ret->n] = 0;
		whole = whole ? whole : answer_size(ret);
	}
}

static void exchange(struct worker *w, const char *request, size_t n)
{
	if (send(w->socket, request, n, MSG_NOSIGNAL) != (ssize_t)n)
		give_up("cannot send", "a request");
	receive(w->socket, &w->answer);
	if (w->answer.bytes[9] != '2' && w->answer.bytes[9] != '3')
		give_up("refused", w->answer.bytes);
}

/* The second request, with the code that the first one's answer brought. */
static size_t with_code(const struct text *second, const struct text *answer, struct text *ret)
{
	const char *code = strstr(answer->bytes, "code=");
	const char *place = strstr(second->bytes, "{code}");
	if (!code || !place)
		give_up("no code", answer->bytes);
	code += strlen("code=");
	ret->n = (size_t)snprintf(ret->bytes, sizeof ret->bytes, "%.*s%.*s%s",
				  (int)(place - second->bytes), second->bytes,
				  (int)strcspn(code, "&\r\n"), code, place + strlen("{code}"));
	return ret->n;
}

static void *work(void *context)
{
	struct worker *w = context;
	struct text request;
	w->socket = connected(w->load->port);
	while (now() < w->load->until) {
		exchange(w, w->load->first->bytes, w->load->first->n);
		if (w->load->second)
			exchange(w, request.bytes,
				 with_code(w->load->second, &w->answer, &request));
		w->units++;
	}
	close(w->socket);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct text first, second;
	static struct worker workers[CONNECTIONS_MAX];
	if (argc != 5 && argc != 6)
		give_up("usage", "load PORT CONNECTIONS SECONDS FIRST [SECOND]");
	size_t n = strtoul(argv[2], NULL, 10);
	if (n == 0 || n > COUNT_OF(workers))
		give_up("connections", argv[2]);
	read_file(argv[4], &first);
	if (argc == 6)
		read_file(argv[5], &second);

	double begun = now();
	struct load load = {.port = (uint16_t)strtoul(argv[1], NULL, 10), .first = &first,
			    .second = argc == 6 ? &second : NULL,
			    .until = begun + strtod(argv[3], NULL)};
	size_t units = 0;
	for (size_t i = 0; i < n; i++) {
		workers[i].load = &load;
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			give_up("cannot start", "a thread");
	}
	for (size_t i = 0; i < n; i++) {
		pthread_join(workers[i].thread, NULL);
		units += workers[i].units;
	}
	printf("units %zu seconds %.3f\n", units, now() - begun);
	return 0;
}
