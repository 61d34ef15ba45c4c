/*
 * The HTTP server: sockets in, answers of the tables of routes out.
 *
 *	server_start() -> server_port() -> ... server_reload() at SIGHUP
 *	server_drain() at SIGTERM -> server_free()
 *
 * One acceptor thread deals connections round-robin to one libmicrohttpd daemon per processor. A
 * request runs on its connection's thread from the first step to the last; no step ever blocks it.
 * Requests that HTTP/1.1 (RFC 9112) does not allow are refused before any step sees them: see
 * strict.h.
 *                                             Threads: struct server is internally locked.
 */
#pragma once

#include "authd/oauth/request.h"
#include "authd/server/log.h"

struct server;

struct server_options {
	struct issuer *issuer; /* lent, until server_free() */
	struct log *log;       /* lent */

	const struct route *const *routes; /* lent, ends with NULL: endpoint/routes.h */
	const struct route *const *admin_routes;

	const char *address;      /* "127.0.0.1", "::", "0.0.0.0" */
	int64_t port;             /* 0: any free one */
	const char *admin_socket; /* path of the admin interface; NULL: none */
	int64_t threads;          /* 0: one per processor */
	int64_t connections;      /* open at once, at most */
	int64_t idle_s;    /* a connection that has been served may wait for the next request */
	int64_t request_s; /* a request must have come in, and an answer gone out, within this */

	const char *certificate, *key;      /* PEM files; both or neither */
	const char *const *trusted_proxies; /* addresses whose X-Forwarded-For is believed */
	size_t trusted_proxies_n;
	const char *certificate_header; /* in which they pass on a client's certificate; NULL: in none */
	/* The TLS host (SNI) that asks clients for a certificate; "": every one does; NULL: none. */
	const char *certificate_host;
	bool https; /* people come by TLS, here or at a proxy: Strict-Transport-Security is sent */
};

/* Returns ST_INVALID (address, certificate), ST_EXISTS (the port or the socket is in use), or a
 * fault; with a message. */
status server_start(const struct server_options *options, struct server **ret, struct error *e);
/* The real port, also when 0 was asked for. */
int server_port(const struct server *s);

/* Read certificate and key again, for handshakes to come; on failure the old ones stay. */
status server_reload(struct server *s, struct error *e);
/* notAfter of the certificate in use; 0 without TLS. */
int64_t server_certificate_expires_at(struct server *s);

/* Accept no more, answer what has come in, then return ST_OK; ST_BUSY if requests were still at
 * work after limit_ms: server_free() would wait for them. */
status server_drain(struct server *s, int64_t limit_ms);
/* Waits for requests at work, closes every connection. */
void server_free(struct server *s);
DEFINE_AUTO(server, struct server *, server_free)
