#include "cache_fixture.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
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

/* ---- Redis ---------------------------------------------------------------------------------- */

static void socket_path(const struct backend *b, char path[96])
{
	snprintf(path, 96, "%s/redis.sock", b->dir);
}

static redisContext *connect_by_hand(struct backend *b)
{
	char path[96];
	socket_path(b, path);
	for (int tries = 0; tries < 500; tries++) {
		redisContext *c = redisConnectUnix(path);
		if (c && !c->err)
			return c; /* listening; perhaps still loading */
		if (c)
			redisFree(c);
		pause_ms(10);
	}
	fail_msg("redis-server does not answer");
	return NULL;
}

static void exec_redis(const struct backend *b, const char *const *more)
{
	char path[96];
	socket_path(b, path);
	const char *argv[32] = { "redis-server", "--unixsocket", path, "--dir", b->dir,
				 "--loglevel", "warning", "--logfile", "redis.log",
				 "--appendonly", "no", "--save", "", "--daemonize", "no" };
	static const char *const no_port[] = { "--port", "0", NULL };
	size_t n = 15;
	for (more = more ? more : no_port; *more && n < COUNT_OF(argv) - 1; more++)
		argv[n++] = *more;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

void redis_spawn(struct backend *b, const char *const *more)
{
	char path[96];
	socket_path(b, path);
	unlink(path);
	b->pid = fork();
	assert_true(b->pid >= 0);
	if (b->pid == 0)
		exec_redis(b, more);
	redisFree(connect_by_hand(b));
}

void redis_kill(struct backend *b)
{
	if (b->pid <= 0)
		return;
	kill(b->pid, SIGKILL);
	waitpid(b->pid, NULL, 0);
	b->pid = 0;
}

void redis_say(struct backend *b, const char *const *words, char *ret, size_t size)
{
	const char *argv[16];
	int n = 0;
	while (words[n] && n < 16) {
		argv[n] = words[n];
		n++;
	}
	redisContext *c = connect_by_hand(b);
	redisReply *reply = redisCommandArgv(c, n, argv, NULL);
	assert_non_null(reply);
	if (reply->type == REDIS_REPLY_INTEGER)
		snprintf(ret, size, "%lld", reply->integer);
	else
		snprintf(ret, size, "%.*s", (int)reply->len, reply->str ? reply->str : "");
	freeReplyObject(reply);
	redisFree(c);
}

static int redis_start(struct backend *b)
{
	make_dir(b->dir);
	char path[96];
	socket_path(b, path);
	snprintf(b->url, sizeof b->url, "redis+unix://%s?db=3", path);
	redis_spawn(b, NULL);
	return 0;
}

static void redis_stop(struct backend *b)
{
	redis_kill(b);
	remove_tree(b->dir);
}

struct backend REDIS = { .name = "redis", .start = redis_start, .stop = redis_stop };

/* ---- the fixture ---------------------------------------------------------------------------- */

struct keys *make_keys(char dir[64])
{
	char keys_dir[128], kek[128];
	make_dir(dir);
	snprintf(keys_dir, sizeof keys_dir, "%s/keys", dir);
	snprintf(kek, sizeof kek, "%s/kek", dir);
	const struct keys_options options = { .dir = keys_dir, .kek_file = kek, .algorithms = 1U << KEY_ES256 };
	struct error e = { 0 };
	struct keys *keys = NULL;
	assert_ok(keys_create(&options, time(NULL), &e));
	assert_ok(keys_open(&options, &keys, &e));
	return keys;
}

struct cache *open_cache(struct cache_fixture *f)
{
	const struct cache_options options = { .url = f->backend->url, .deadline_ms = 500,
					       .settle_s = f->settle_s };
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

/* ---- set up and torn down ------------------------------------------------------------------- */

int cache_group_setup(void **state)
{
	struct cache_fixture *f = calloc(1, sizeof *f);
	f->keys = make_keys(f->keys_dir);
	*state = f;
	return 0;
}

int cache_group_teardown(void **state)
{
	struct cache_fixture *f = *state;
	keys_free(f->keys);
	remove_tree(f->keys_dir);
	free(f);
	return 0;
}

int cache_setup(void **state, struct backend *backend)
{
	struct cache_fixture *f = *state;
	f->backend = backend;
	make_dir(f->records_dir);
	f->records = open_records(f->records_dir, 1 << 20);
	assert_int_equal(f->backend->start(f->backend), 0);
	f->cache = open_cache(f);
	return 0;
}

int cache_teardown(void **state)
{
	struct cache_fixture *f = *state;
	cache_free(f->cache);
	records_free(f->records);
	f->backend->stop(f->backend);
	remove_tree(f->records_dir);
	arena_done(&f->arena);
	return 0;
}
