/*
 * What a cache backend must do. It sees hashed keys and sealed values, and knows no secret.
 *
 * An entry is either a value, fresh or taken, or a counter, and ends at its expiry. The commands of
 * one submit are run in order; a fault of one is a fault of all.
 */
#pragma once

#include "authd/store/cache.h"

enum { CACHE_KEY_SIZE = 32, CACHE_IDENTITY_SIZE = 32 };

struct cache_entry {
	enum cache_verb verb;
	uint8_t key[CACHE_KEY_SIZE];
	struct slice value;   /* sealed; in and out as in struct cache_command */
	int64_t expires_in_s;
	int64_t delta, count;
	status status;
};

struct cache_backend;
struct cache_backend_calls {
	/* The entries were hashed under this epoch: ST_UNAVAILABLE if it is over. */
	void (*submit)(struct cache_backend *b, uint64_t epoch, struct cache_entry *entries,
		       size_t n, struct arena *a, struct op *op);
	status (*ready)(struct cache_backend *b, struct error *e);
	void (*free)(struct cache_backend *b);
};

struct cache_backend {
	const struct cache_backend_calls *calls;
};

/*
 * What a backend is lent. Content has an identity: a random marker that lies in it, and the run of
 * the machine or server that holds it. Content that is lost, replaced, or reloaded from an older
 * copy has another identity, and the host answers with another epoch.
 */
struct cache_host {
	status (*epoch)(struct cache_host *host, const uint8_t identity[CACHE_IDENTITY_SIZE],
			uint64_t *ret); /* may wait for a durable write */
};

/* where: what stands behind "embedded:" in the URL: a directory, and perhaps "?mib=1024". */
status cache_embedded_open(const char *where, struct cache_host *host, struct cache_backend **ret,
			   struct error *e);
/* url: redis://... or redis+unix://... as redis_address.h has it. */
status cache_redis_open(const char *url, int64_t deadline_ms, struct cache_host *host,
			struct cache_backend **ret, struct error *e);
