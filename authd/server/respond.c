#include "authd/page/page.h"
#include "authd/server/exchange.h"

#include <arpa/inet.h>

/* ---- headers -------------------------------------------------------------------------------- */

static bool has_header(const struct response *r, const char *name)
{
	for (const struct header *h = r->headers; h; h = h->next)
		if (slice_equal_caseless(h->name, slice_str(name)))
			return true;
	return false;
}

/* libmicrohttpd refuses line breaks; a NUL would cut the value short. */
static bool add_header(struct MHD_Response *to, const char *name, struct slice value)
{
	char text[16 << 10];
	if (value.n >= sizeof text || slice_find(value, '\0') < value.n)
		return false;
	memcpy(text, value.p, value.n);
	text[value.n] = '\0';
	return MHD_add_response_header(to, name, text) == MHD_YES;
}

static bool add_step_headers(const struct response *r, struct MHD_Response *to)
{
	for (const struct header *h = r->headers; h; h = h->next)
		if (!add_header(to, (const char *)h->name.p, h->value))
			return false;
	if (r->content_type.p)
		return add_header(to, "Content-Type", r->content_type);
	return true;
}

static bool add_default(const struct response *r, struct MHD_Response *to, const char *name,
                        const char *value)
{
	return has_header(r, name) || MHD_add_response_header(to, name, value) == MHD_YES;
}

/* OWASP's list, as far as it concerns a server without scripts. X-Frame-Options is for browsers
 * that do not know frame-ancestors. */
static bool add_security_headers(const struct exchange *x, struct MHD_Response *to)
{
	const struct response *r = &x->request.response;
	bool ok = add_default(r, to, "Cache-Control", "no-store") &&
	          add_default(r, to, "X-Content-Type-Options", "nosniff") &&
	          add_default(r, to, "Referrer-Policy", "no-referrer");
	if (ok && slice_starts(r->content_type, SLICE("text/html")))
		ok = add_default(r, to, "Content-Security-Policy", PAGE_CSP) &&
		     add_default(r, to, "X-Frame-Options", "DENY");
	if (ok && x->worker->options->https)
		ok = add_default(r, to, "Strict-Transport-Security", "max-age=31536000");
	return ok;
}

/* ---- the log -------------------------------------------------------------------------------- */

/* Addresses are personal data: the network is enough to see where trouble comes from. */
static struct slice network_of(struct slice peer, struct arena *a)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t bytes[16] = { 0 };
	if (!peer.p || peer.n >= sizeof text)
		return NO_SLICE;
	memcpy(text, peer.p, peer.n);
	text[peer.n] = '\0';
	if (inet_pton(AF_INET, text, bytes) == 1) {
		memcpy(strrchr(text, '.'), ".0/24", sizeof ".0/24");
		return arena_copy(a, slice_str(text));
	}
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return NO_SLICE;
	memset(bytes + 6, 0, 10);
	inet_ntop(AF_INET6, bytes, text, sizeof text);
	return arena_format(a, "%s/48", text);
}

/* The path is the route's: what clients put there instead may be anything, a secret as well. */
static void log_exchange(struct exchange *x)
{
	struct request *r = &x->request;
	enum log_level level = r->response.status >= 500 ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO;
	struct log_field uid = log_number("uid", r->peer_uid);
	uid.absent = r->peer_uid < 0;
	log_event(x->worker->options->log, level, "request",
	          log_text("request_id", slice_str(r->request_id)),
	          log_text("method", slice_str(method_name(r->method))),
	          log_text("path", slice_str(r->route ? r->route->path : NULL)),
	          log_number("status", r->response.status),
	          log_number("duration_us", monotonic_us() - x->began_us),
	          log_text("network", network_of(r->peer, &r->arena)), uid,
	          log_text("reason", r->log_reason));
}

/* ---- answers -------------------------------------------------------------------------------- */

static struct MHD_Response *build(const struct exchange *x)
{
	const struct response *r = &x->request.response;
	struct MHD_Response *response = MHD_create_response_from_buffer(
	        r->body.n, r->body.n ? (void *)(uintptr_t)r->body.p : NULL, MHD_RESPMEM_PERSISTENT);
	if (!response)
		return NULL;
	bool ok = add_step_headers(r, response) && add_security_headers(x, response);
	if (ok && (x->close || atomic_load(&x->request.issuer->draining)))
		ok = MHD_add_response_header(response, "Connection", "close") == MHD_YES;
	if (ok)
		return response;
	MHD_destroy_response(response);
	return NULL;
}

/* Steps that gave no answer, or one that cannot be sent as it is. */
static void fail(struct exchange *x, const char *why)
{
	struct request *r = &x->request;
	r->response = (struct response){ 0 };
	r->log_reason = slice_str(why);
	answer_json(r, 500, SLICE("{\"error\":\"server_error\"}"));
}

enum MHD_Result respond(struct exchange *x)
{
	struct response *r = &x->request.response;
	if (!r->status || r->failed || (r->body.n && !r->body.p))
		fail(x, r->status ? "the answer could not be kept" : "no step answered");
	struct MHD_Response *response = build(x);
	if (!response) {
		fail(x, "the answer could not be built");
		response = build(x);
	}
	if (!response)
		return MHD_NO;
	log_exchange(x);
	x->phase = PHASE_ANSWERED;
	connection_allow(x->connection, x->worker->options->request_s * 1000);
	enum MHD_Result queued = MHD_queue_response(x->mhd, (unsigned)r->status, response);
	MHD_destroy_response(response);
	return queued;
}

/* RFC 6749 §5.2 names it so for any request that is malformed; the status says more. */
static const char *refusal_error(int http_status)
{
	switch (http_status) {
	case 404: return "not_found";
	case 405:
	case 501: return "method_not_allowed";
	case 500:
	case 503: return "server_error";
	}
	return "invalid_request";
}

enum MHD_Result respond_refusal(struct exchange *x, struct refusal refusal, bool close)
{
	struct request *r = &x->request;
	x->close |= close;
	r->log_reason = slice_str(refusal.reason);
	struct slice json =
	        arena_format(&r->arena, "{\"error\":\"%s\",\"error_description\":\"%s\"}",
	                     refusal_error(refusal.status), refusal.reason);
	answer_json(r, refusal.status, json.p ? json : SLICE("{}"));
	return respond(x);
}
