#include "authd/server/server.h"

#include "authd/server/exchange.h"
#include "authd/server/listener.h"
#include "authd/server/sockets.h"
#include "authd/server/tls.h"
#include "keys/seal.h"

#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
	POOL_SIZE = 16 << 10, /* of a connection: its request's head has to fit */
	WORKERS_MAX = 64,
	NO_LIMIT = 1 << 20, /* see deal_out() */
	SETTLE_MS =
	        200, /* requests that are in the sockets when the drain begins are read by then */
	DRAIN_LOOK_MS = 5,
};

struct server {
	struct server_options options;
	struct routes routes, admin_routes;
	struct tls *tls;
	struct listener *listener;
	int port;
	size_t workers_n;
	struct worker *workers; /* the last is the admin interface's */
};

/* ---- workers -------------------------------------------------------------------------------- */

/* Ours is the only reading of escapes. */
static size_t leave_escaped(void *context, struct MHD_Connection *mhd, char *text)
{
	(void)context, (void)mhd;
	return strlen(text);
}

static struct MHD_Daemon *start_daemon(struct worker *w)
{
	const struct MHD_OptionItem tls_options[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, tls_certificate_callback() },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem no_options[] = { { MHD_OPTION_END, 0, NULL } };
	unsigned flags = MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL_INTERNAL_THREAD |
	                 MHD_ALLOW_SUSPEND_RESUME | (w->tls ? MHD_USE_TLS : 0);
	return MHD_start_daemon(
	        flags, 0, NULL, NULL, handler_on_request, w, MHD_OPTION_URI_LOG_CALLBACK,
	        handler_on_target, w, MHD_OPTION_NOTIFY_COMPLETED, handler_on_completed, w,
	        MHD_OPTION_NOTIFY_CONNECTION, connections_on_change, w,
	        MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
	        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_SIZE, MHD_OPTION_CONNECTION_LIMIT,
	        (unsigned)NO_LIMIT, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)w->options->idle_s,
	        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_ARRAY,
	        w->tls ? tls_options : no_options, MHD_OPTION_END);
}

static status start_worker(struct server *s, bool admin, struct error *e)
{
	struct worker *w = &s->workers[s->workers_n];
	w->tls = admin ? NULL : s->tls;
	w->options = &s->options;
	w->routes = admin ? &s->admin_routes : &s->routes;
	TRY(random_bytes(&w->request_seed, sizeof w->request_seed));
	w->daemon = start_daemon(w);
	if (!w->daemon)
		return error_set(e, ST_NOMEM, "cannot start an HTTP daemon");
	pthread_mutex_init(&w->lock, NULL);
	s->workers_n++;
	return ST_OK;
}

static size_t count_processors(void)
{
	cpu_set_t set;
	return sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

static status start_workers(struct server *s, struct error *e)
{
	size_t n = s->options.threads > 0 ? (size_t)s->options.threads : count_processors();
	n = n < WORKERS_MAX ? n : WORKERS_MAX;
	s->workers = calloc(n + 1, sizeof *s->workers);
	if (!s->workers)
		return ST_NOMEM;
	for (size_t i = 0; i < n; i++)
		TRY(start_worker(s, false, e));
	return s->options.admin_socket ? start_worker(s, true, e) : ST_OK;
}

/* ---- start ---------------------------------------------------------------------------------- */

static status start_listening(struct server *s, struct error *e)
{
	struct port ports[PORTS_MAX] = { { .tls = s->tls != NULL, .workers = s->workers } };
	size_t n = 1, limit;
	TRY(listen_tcp(s->options.address, s->options.port, &ports[0].fd, &s->port, e));
	ports[0].workers_n = s->workers_n - (s->options.admin_socket ? 1 : 0);
	limit = ((size_t)s->options.connections + ports[0].workers_n - 1) / ports[0].workers_n;
	if (s->options.admin_socket) {
		status st = listen_unix(s->options.admin_socket, &ports[1].fd, e);
		if (st != ST_OK) {
			close(ports[0].fd);
			return st;
		}
		ports[1].workers = &s->workers[s->workers_n - 1];
		ports[1].workers_n = 1;
		n = 2;
	}
	return listener_start(ports, n, limit, s->options.log, &s->listener);
}

status server_start(const struct server_options *options, struct server **ret, struct error *e)
{
	AUTO(server) struct server *s = calloc(1, sizeof *s);
	if (!s)
		return ST_NOMEM;
	s->options = *options;
	TRY(routes_init(&s->routes, options->routes));
	TRY(routes_init(&s->admin_routes, options->admin_routes));
	if (options->certificate)
		TRY(tls_new(options->certificate, options->key, options->certificate_host, &s->tls, e));
	TRY(start_workers(s, e));
	TRY(start_listening(s, e));
	*ret = TAKE(s);
	return ST_OK;
}

int server_port(const struct server *s)
{
	return s->port;
}

status server_reload(struct server *s, struct error *e)
{
	return s->tls ? tls_reload(s->tls, e) : ST_OK;
}

int64_t server_certificate_expires_at(struct server *s)
{
	return s->tls ? tls_expires_at(s->tls) : 0;
}

/* ---- end ------------------------------------------------------------------------------------ */

static bool is_at_work(const struct server *s)
{
	for (size_t i = 0; i < s->workers_n; i++)
		if (atomic_load(&s->workers[i].active) || atomic_load(&s->workers[i].resuming))
			return true;
	return false;
}

static void wait_ms(int64_t ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	nanosleep(&t, NULL);
}

status server_drain(struct server *s, int64_t limit_ms)
{
	int64_t began_ms = monotonic_us() / 1000, passed_ms = 0, quiet_ms = 0;
	listener_close(s->listener);
	while (quiet_ms < SETTLE_MS && passed_ms < limit_ms) {
		wait_ms(DRAIN_LOOK_MS);
		passed_ms = monotonic_us() / 1000 - began_ms;
		quiet_ms = is_at_work(s) ? 0 : quiet_ms + DRAIN_LOOK_MS;
	}
	return is_at_work(s) ? ST_BUSY : ST_OK;
}

/* libmicrohttpd must not be stopped with a connection suspended. */
static void stop_worker(struct worker *w)
{
	MHD_stop_daemon(w->daemon);
	handler_done(w);
	pthread_mutex_destroy(&w->lock);
}

void server_free(struct server *s)
{
	if (!s)
		return;
	if (s->listener)
		listener_close(s->listener);
	for (size_t i = 0; i < s->workers_n; i++)
		atomic_store(&s->workers[i].stopping, true);
	while (is_at_work(s))
		wait_ms(DRAIN_LOOK_MS);
	listener_free(s->listener);
	for (size_t i = 0; i < s->workers_n; i++)
		stop_worker(&s->workers[i]);
	if (s->listener && s->options.admin_socket)
		unlink(s->options.admin_socket);
	free(s->workers);
	tls_free(s->tls);
	routes_done(&s->routes);
	routes_done(&s->admin_routes);
	free(s);
}
