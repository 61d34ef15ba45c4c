/*
 * Open sockets, and how long each may take.
 *
 * libmicrohttpd closes connections on which nothing moves; a client that sends one byte a second
 * keeps its place for ever. So a watch looks once a second for connections that have been at one
 * thing for too long, and shuts their sockets down, upon which the library closes them.
 */
#include "authd/server/exchange.h"
#include "authd/server/tls.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>

void connection_allow(struct connection *c, int64_t ms)
{
	long long deadline = ms ? monotonic_us() / 1000 + ms : 0;
	atomic_store_explicit(&c->deadline_ms, deadline, memory_order_relaxed);
}

static void read_address(struct connection *c)
{
	struct sockaddr_storage from;
	socklen_t n = sizeof from;
	struct ucred peer;
	socklen_t peer_n = sizeof peer;
	c->peer_uid = -1;
	if (getpeername(c->fd, (struct sockaddr *)&from, &n) != 0)
		return;
	if (from.ss_family == AF_INET)
		inet_ntop(AF_INET, &((struct sockaddr_in *)&from)->sin_addr, c->address,
		          sizeof c->address);
	if (from.ss_family == AF_INET6) {
		const struct in6_addr *a = &((struct sockaddr_in6 *)&from)->sin6_addr;
		if (IN6_IS_ADDR_V4MAPPED(a))
			inet_ntop(AF_INET, &a->s6_addr[12], c->address, sizeof c->address);
		else
			inet_ntop(AF_INET6, a, c->address, sizeof c->address);
	}
	if (from.ss_family == AF_UNIX &&
	    getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_n) == 0)
		c->peer_uid = peer.uid;
}

static void connection_opened(struct worker *w, struct MHD_Connection *mhd, void **context)
{
	struct connection *c = calloc(1, sizeof *c);
	*context = c;
	if (!c)
		return; /* its first request is refused */
	c->worker = w;
	c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	read_address(c);
	connection_allow(c, w->options->request_s * 1000);

	pthread_mutex_lock(&w->lock);
	c->next = w->connections;
	if (c->next)
		c->next->previous = c;
	w->connections = c;
	pthread_mutex_unlock(&w->lock);
	atomic_fetch_add(&w->connections_n, 1);
}

/* The library calls this before it closes the socket, so the watch never meets a reused number. */
static void connection_closed(struct worker *w, struct connection *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&w->lock);
	if (c->next)
		c->next->previous = c->previous;
	if (c->previous)
		c->previous->next = c->next;
	else
		w->connections = c->next;
	pthread_mutex_unlock(&w->lock);
	atomic_fetch_sub(&w->connections_n, 1);
	free(c);
}

void connections_on_change(void *worker, struct MHD_Connection *mhd, void **context,
                           enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		connection_opened(worker, mhd, context);
		return;
	}
	connection_closed(worker, *context);
	*context = NULL;
}

struct tls *tls_of_connection(void *socket_context)
{
	const struct connection *c = socket_context;
	return c ? c->worker->tls : NULL;
}

/* Reset it: else the kernel would go on to send what a slow reader has not taken. */
static void cut_off(int fd)
{
	struct linger none = { .l_onoff = 1 };
	(void)!setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
	shutdown(fd, SHUT_RDWR);
}

void connections_watch(struct worker *w)
{
	long long now_ms = monotonic_us() / 1000;
	pthread_mutex_lock(&w->lock);
	for (struct connection *c = w->connections; c; c = c->next) {
		long long deadline = atomic_load_explicit(&c->deadline_ms, memory_order_relaxed);
		if (deadline && deadline < now_ms)
			cut_off(c->fd);
	}
	pthread_mutex_unlock(&w->lock);
}
