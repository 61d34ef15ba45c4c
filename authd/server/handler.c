/* From libmicrohttpd's callbacks to one struct request, and back to it with the answer. */
#include "authd/server/exchange.h"
#include "authd/server/wire.h"

#include <stdlib.h>
#include <time.h>

enum {
	/* A body that is too large is read past up to here, so that the client gets to see the 413;
	 * beyond it the connection is closed. */
	READ_PAST_MAX = 4 << 20,
};

int64_t monotonic_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t real_time_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- requests, pooled with their arenas ----------------------------------------------------- */

static struct exchange *exchange_take(struct worker *w)
{
	struct exchange *x = w->spare;
	if (!x)
		return calloc(1, sizeof *x);
	w->spare = x->next;
	w->spare_n--;
	return x;
}

static void exchange_give_back(struct exchange *x)
{
	struct worker *w = x->worker;
	arena_reset(&x->request.arena);
	if (w->spare_n == SPARE_MAX) {
		arena_done(&x->request.arena);
		free(x);
		return;
	}
	struct arena arena = x->request.arena;
	*x = (struct exchange){ .request.arena = arena, .next = w->spare };
	w->spare = x;
	w->spare_n++;
}

void handler_done(struct worker *w)
{
	while (w->spare) {
		struct exchange *x = w->spare;
		w->spare = x->next;
		arena_done(&x->request.arena);
		free(x);
	}
}

/* SplitMix64: no two requests of a worker have one id, and nothing can be read from it. */
static void name_request(struct worker *w, char ret[17])
{
	static const char digits[] = "0123456789abcdef";
	uint64_t z = w->request_seed + ++w->requests * UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	for (int i = 0; i < 16; i++)
		ret[i] = digits[z >> (60 - 4 * i) & 15];
	ret[16] = '\0';
}

void *handler_on_target(void *context, const char *target, struct MHD_Connection *mhd)
{
	struct worker *w = context;
	struct connection *c =
	        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	struct exchange *x = c ? exchange_take(w) : NULL;
	if (!x)
		return NULL; /* the handler closes the connection */
	x->worker = w;
	x->connection = c;
	x->mhd = mhd;
	x->target_at = target;
	x->target = arena_copy(&x->request.arena, slice_str(target));
	x->began_us = monotonic_us();
	x->request.issuer = w->options->issuer;
	x->request.op.done = runner_op_done;
	x->request.peer_uid = c->peer_uid;
	name_request(w, x->request.request_id);
	atomic_fetch_add(&w->active, 1);
	connection_allow(c, w->options->request_s * 1000);
	return x;
}

void handler_on_completed(void *context, struct MHD_Connection *mhd, void **exchange,
                          enum MHD_RequestTerminationCode code)
{
	(void)mhd;
	(void)code;
	struct worker *w = context;
	struct exchange *x = *exchange;
	if (!x)
		return;
	*exchange = NULL;
	connection_allow(x->connection, w->options->idle_s * 1000);
	exchange_give_back(x);
	atomic_fetch_sub(&w->active, 1);
}

/* ---- the head ------------------------------------------------------------------------------- */

static const struct method_row {
	const char *name;
	enum method method;
} METHODS[] = {
	{ "GET", METHOD_GET }, { "HEAD", METHOD_HEAD },     { "POST", METHOD_POST },
	{ "PUT", METHOD_PUT }, { "DELETE", METHOD_DELETE },
};

static enum method method_of(struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(METHODS); i++)
		if (slice_is(name, METHODS[i].name))
			return METHODS[i].method;
	return 0;
}

/* Methods that exist (RFC 9110 §9.3, RFC 5789) and that no route takes: 405; others: 501. */
static bool is_known_method(struct slice name)
{
	return method_of(name) || slice_is(name, "OPTIONS") || slice_is(name, "TRACE") ||
	       slice_is(name, "CONNECT") || slice_is(name, "PATCH");
}

static void keep_fields(struct exchange *x, const struct head *h)
{
	struct request *r = &x->request;
	r->authorization = head_field(h, "authorization");
	r->origin = head_field(h, "origin");
	r->cookie = head_field(h, "cookie");
	r->accept = head_field(h, "accept");
	r->accept_language = head_field(h, "accept-language");
	r->if_none_match = head_field(h, "if-none-match");
	r->sec_fetch_site = head_field(h, "sec-fetch-site");
	r->dpop = head_field_joined(h, "dpop");
	x->content_type = head_field(h, "content-type");
	r->client_certificate = client_certificate_of(x->connection, x->mhd, h, &r->arena);
	r->peer = peer_of(x->connection, h);
}

static struct refusal read_head(struct exchange *x, const char *method, const char *version,
                                struct framing *ret_framing)
{
	struct wire_head wire;
	struct request *r = &x->request;
	struct refusal refusal = wire_read(x->mhd, method, version, x->target, x->target_at, &wire);
	if (!refusal.status)
		refusal = strict_check_fields(&wire.head, ret_framing);
	if (!refusal.status)
		refusal = strict_split_target(&wire.head, &r->path, &r->query_string);
	if (refusal.status)
		return refusal;
	r->method = method_of(wire.head.method);
	if (!r->method && !is_known_method(wire.head.method))
		return (struct refusal){ 501, "unknown method" };
	if (r->query_string.n > QUERY_MAX)
		return (struct refusal){ 414, "long query" };
	keep_fields(x, &wire.head);
	return NO_REFUSAL;
}

