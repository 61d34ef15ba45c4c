/* The cache contract's backends, each with its records and keys. */
#pragma once

#include "fixture.h"

#include "authd/store/cache.h"

#include <sys/types.h>

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
	char keys_dir[64];
	int64_t settle_s;
};

extern struct backend EMBEDDED;
extern struct backend REDIS; /* a server of its own, on a unix socket in a directory of its own */

/* Run a server in b->dir, with more words on its command line (NULL: no TCP port). It listens when
 * this returns. */
void redis_spawn(struct backend *b, const char *const *more);
void redis_kill(struct backend *b);
/* redis-cli by hand: one command, its answer as text. */
void redis_say(struct backend *b, const char *const *words, char *ret, size_t size);

/* Keys are slow to make: one set for all tests of a program. */
struct keys *make_keys(char dir[64]);

/* cmocka's: a fixture for all tests of a program, and a fresh cache with records for each test. */
int cache_group_setup(void **state);
int cache_group_teardown(void **state);
int cache_setup(void **state, struct backend *backend);
int cache_teardown(void **state);

struct cache *open_cache(struct cache_fixture *f);
/* One command, waited for. Its status, or the fault of the whole. */
status run_one(struct cache_fixture *f, struct cache_command *command);
status cache_do(struct cache_fixture *f, enum cache_verb verb, const char *key, const char *value,
		int64_t expires_in_s);
status cache_do_value(struct cache_fixture *f, enum cache_verb verb, const char *key,
		      const char *value, int64_t expires_in_s, struct slice *ret);
void pause_ms(int ms);
