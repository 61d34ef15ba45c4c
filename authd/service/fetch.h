/*
 * HTTP requests of authd's own, to addresses that clients have named: their jwks_uri, request_uri,
 * sector_identifier_uri, back-channel logout and notification endpoints.
 *
 *	struct fetch *f = arena_new(&r->arena, struct fetch);
 *	*f = (struct fetch){ .url = client->jwks_uri, .accept = SLICE("application/json") };
 *	fetch_submit(r->issuer, f, &r->arena, &r->op);    the step returns STEP_WAIT
 *	...                                               the next one finds r->op.status and f->ret_*
 *
 * Whoever names an address may mean harm (server-side request forgery), so: https alone, with the
 * server's certificate checked; no redirects, proxies, cookies or credentials in the URL; an address
 * that is not public is refused when it is connected to, whatever the name resolved to before; and
 * time and size are bounded. The exceptions are settings: `outbound.allow` lists networks that may be
 * reached all the same, and an issuer that is itself http, on localhost, may also fetch http from
 * localhost and *.localhost.
 *                      Threads: any number may call; a struct fetch belongs to its call until it ends.
 */
#pragma once

#include "authd/service/issuer.h"
#include "libauth/base/op.h"

enum { FETCH_BODY_MAX = 64 << 10, FETCH_URL_MAX = 2048 };

/* One request and its answer. All that it points to is borrowed until it has ended. */
struct fetch {
	struct slice url;
	struct slice accept;        /* header fields, where given; printable ASCII */
	struct slice authorization;
	struct slice content_type;
	struct slice body;          /* with it (p != NULL) a POST, without a GET */
	size_t body_max;            /* of the answer; 0: FETCH_BODY_MAX, which is also the most */
	int64_t deadline_ms;        /* from the call to the answer's end; 0: the setting, also the most */

	int ret_status;             /* HTTP: 200, but also 302 or 500 */
	struct slice ret_body;
	struct slice ret_content_type; /* absent: none */
	int64_t ret_max_age_s;      /* RFC 9111 §5.2.2: how long it is fresh; -1: not said */
	struct slice ret_reason;    /* why it ended otherwise than with ST_OK; for the log alone, since it
				     * tells of the network that authd stands in */
};

/*
 * Make the request on a thread of the pool and complete op with
 * ST_OK: there is an answer, whatever its HTTP status;
 * ST_INVALID: the URL, or a header field, is not one that is sent;
 * ST_FORBIDDEN: its address is not public, nor allowed;
 * ST_TOO_LARGE: the answer has more than body_max bytes, or its header more than 16 KiB;
 * ST_UNAVAILABLE: no whole answer in time; no connection; no certificate that counts;
 * ST_BUSY: too many requests are waiting, in all or for this host; or ST_NOMEM. What is returned lives in
 * the arena. One host has a quarter of the threads at most; what waits for it holds none.
 */
void fetch_submit(struct issuer *is, struct fetch *f, struct arena *a, struct op *op);

/* The same on the caller's thread, which waits: for threads that serve nobody. */
status fetch_now(struct issuer *is, struct fetch *f, struct arena *a);

/* May this URL be fetched at all, as far as can be told without looking its host up? For those who
 * take a client's registration. */
bool fetch_may(const struct issuer *is, struct slice url);

/* The pool, and what its requests have in common. The issuer's conf is there already. */
struct fetching;
status fetching_new(const struct issuer *is, struct fetching **ret);
void fetching_free(struct fetching *f); /* waits until every request has ended */
DEFINE_AUTO(fetching, struct fetching *, fetching_free)
