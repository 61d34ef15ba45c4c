/*
 * The portal's HTTP side, on libmicrohttpd: one row a route, one thread a connection (a sign-in
 * waits for the back channel; a portal with many visitors would suspend connections instead).
 *
 *	GET  /             who is signed in here           GET /token       offline verification
 *	GET  /sign-in      to the issuer                   GET /api/me      the portal's interface:
 *	GET  /callback     and back                                         Bearer tokens, JSON
 *	POST /sign-out     GET /signed-out
 *                                                            Threads: start and stop: one.
 */
#pragma once

#include "examples/portal/flow.h"

struct server;
/* NULL: it has said why on standard error. */
struct server *server_start(struct portal *portal);
void server_stop(struct server *s); /* waits for the requests under way; NULL is allowed */
