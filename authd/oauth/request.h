/*
 * One HTTP request on its way through the house, and the table of steps that answers it.
 *
 * A step does its work and returns *next*, *wait* (it has submitted exactly one operation, with
 * r->op; the next step runs when that is done, and finds its outcome in r->op.status) or *done*
 * (r->response is complete). So an endpoint reads from top to bottom, and no thread ever blocks.
 *                                                       Threads: one at a time, not always the same.
 */
#pragma once

#include "authd/service/issuer.h"
#include "libauth/base/arena.h"
#include "libauth/base/op.h"

enum method { METHOD_GET = 1, METHOD_HEAD = 2, METHOD_POST = 4, METHOD_DELETE = 8, METHOD_PUT = 16 };
const char *method_name(enum method m); /* "GET"; NULL for what is none */

struct param {
	struct slice name, value; /* decoded; UTF-8 without NUL */
};
struct params {
	struct param *items;
	size_t n;
};
enum { PARAMS_MAX = 100, BODY_MAX = 64 << 10, QUERY_MAX = 16 << 10 };

/* The value of the first parameter of that name; absent and empty are the same (RFC 6749 §3.1). */
struct slice params_get(const struct params *p, const char *name);
/* A name that stands there twice, or NO_SLICE. `resource` and `audience` may (RFC 8707 §2, RFC 8693 §2.1). */
struct slice params_duplicate(const struct params *p);
/* application/x-www-form-urlencoded (URL Standard §5.1). ST_INVALID: bad escape, not UTF-8, NUL, or
 * more than PARAMS_MAX. */
status params_parse(struct slice text, struct arena *a, struct params *ret);
/* The same backwards. */
void params_put(struct buf *out, const struct params *p);

struct header {
	struct slice name, value;
	struct header *next;
};

struct response {
	int status; /* HTTP; 0: not answered yet */
	struct header *headers;
	struct slice content_type;
	struct slice body; /* lives in the request's arena or is static */
	bool failed;       /* a header could not be kept: a 500 goes out instead */
};

enum step_result { STEP_NEXT, STEP_WAIT, STEP_DONE };

struct request;
typedef enum step_result step_fn(struct request *r);

/* One row of the table of routes. */
struct route {
	const char *path;      /* "/token"; a trailing "*" matches one segment, left in r->segment */
	unsigned methods;      /* a set of enum method; HEAD comes with GET */
	step_fn *const *steps; /* ends with NULL; the last step that runs answers */
	size_t state_size;     /* r->state points to as many zeroed bytes */
	bool form;             /* POST takes application/x-www-form-urlencoded, parsed into r->form */
	bool json;             /* takes application/json, left in r->body */
	const char *metadata;  /* as what discovery names it (RFC 8414 §2), if clients find it there */
	bool has_alias;        /* clients call it, and may come with a certificate (RFC 8705 §5) */
	bool (*is_named)(const struct issuer *is); /* whether it does; NULL: always */
};

/* A row of a table of routes, written where the table stands: ROUTE("/path", METHOD_GET, STEPS, 0). */
#define ROUTE(...) (&(const struct route){ __VA_ARGS__ })

struct request {
	struct issuer *issuer;
	const struct route *route;
	struct arena arena;
	int64_t now; /* seconds since the epoch, fixed when the whole of the request was there */
	int64_t now_us; /* the same in microseconds */

	enum method method;
	struct slice path;
	struct slice segment;       /* what the route's "*" stands for */
	struct slice query_string;  /* undecoded */
	struct params query, form;
	struct slice body;
	struct slice authorization; /* header fields that the rooms need; absent if not sent */
	struct slice origin, cookie, accept, accept_language, if_none_match, sec_fetch_site;
	struct slice dpop;          /* two such fields are joined: they are no proof (RFC 9449 §4.3) */
	struct slice client_certificate; /* DER: of the TLS connection, or by a trusted proxy's word */
	struct slice peer;          /* address as text, a trusted proxy's word already taken */
	int64_t peer_uid;           /* on the admin socket; else -1 */
	char request_id[17];

	step_fn *const *next;       /* the step to run next; a step may turn to another table here */
	struct op op;               /* the one operation under way */
	void *state;                /* of the route: see state_size */
	struct response response;
	struct slice log_reason;    /* why it was refused; for the log alone */
};

/* ---- answering ------------------------------------------------------------------------------ */

void response_header(struct request *r, const char *name, struct slice value);
/* These finish a step: `return answer_...`. The server adds the security headers of each kind of
 * content and `Cache-Control: no-store`, unless the step has set its own. */
enum step_result answer(struct request *r, int http_status, const char *content_type,
			struct slice body);
enum step_result answer_json(struct request *r, int http_status, struct slice json);
enum step_result answer_redirect(struct request *r, int http_status, struct slice location);
enum step_result answer_empty(struct request *r, int http_status);
/* 503 with Retry-After and no-store: something that is needed cannot be reached. */
enum step_result answer_unavailable(struct request *r, const char *why);

/* The value of a cookie, or NO_SLICE; NO_SLICE too when it was sent twice. */
struct slice request_cookie(const struct request *r, const char *name);
