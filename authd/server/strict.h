/*
 * What a request must be like before any route sees it (RFC 9110, RFC 9112).
 *
 * libmicrohttpd is liberal in what it accepts, and that is how one request becomes two behind a
 * proxy that reads it otherwise. So each rule is checked again here, over the fields as they stood
 * in the request; whoever breaks one is answered and disconnected.
 *                                                                          Threads: pure functions.
 */
#pragma once

#include "authd/oauth/request.h"

struct field {
	struct slice name, value; /* white space around the value is gone */
};

struct head {
	struct slice method, target, version; /* the request line, undecoded */
	const struct field *fields;
	size_t n;
};

/* Why a request is not served; status 0: it is. The reason is for the client and for the log. */
struct refusal {
	int status;
	const char *reason;
};
#define NO_REFUSAL ((struct refusal){ 0, NULL })

struct framing {
	bool chunked;
	bool expects_continue;
	uint64_t content_length; /* 0 without one */
};

/* Names are tokens, values free of control characters, fields that decide something there once, one
 * Host, one unambiguous length, no transfer coding but chunked, no content coding. */
struct refusal strict_check_fields(const struct head *h, struct framing *ret);

/*
 * Split the target (RFC 9112 §3.2) into path and query, both undecoded; the absolute form must name
 * the host that the Host field names. The path must be UTF-8 without control characters once
 * decoded. It is matched with the routes undecoded, so that there is one spelling of each.
 */
struct refusal strict_split_target(const struct head *h, struct slice *ret_path,
                                   struct slice *ret_query);

/* The value of the first field of that name (in lower case), or NO_SLICE. */
struct slice head_field(const struct head *h, const char *name);
/* The same; where there are several, what no single one of them would be: ",". */
struct slice head_field_joined(const struct head *h, const char *name);
/* ASCII case is ignored (RFC 9110 §5.1). */
bool slice_equal_caseless(struct slice a, struct slice b);

/* A path segment without its percent-encoding, in the arena. ST_INVALID: as for the path. */
status strict_decode_segment(struct slice segment, struct arena *a, struct slice *ret);
