/*
 * The cache: sessions, codes, counters. If it is lost, people sign in again; nothing revives.
 *
 * Keys are hashed and values sealed here, above every backend: who reads the backend holds no
 * session, who writes it forges none. All commands of one submit go to the backend in one round
 * trip, with a deadline; a fault of one is a fault of all.
 *
 * While two versions of SECRET_CACHE live, each command goes to both places that it may mean.
 *                                        Threads: struct cache is internally locked.
 */
#pragma once

#include "keys/keys.h"
#include "libauth/base/arena.h"
#include "libauth/base/op.h"

enum cache_verb {
	CACHE_GET,       /* status OK with value; NOT_FOUND, also once it is taken */
	CACHE_PUT,       /* OK */
	CACHE_ADD,       /* OK; EXISTS with the value that is there */
	CACHE_TAKE,      /* OK with value, the first time only; USED with value later; NOT_FOUND */
	CACHE_INCREMENT, /* adds delta; OK with count; the expiry is set by the first one only */
	CACHE_DELETE,    /* OK, there or not */
};

/* The kinds of entry, part of each key: one kind cannot be read as another. */
enum cache_kind {
	CACHE_SESSION,
	CACHE_CODE,
	CACHE_REPLAY,   /* jti of client assertions */
	CACHE_THROTTLE,
	CACHE_STATUS_LIST, /* signed, under its id */
	CACHE_DEFERRED,    /* what waits for a person's decision: device and CIBA requests */
	CACHE_DECISION,    /* the decision, taken once */
	CACHE_POLL,        /* a client has asked for it just now */
	CACHE_INTERVAL,    /* for how long it is not to ask again, once it was told to slow down */
	CACHE_INBOX,       /* which requests wait for a person */
	CACHE_USER_CODE,   /* what a person types, and the request it stands for */
	CACHE_PUSHED_REQUEST,
	CACHE_KIND_COUNT,
};

enum { CACHE_VALUE_MAX = 16 << 10 };

struct cache_command {
	enum cache_verb verb;
	enum cache_kind kind;
	struct slice key;
	struct slice value;   /* in for PUT and ADD; out for GET, ADD, TAKE: in the arena */
	int64_t expires_in_s; /* for PUT, ADD, INCREMENT: at least 1 */
	int64_t delta;        /* in for INCREMENT; may be negative, or 0 to read */
	int64_t count;        /* out for INCREMENT */
	status status;        /* out */
};

struct cache_options {
	/* "embedded:/path/to/dir", "redis://host:port/db", "redis+unix:///path.sock?db=0" */
	const char *url;
	int64_t deadline_ms; /* of one round trip */
	int64_t settle_s;    /* after a rotation of SECRET_CACHE, until every process knows of it */
};

struct records;
struct cache;
/* The epoch is kept in records: it is raised here whenever the backend's content is new, older than
 * what was last seen, or of another machine start; entries of earlier epochs cannot be found. */
status cache_open(const struct cache_options *options, struct keys *keys, struct records *records,
		  struct cache **ret, struct error *e);
void cache_free(struct cache *c);
DEFINE_AUTO(cache, struct cache *, cache_free)

/* Run n commands in order. commands and arena belong to the cache until the op is done. op->status
 * is ST_OK when every command has its own status, ST_UNAVAILABLE or another fault when none counts,
 * ST_INVALID or ST_TOO_LARGE when a command is malformed and nothing was run. */
void cache_submit(struct cache *c, struct cache_command *commands, size_t n, struct arena *a,
		  struct op *op);
status cache_submit_wait(struct cache *c, struct cache_command *commands, size_t n,
			 struct arena *a);

/* ST_OK when a round trip worked of late, ST_UNAVAILABLE, or ST_INVALID with a message when the
 * backend is set up so that it may drop entries (Redis not `noeviction`). */
status cache_ready(struct cache *c, struct error *e);
uint64_t cache_epoch(struct cache *c);