/* An answer in the handler's first call ends the connection: right for whoever broke a rule, since
 * nobody knows what the bytes behind it are. */
static enum MHD_Result begin(struct exchange *x, const char *method, const char *version)
{
	struct framing framing = { 0 };
	x->phase = PHASE_BODY;
	if (!x->target.p)
		return MHD_NO;
	struct refusal refusal = read_head(x, method, version, &framing);
	if (refusal.status)
		return respond_refusal(x, refusal, true);
	/* The library takes bare line feeds between chunks, where they cannot be seen. Whatever
	 * such a body hides, nothing is read behind it. */
	x->close = framing.chunked;
	if (framing.content_length > BODY_MAX)
		x->refusal = (struct refusal){ 413, "large body" };
	if (x->refusal.status &&
	    (framing.expects_continue || framing.content_length > READ_PAST_MAX))
		return respond_refusal(x, x->refusal, true);
	return MHD_YES;
}

/* ---- the body ------------------------------------------------------------------------------- */

static bool grow_body(struct exchange *x, size_t n)
{
	size_t capacity = x->body_capacity ? x->body_capacity * 2 : 1024;
	while (capacity < n)
		capacity *= 2;
	uint8_t *body = arena_alloc(&x->request.arena, capacity);
	if (!body)
		return false;
	if (x->body_n)
		memcpy(body, x->body, x->body_n);
	x->body = body;
	x->body_capacity = capacity;
	return true;
}

static enum MHD_Result take_body(struct exchange *x, const char *p, size_t *n)
{
	size_t whole = x->body_n + *n;
	if (whole > READ_PAST_MAX)
		return MHD_NO;
	if (whole > BODY_MAX)
		x->refusal = (struct refusal){ 413, "large body" };
	if (!x->refusal.status && whole > x->body_capacity && !grow_body(x, whole))
		x->refusal = (struct refusal){ 503, "no memory" };
	if (!x->refusal.status)
		memcpy(x->body + x->body_n, p, *n);
	x->body_n = whole;
	*n = 0;
	return MHD_YES;
}

/* ---- the route ------------------------------------------------------------------------------ */

static bool is_media_type(struct slice field, const char *type)
{
	struct slice media = slice_first(field, slice_find(field, ';'));
	while (media.n && (media.p[media.n - 1] == ' ' || media.p[media.n - 1] == '\t'))
		media.n--;
	return slice_equal_caseless(media, slice_str(type));
}

static struct refusal read_content(struct exchange *x)
{
	struct request *r = &x->request;
	r->body = slice_of(x->body, x->body_n);
	if (!x->body_n)
		return NO_REFUSAL;
	if (r->route->json && is_media_type(x->content_type, "application/json"))
		return NO_REFUSAL;
	if (r->route->form && is_media_type(x->content_type, "application/x-www-form-urlencoded"))
		return params_parse(r->body, &r->arena, &r->form) == ST_OK
		               ? NO_REFUSAL
		               : (struct refusal){ 400, "malformed form" };
	if (r->route->form)
		return (struct refusal){ 400, "the content is not a form" };
	return r->route->json ? (struct refusal){ 415, "the content is not JSON" } : NO_REFUSAL;
}

static struct refusal find_route(struct exchange *x)
{
	struct request *r = &x->request;
	struct slice segment = NO_SLICE;
	r->route = routes_find(x->worker->routes, r->path, &segment);
	if (!r->route)
		return (struct refusal){ 404, "no such path" };
	unsigned wanted = r->method == METHOD_HEAD ? METHOD_GET : r->method;
	if (!(r->route->methods & wanted)) {
		response_header(r, "Allow", route_allow(r->route, &r->arena));
		return (struct refusal){ 405, "method not allowed" };
	}
	if (segment.p && strict_decode_segment(segment, &r->arena, &r->segment) != ST_OK)
		return (struct refusal){ 400, "malformed path" };
	if (params_parse(r->query_string, &r->arena, &r->query) != ST_OK)
		return (struct refusal){ 400, "malformed query" };
	return read_content(x);
}

static enum MHD_Result run_route(struct exchange *x)
{
	struct request *r = &x->request;
	x->phase = PHASE_STEPS;
	if (x->refusal.status)
		return respond_refusal(x, x->refusal, true);
	if (atomic_load(&x->worker->stopping))
		return respond_refusal(x, (struct refusal){ 503, "stopping" }, true);
	struct refusal refusal = find_route(x);
	if (refusal.status)
		return respond_refusal(x, refusal, false);
	r->state = arena_alloc(&r->arena, r->route->state_size + 1);
	if (!r->state)
		return respond_refusal(x, (struct refusal){ 503, "no memory" }, false);
	/* Now that it is whole: a slow request is no earlier one. */
	r->now_us = real_time_us();
	r->now = r->now_us / 1000000;
	r->next = r->route->steps;
	connection_allow(x->connection, 0);
	return runner_run(x);
}

enum MHD_Result handler_on_request(void *worker, struct MHD_Connection *mhd, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_n, void **context)
{
	(void)worker;
	(void)mhd;
	(void)url; /* the library's reading of it; ours is x->target */
	struct exchange *x = *context;
	if (!x)
		return MHD_NO;
	switch (x->phase) {
	case PHASE_HEAD: return begin(x, method, version);
	case PHASE_BODY: return *upload_n ? take_body(x, upload, upload_n) : run_route(x);
	case PHASE_STEPS: return runner_run(x);
	case PHASE_ANSWERED: break;
	}
	return MHD_NO;
}
