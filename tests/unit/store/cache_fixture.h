/* The cache contract's backends, each with its records and keys. */
#pragma once

#include "fixture.h"

#include "authd/store/cache.h"

/* Where a backend's content is, and how a test gets at it behind the cache's back. */
struct backend {
	const char *name;
	int (*start)(struct backend *b);
	void (*stop)(struct backend *b);
	char url[128];
	char dir[64];
	pid_t pid;
};

struct cache_fixture {
	struct backend *backend;
	struct keys *keys;
	struct records *records;
	struct cache *cache;
	struct arena arena;
	char records_dir[64];
};

extern struct backend EMBEDDED;

/* Keys are slow to make: one set for all tests of a program. */
struct keys *make_keys(char dir[64]);

struct cache *open_cache(struct cache_fixture *f);
/* One command, waited for. Its status, or the fault of the whole. */
status run_one(struct cache_fixture *f, struct cache_command *command);
status cache_do(struct cache_fixture *f, enum cache_verb verb, const char *key, const char *value,
		int64_t expires_in_s);
status cache_do_value(struct cache_fixture *f, enum cache_verb verb, const char *key,
		      const char *value, int64_t expires_in_s, struct slice *ret);
void pause_ms(int ms);
