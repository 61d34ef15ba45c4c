#include "cache_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int embedded_start(struct backend *b)
{
	make_dir(b->dir);
	snprintf(b->url, sizeof b->url, "embedded:%s?mib=64", b->dir);
	return 0;
}

static void embedded_stop(struct backend *b) { remove_tree(b->dir); }

struct backend EMBEDDED = { .name = "embedded", .start = embedded_start, .stop = embedded_stop };

struct keys *make_keys(char dir[64])
{
	char keys_dir[128], kek[128];
	make_dir(dir);
	snprintf(keys_dir, sizeof keys_dir, "%s/keys", dir);
	snprintf(kek, sizeof kek, "%s/kek", dir);
	const struct keys_options options = { .dir = keys_dir, .kek_file = kek };
	struct error e = { 0 };
	struct keys *keys = NULL;
	assert_ok(keys_create(&options, time(NULL), &e));
	assert_ok(keys_open(&options, &keys, &e));
	return keys;
}

struct cache *open_cache(struct cache_fixture *f)
{
	const struct cache_options options = { .url = f->backend->url, .deadline_ms = 500 };
	struct cache *c = NULL;
	struct error e = { 0 };
	status s = cache_open(&options, f->keys, f->records, &c, &e);
	if (s)
		print_error("%s\n", e.message);
	assert_ok(s);
	return c;
}

status run_one(struct cache_fixture *f, struct cache_command *command)
{
	command->kind = CACHE_SESSION;
	status s = cache_submit_wait(f->cache, command, 1, &f->arena);
	return s ? s : command->status;
}

status cache_do_value(struct cache_fixture *f, enum cache_verb verb, const char *key,
		      const char *value, int64_t expires_in_s, struct slice *ret)
{
	struct cache_command command = {
		.verb = verb,
		.key = slice_str(key),
		.value = slice_str(value),
		.expires_in_s = expires_in_s,
	};
	status s = run_one(f, &command);
	*ret = command.value;
	return s;
}

status cache_do(struct cache_fixture *f, enum cache_verb verb, const char *key, const char *value,
		int64_t expires_in_s)
{
	struct slice ignored;
	return cache_do_value(f, verb, key, value, expires_in_s, &ignored);
}

void pause_ms(int ms)
{
	nanosleep(&(struct timespec){ ms / 1000, (ms % 1000) * 1000000L }, NULL);
}
