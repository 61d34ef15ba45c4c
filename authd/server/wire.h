/*
 * The head of a request as it stood on the wire.
 *
 * libmicrohttpd 0.9.75 reads a head in place: it overwrites each line's end with zeros and hands
 * out pointers into that buffer. It takes a bare LF for a line's end, joins folded lines, ignores
 * what follows a NUL and skips extra spaces, and says nothing of it. But each of these leaves a
 * gap: only when every line is spelled as RFC 9112 §2.2, §3 and §5 demand do the parts lie exactly
 * as far apart as the spelling says. So the gaps are measured, and a head that does not fit is
 * refused. A library that keeps its buffer otherwise makes every request fail, and the tests with
 * it: docs/adr/server-strictness.md.
 *                                                         Threads: the connection's alone.
 */
#pragma once

#include "authd/server/strict.h"

#include <microhttpd.h>

enum { FIELDS_MAX = 100 };

struct wire_head {
	struct head head;
	struct field fields[FIELDS_MAX];
};

/* Collect and measure. To be called in the first call of the handler, before anything is moved.
 * `target` is the copy, `target_at` the place where the library had it. The fields' bytes stay
 * where they are until the request ends. */
struct refusal wire_read(struct MHD_Connection *connection, const char *method, const char *version,
                         struct slice target, const char *target_at, struct wire_head *ret);
