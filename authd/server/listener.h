/*
 * The acceptor: takes connections from listening sockets and deals them out to the workers.
 *
 * Its thread also keeps the watch over how long connections take (connections.c).
 *                                             Threads: listener_close() and _free() from one.
 */
#pragma once

#include "authd/server/exchange.h"

struct listener;

/* One listening socket and the workers, round-robin, that serve what comes from it. */
struct port {
	int fd;
	struct worker *workers;
	size_t workers_n, next;
	bool tls;
};

enum { PORTS_MAX = 2 };

/* Takes the sockets over, also on failure. limit: connections of one worker. */
status listener_start(const struct port *ports, size_t n, size_t limit, struct log *log,
                      struct listener **ret);
/* Take what waits in the sockets' queues, close them, return then; the watch goes on. */
void listener_close(struct listener *l);
void listener_free(struct listener *l);
