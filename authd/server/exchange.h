/*
 * One request and its answer, and the connection and the thread that they belong to.
 * Shared by the files of this room alone.
 */
#pragma once

#include "authd/oauth/request.h"
#include "authd/server/log.h"
#include "authd/server/routes.h"
#include "authd/server/server.h"
#include "authd/server/strict.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

/* One open socket. Made and freed on its worker's thread; the watch (watch.h) reads it under the
 * worker's lock. */
struct connection {
	struct worker *worker;
	struct connection *next, *previous;
	int fd;
	atomic_llong deadline_ms; /* monotonic: the socket is shut down after this; 0: never */
	int64_t peer_uid;         /* by SO_PEERCRED; -1 on TCP */
	char address[INET6_ADDRSTRLEN];
};

/* One libmicrohttpd daemon with its thread. */
struct worker {
	const struct server_options *options;
	struct tls *tls; /* NULL: plain HTTP */
	const struct routes *routes;
	struct MHD_Daemon *daemon;
	uint64_t request_seed, requests; /* for request ids; the daemon's thread alone */
	struct exchange *spare;          /* pooled requests; the daemon's thread alone */
	size_t spare_n;
	atomic_size_t active;   /* requests that have begun and not ended */
	atomic_bool stopping;   /* no request may be suspended any more */
	atomic_size_t resuming; /* threads that are telling the daemon of a finished operation */
	pthread_mutex_t lock;   /* of connections */
	struct connection *connections;
	atomic_size_t connections_n;
};

enum { SPARE_MAX = 64 };

/* Where a request is; only its connection's thread moves it. */
enum phase {
	PHASE_HEAD,     /* its target is known */
	PHASE_BODY,     /* its head was accepted; the body comes in */
	PHASE_STEPS,    /* steps are run */
	PHASE_ANSWERED, /* a response is queued */
};

/* See runner.c. */
enum waiting { WAITING_NOT, WAITING_SUSPENDED, WAITING_OVER };

struct exchange {
	struct request request;
	struct worker *worker;
	struct connection *connection;
	struct MHD_Connection *mhd;
	struct exchange *next; /* of the spare ones */

	enum phase phase;
	struct slice target;   /* our copy */
	const char *target_at; /* where the library has it */
	struct slice content_type;
	uint8_t *body;
	size_t body_n, body_capacity;
	struct refusal refusal; /* given once the body has been read past */
	bool close;             /* the connection ends with this answer */
	int64_t began_us;

	atomic_int waiting;
};

int64_t monotonic_us(void);

/* ---- runner.c ---- */
/* Run steps until one waits or the request is answered; then queue the answer. Returns what the
 * handler is to return. */
enum MHD_Result runner_run(struct exchange *x);
/* To be set as request.op.done. */
void runner_op_done(struct op *op);

/* ---- respond.c ---- */
/* Queue x->request.response, with the security headers of its kind, and log it. */
enum MHD_Result respond(struct exchange *x);
/* A refusal in the form that OAuth clients understand; with close, the connection ends. */
enum MHD_Result respond_refusal(struct exchange *x, struct refusal refusal, bool close);

/* ---- handler.c: libmicrohttpd's callbacks ---- */
void *handler_on_target(void *worker, const char *target, struct MHD_Connection *mhd);
enum MHD_Result handler_on_request(void *worker, struct MHD_Connection *mhd, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_n, void **context);
void handler_on_completed(void *worker, struct MHD_Connection *mhd, void **context,
                          enum MHD_RequestTerminationCode code);
/* Free the spare requests, once the daemon has stopped. */
void handler_done(struct worker *w);

/* ---- peer.c ---- */
/* Who sent it, as text: what a trusted proxy says, else the socket's address. */
struct slice peer_of(const struct connection *c, const struct head *h);

/* Is this address one of the proxies whose word is taken? */
bool peer_is_trusted(const struct server_options *o, struct slice address);

/* ---- client_certificate.c ---- */
/* The certificate (DER, in the arena) of who sent it: what a trusted proxy says, else that of the TLS
 * connection; NO_SLICE where there is none, or it cannot be read. */
struct slice client_certificate_of(const struct connection *c, struct MHD_Connection *mhd,
				   const struct head *h, struct arena *a);

/* ---- connections.c ---- */
void connections_on_change(void *worker, struct MHD_Connection *mhd, void **context,
                           enum MHD_ConnectionNotificationCode code);
/* The connection has this long for what it is at. */
void connection_allow(struct connection *c, int64_t ms);
/* Shut down the sockets whose time is over. */
void connections_watch(struct worker *w);
