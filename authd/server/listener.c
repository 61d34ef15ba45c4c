#include "authd/server/listener.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	WATCH_MS = 1000,
	BACK_OFF_MS = 100, /* out of descriptors or memory: others have to finish first */
	BURST = 256,       /* connections taken at once before the watch has its turn */
};

enum command { RUN, CLOSE, END };

struct listener {
	pthread_t thread;
	struct log *log;
	size_t limit;
	struct port ports[PORTS_MAX];
	size_t n;
	int wake;
	atomic_int command;
	pthread_mutex_t lock; /* of closed */
	pthread_cond_t has_closed;
	bool closed;
	bool backing_off;
	int64_t watched_ms;
};

/* ---- one connection ------------------------------------------------------------------------- */

/* What overload gets, rather than a wait: without TLS, also the reason. */
static void turn_away(int fd, bool tls)
{
	static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n"
	                             "Content-Length: 0\r\nConnection: close\r\n\r\n";
	if (!tls)
		(void)!send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(fd, SHUT_WR);
	close(fd);
}

/* libmicrohttpd 0.9.75 forgets to unlock a mutex when its own limit is met in the daemon's thread,
 * so the limit is kept here, and its own is out of reach. */
static void deal_out(struct listener *l, struct port *p, int fd, const struct sockaddr *from,
                     socklen_t n)
{
	for (size_t i = 0; i < p->workers_n; i++) {
		struct worker *w = &p->workers[p->next++ % p->workers_n];
		if (atomic_load(&w->connections_n) >= l->limit)
			continue;
		MHD_add_connection(w->daemon, fd, from, n); /* closes it on failure */
		return;
	}
	turn_away(fd, p->tls);
}

/* ---- accepting ------------------------------------------------------------------------------ */

static void back_off(struct listener *l)
{
	if (!l->backing_off)
		log_event(l->log, LOG_LEVEL_ERROR, "accept_failed",
		          log_text("reason", slice_str(strerror(errno))));
	l->backing_off = true;
}

/* False when the queue is empty, or when nothing can be taken now. */
static bool accept_one(struct listener *l, struct port *p)
{
	struct sockaddr_storage from;
	socklen_t n = sizeof from;
	int fd = accept4(p->fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
		back_off(l);
		return false;
	}
	l->backing_off = false;
	if (fd >= 0)
		deal_out(l, p, fd, (struct sockaddr *)&from, n);
	/* accept(2): what was wrong with one connection says nothing about the next. */
	return fd >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static void accept_all(struct listener *l, struct port *p)
{
	for (int i = 0; i < BURST && accept_one(l, p); i++)
		;
}

static void close_ports(struct listener *l)
{
	for (size_t i = 0; i < l->n; i++) {
		accept_all(l, &l->ports[i]);
		close(l->ports[i].fd);
	}
	l->n = 0;
	pthread_mutex_lock(&l->lock);
	l->closed = true;
	pthread_cond_signal(&l->has_closed);
	pthread_mutex_unlock(&l->lock);
}

static void watch(struct listener *l, const struct port *ports)
{
	int64_t now_ms = monotonic_us() / 1000;
	if (now_ms < l->watched_ms + WATCH_MS)
		return;
	l->watched_ms = now_ms;
	for (size_t i = 0; i < PORTS_MAX; i++)
		for (size_t k = 0; k < ports[i].workers_n; k++)
			connections_watch(&ports[i].workers[k]);
}

static void wait_for_connections(struct listener *l)
{
	struct pollfd polled[PORTS_MAX + 1] = { { .fd = l->wake, .events = POLLIN } };
	for (size_t i = 0; i < l->n; i++)
		polled[i + 1] = (struct pollfd){ .fd = l->ports[i].fd, .events = POLLIN };
	bool back = l->backing_off;
	int ready = poll(polled, back ? 1 : 1 + l->n, back ? BACK_OFF_MS : WATCH_MS);
	uint64_t count;
	if (ready > 0 && polled[0].revents)
		(void)!read(l->wake, &count, sizeof count);
	for (size_t i = 0; i < l->n; i++)
		if (back || (ready > 0 && polled[i + 1].revents))
			accept_all(l, &l->ports[i]);
}

static void *listen_on(void *context)
{
	struct listener *l = context;
	struct port ports[PORTS_MAX] = { { 0 } };
	memcpy(ports, l->ports, sizeof ports);
	while (atomic_load(&l->command) != END) {
		wait_for_connections(l);
		watch(l, ports);
		if (atomic_load(&l->command) != RUN && !l->closed)
			close_ports(l);
	}
	if (!l->closed)
		close_ports(l);
	return NULL;
}

/* ---- outside -------------------------------------------------------------------------------- */

static void tell(struct listener *l, enum command command)
{
	uint64_t one = 1;
	atomic_store(&l->command, command);
	(void)!write(l->wake, &one, sizeof one);
}

static status start(struct listener *l)
{
	l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->wake < 0)
		return ST_IO;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->has_closed, NULL);
	if (pthread_create(&l->thread, NULL, listen_on, l) == 0)
		return ST_OK;
	close(l->wake);
	return ST_NOMEM;
}

status listener_start(const struct port *ports, size_t n, size_t limit, struct log *log,
                      struct listener **ret)
{
	struct listener *l = calloc(1, sizeof *l);
	status s = ST_NOMEM;
	if (l) {
		l->log = log;
		l->limit = limit;
		l->n = n;
		memcpy(l->ports, ports, n * sizeof *ports);
		s = start(l);
	}
	if (s == ST_OK) {
		*ret = l;
		return ST_OK;
	}
	for (size_t i = 0; i < n; i++)
		close(ports[i].fd);
	free(l);
	return s;
}

void listener_close(struct listener *l)
{
	tell(l, CLOSE);
	pthread_mutex_lock(&l->lock);
	while (!l->closed)
		pthread_cond_wait(&l->has_closed, &l->lock);
	pthread_mutex_unlock(&l->lock);
}

void listener_free(struct listener *l)
{
	if (!l)
		return;
	tell(l, END);
	pthread_join(l->thread, NULL);
	close(l->wake);
	pthread_cond_destroy(&l->has_closed);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
