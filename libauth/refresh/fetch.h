/* One GET at a time, over a connection that is kept.                     Threads: one at a time. */
#pragma once

#include "libauth/base/buf.h"
#include "libauth/base/mem.h"

struct fetcher;
/* ca_file: NULL for the system's. NULL without memory. */
struct fetcher *fetcher_new(const char *ca_file, int64_t timeout_ms);
void fetcher_free(struct fetcher *f);
DEFINE_AUTO(fetcher, struct fetcher *, fetcher_free)

struct fetched {
	struct buf body;   /* with a NUL behind that n does not count */
	int64_t max_age_s; /* RFC 9111 §5.2.2.1; -1: not said */
};
void fetched_done(struct fetched *f);
#define AUTO_FETCHED __attribute__((cleanup(fetched_done)))

/*
 * Fetch a document of at most `most` bytes. Only 200 counts. `stop` is asked along the way.
 * Returns ST_OK, ST_UNAVAILABLE, ST_INVALID (not a URL that may be fetched) or ST_TOO_LARGE, with a
 * message.
 */
status fetch(struct fetcher *f, const char *url, size_t most, bool (*stop)(void *), void *context,
	     struct fetched *ret, struct error *e);

/* https, or http to a name under .localhost. */
bool fetch_may(const char *url);
