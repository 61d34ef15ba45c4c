/* What may happen to the embedded cache's file, and what the cache makes of it. */
#include "cache_fixture.h"

#include "authd/store/cache_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void reopen(struct cache_fixture *f)
{
	cache_free(f->cache);
	f->cache = open_cache(f);
}

static void path_of(struct cache_fixture *f, const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", f->backend->dir, name);
}

/* ---- another start of the machine ------------------------------------------------------------ */

static void overwrite(const char *path, off_t at, const char *text)
{
	int fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text), at), strlen(text));
	close(fd);
}

static void a_file_of_another_start_is_thrown_away(void **state)
{
	struct cache_fixture *f = *state;
	char path[128];
	path_of(f, "identity", path);
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 60));
	cache_free(f->cache);
	overwrite(path, 0, "????????");
	f->cache = open_cache(f);
	assert_int_equal(cache_epoch(f->cache), 2);
	assert_int_equal(cache_do(f, CACHE_GET, "k", NULL, 0), ST_NOT_FOUND);
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 60));
	reopen(f);
	assert_int_equal(cache_epoch(f->cache), 2);
	assert_ok(cache_do(f, CACHE_GET, "k", NULL, 0));

	/* Interrupted while it was made. */
	cache_free(f->cache);
	assert_int_equal(unlink(path), 0);
	f->cache = open_cache(f);
	assert_int_equal(cache_epoch(f->cache), 3);
}

static void a_spoilt_file_is_thrown_away(void **state)
{
	struct cache_fixture *f = *state;
	char path[128];
	path_of(f, "data.mdb", path);
	cache_free(f->cache);
	for (off_t at = 0; at < 16384; at += 8)
		overwrite(path, at, "rubbish!");
	f->cache = open_cache(f);
	assert_int_equal(cache_epoch(f->cache), 2);
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 60));
}

/* ---- behind the cache's back ----------------------------------------------------------------- */

enum { HEADER = 9, STATE_AT = 0, EXPIRY_AT = 1 };

typedef void change_fn(MDB_txn *txn, MDB_dbi entries);

static void change(struct cache_fixture *f, change_fn *work)
{
	cache_free(f->cache);
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi entries;
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 8), 0);
	assert_int_equal(mdb_env_open(env, f->backend->dir, MDB_WRITEMAP, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "entries", 0, &entries), 0);
	work(txn, entries);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	f->cache = open_cache(f);
}

static uint8_t *copy_entry(MDB_txn *txn, MDB_dbi entries, size_t i, MDB_val *k, MDB_val *v)
{
	MDB_cursor *cursor;
	assert_int_equal(mdb_cursor_open(txn, entries, &cursor), 0);
	for (size_t n = 0; n <= i; n++)
		assert_int_equal(mdb_cursor_get(cursor, k, v, MDB_NEXT), 0);
	uint8_t *bytes = malloc(v->mv_size);
	memcpy(bytes, v->mv_data, v->mv_size);
	v->mv_data = bytes;
	mdb_cursor_close(cursor);
	return bytes;
}

static void swap_two(MDB_txn *txn, MDB_dbi entries)
{
	MDB_val k[2], v[2];
	uint8_t *first = copy_entry(txn, entries, 0, &k[0], &v[0]);
	uint8_t *second = copy_entry(txn, entries, 1, &k[1], &v[1]);
	uint8_t key[2][CACHE_KEY_SIZE];
	for (int i = 0; i < 2; i++) {
		memcpy(key[i], k[i].mv_data, CACHE_KEY_SIZE);
		k[i].mv_data = key[i];
	}
	assert_int_equal(mdb_put(txn, entries, &k[0], &v[1], 0), 0);
	assert_int_equal(mdb_put(txn, entries, &k[1], &v[0], 0), 0);
	free(first);
	free(second);
}

static void a_value_moved_does_not_open(void **state)
{
	struct cache_fixture *f = *state;
	assert_ok(cache_do(f, CACHE_PUT, "a", "x", 60));
	assert_ok(cache_do(f, CACHE_PUT, "b", "y", 60));
	change(f, swap_two);
	assert_int_equal(cache_epoch(f->cache), 1);
	assert_int_equal(cache_do(f, CACHE_GET, "a", NULL, 0), ST_NOT_FOUND);
	struct slice value;
	assert_int_equal(cache_do_value(f, CACHE_ADD, "a", "x", 60, &value), ST_EXISTS);
	assert_null(value.p);
	change(f, swap_two);
	assert_ok(cache_do(f, CACHE_GET, "a", NULL, 0));
}

static void keep_for_ever(MDB_txn *txn, MDB_dbi entries)
{
	MDB_val k, v;
	uint8_t *bytes = copy_entry(txn, entries, 0, &k, &v);
	bytes[EXPIRY_AT + 1] = 1;
	uint8_t key[CACHE_KEY_SIZE];
	memcpy(key, k.mv_data, sizeof key);
	k.mv_data = key;
	assert_int_equal(mdb_put(txn, entries, &k, &v, 0), 0);
	free(bytes);
}

static void a_file_that_keeps_things_too_long_revives_nothing(void **state)
{
	struct cache_fixture *f = *state;
	assert_ok(cache_do(f, CACHE_PUT, "k", "x", 1));
	change(f, keep_for_ever);
	assert_ok(cache_do(f, CACHE_GET, "k", NULL, 0));
	pause_ms(1050);
	assert_int_equal(cache_do(f, CACHE_GET, "k", NULL, 0), ST_NOT_FOUND);
}

static void nothing_is_in_the_clear(void **state)
{
	struct cache_fixture *f = *state;
	char path[128];
	path_of(f, "data.mdb", path);
	assert_ok(cache_do(f, CACHE_PUT, "BEARER-KEY-4711", "PRIVATE-VALUE-0815", 60));
	static char bytes[1 << 20];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, bytes, sizeof bytes);
	close(fd);
	assert_true(n > 0);
	assert_non_null(memmem(bytes, (size_t)n, "entries", 7)); /* it is the right file */
	assert_null(memmem(bytes, (size_t)n, "BEARER-KEY", 10));
	assert_null(memmem(bytes, (size_t)n, "PRIVATE-VALUE", 13));
}

/* ---- space ---------------------------------------------------------------------------------- */

static status put_numbered(struct cache_fixture *f, size_t i, int64_t expires_in_s)
{
	static uint8_t big[12000];
	AUTO_ARENA struct arena a = { 0 };
	struct cache_command c = { CACHE_PUT, CACHE_SESSION, arena_format(&a, "%zu", i),
				   slice_of(big, sizeof big), expires_in_s, 0, ST_BUG };
	return cache_submit_wait(f->cache, &c, 1, &a);
}

/* Put until the file is full, with entries that live so long that they are all there then, however
 * slow the machine is: those of a try that took too long are over before the next is full. */
static size_t fill_up(struct cache_fixture *f,
		      status (*put)(struct cache_fixture *f, size_t i, int64_t expires_in_s),
		      int64_t *ret_life_s)
{
	for (int64_t life_s = 2; life_s < 600; life_s *= 2) {
		size_t n = 0;
		int64_t until = time(NULL) + life_s / 2;
		status s = ST_OK;
		while (time(NULL) < until && (s = put(f, n, life_s)) == ST_OK)
			n++;
		if (time(NULL) >= until)
			continue;
		assert_int_equal(s, ST_UNAVAILABLE);
		*ret_life_s = life_s;
		return n;
	}
	fail_msg("the file does not get full");
	return 0;
}

static void a_full_file_is_unavailable_until_entries_end(void **state)
{
	struct cache_fixture *f = *state;
	int64_t life_s = 0;
	size_t n = fill_up(f, put_numbered, &life_s);
	assert_true(n > 1000);
	assert_int_equal(put_numbered(f, n, 60), ST_UNAVAILABLE);
	assert_int_equal(cache_ready(f->cache, NULL), ST_UNAVAILABLE);
	assert_ok(cache_do(f, CACHE_GET, "0", NULL, 0)); /* reading goes on */
	pause_ms(life_s * 1000 + 100);
	for (size_t i = 0; i < n * 9 / 10; i++) /* pages fill differently each time */
		assert_ok(put_numbered(f, n + i, 60));
	assert_ok(cache_ready(f->cache, NULL));
}

/* Many small ones, of which many must go before a page is free. */
static status put_small(struct cache_fixture *f, size_t i, int64_t expires_in_s)
{
	enum { N = 50 };
	static struct cache_command c[N];
	AUTO_ARENA struct arena a = { 0 };
	for (size_t k = 0; k < N; k++)
		c[k] = (struct cache_command){ CACHE_PUT, CACHE_SESSION,
					       arena_format(&a, "%zu-%zu", i, k), SLICE("small"),
					       expires_in_s, 0, ST_BUG };
	return cache_submit_wait(f->cache, c, N, &a);
}

static void a_file_full_of_small_entries_recovers_too(void **state)
{
	struct cache_fixture *f = *state;
	cache_free(f->cache);
	snprintf(f->backend->url, sizeof f->backend->url, "embedded:%s?mib=16", f->backend->dir);
	f->cache = open_cache(f);
	int64_t life_s = 0;
	size_t n = fill_up(f, put_small, &life_s);
	assert_true(n > 10);
	pause_ms(life_s * 1000 + 100);
	/* A few may be refused while it is emptied, as long as it is. */
	size_t refused = 0;
	for (size_t i = 0; i < n * 3 / 4; i++)
		refused += put_small(f, n + i, 60) != ST_OK;
	assert_in_range(refused, 0, 5);
}

static size_t used(struct cache_fixture *f)
{
	char path[128];
	struct stat st;
	path_of(f, "data.mdb", path);
	assert_int_equal(stat(path, &st), 0);
	return (size_t)st.st_blocks * 512;
}

static void entries_that_are_over_make_room(void **state)
{
	struct cache_fixture *f = *state;
	for (size_t i = 0; i < 500; i++)
		assert_ok(put_numbered(f, i, 1));
	size_t before = used(f);
	for (int round = 1; round < 4; round++) {
		pause_ms(1050);
		for (size_t i = 0; i < 500; i++)
			assert_ok(put_numbered(f, (size_t)round * 1000 + i, 1));
	}
	assert_true(used(f) <= before + (16 << 20)); /* it allocates 8 MiB ahead */
}

/* In a mount namespace of its own: a disk of 6 MiB under a map of 64. */
static int fill_small_disk(struct cache_fixture *f)
{
	if (unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", f->backend->dir, "tmpfs", 0, "size=6m"))
		return 77;
	f->records = open_records(f->records_dir, 1 << 20);
	f->cache = open_cache(f);
	size_t n = 0;
	status s;
	while ((s = put_numbered(f, n, 60)) == ST_OK && n < 10000)
		n++;
	bool fine = s == ST_UNAVAILABLE && n > 10 && put_numbered(f, n, 60) == ST_UNAVAILABLE;
	fine = fine && cache_do(f, CACHE_GET, "0", NULL, 0) == ST_OK;
	mount("tmpfs", f->backend->dir, "tmpfs", MS_REMOUNT, "size=60m");
	fine = fine && put_numbered(f, n, 60) == ST_OK;
	return fine ? 0 : 1;
}

static void a_full_disk_is_unavailable_not_the_end(void **state)
{
	struct cache_fixture *f = *state;
	cache_free(f->cache);
	records_free(f->records);
	f->cache = NULL;
	f->records = NULL;
	pid_t pid = fork();
	if (pid == 0)
		_exit(fill_small_disk(f));
	int result;
	assert_int_equal(waitpid(pid, &result, 0), pid);
	assert_true(WIFEXITED(result)); /* SIGBUS, before space was allocated first */
	if (WEXITSTATUS(result) == 77)
		skip(); /* nobody may mount here */
	assert_int_equal(WEXITSTATUS(result), 0);
}

/* ---- several processes ---------------------------------------------------------------------- */

static struct cache_fixture *peers_fixture; /* for the function that runs in the other process */

static void take_all(const char *dir)
{
	(void)dir;
	struct cache_fixture *f = peers_fixture;
	f->records = open_records(f->records_dir, 1 << 20);
	f->cache = open_cache(f);
	char path[128];
	path_of(f, "won", path);
	FILE *won = fopen(path, "a");
	for (int i = 0; i < 300; i++) {
		char key[16];
		snprintf(key, sizeof key, "p%d", i);
		if (cache_do(f, CACHE_TAKE, key, NULL, 0) == ST_OK)
			fprintf(won, "%s\n", key);
	}
	fclose(won);
}

static void one_of_several_processes_takes_each_value(void **state)
{
	enum { PEERS = 3, PRIZES = 300 };
	struct cache_fixture *f = *state;
	for (int i = 0; i < PRIZES; i++) {
		char key[16];
		snprintf(key, sizeof key, "p%d", i);
		assert_ok(cache_do(f, CACHE_PUT, key, "x", 60));
	}
	cache_free(f->cache);
	records_free(f->records);
	struct peer peers[PEERS];
	peers_fixture = f;
	for (int i = 0; i < PEERS; i++)
		peers[i] = start_peer(f->backend->dir, take_all);
	for (int i = 0; i < PEERS; i++)
		tell(peers[i].tell);
	for (int i = 0; i < PEERS; i++)
		hear(peers[i].hear);
	for (int i = 0; i < PEERS; i++)
		end_peer(&peers[i]);

	char path[128], line[32];
	path_of(f, "won", path);
	FILE *won = fopen(path, "r");
	bool seen[PRIZES] = { 0 };
	int n = 0;
	for (; fgets(line, sizeof line, won); n++) {
		int i = (int)strtol(line + 1, NULL, 10);
		assert_false(seen[i]);
		seen[i] = true;
	}
	fclose(won);
	assert_int_equal(n, PRIZES);
	f->records = open_records(f->records_dir, 1 << 20);
	f->cache = open_cache(f);
	/* Killed processes have cost nothing. */
	assert_int_equal(cache_epoch(f->cache), 1);
	assert_int_equal(cache_do(f, CACHE_TAKE, "p0", NULL, 0), ST_USED);
}

static void addresses_are_checked(void **state)
{
	struct cache_fixture *f = *state;
	static const struct {
		const char *url;
		status want;
	} rows[] = {
		{ "embedded:", ST_INVALID },
		{ "embedded:?mib=1", ST_INVALID },
		{ "embedded:/tmp?mib=0", ST_INVALID },
		{ "embedded:/tmp?mib=x", ST_INVALID },
		{ "embedded:/tmp?mb=1", ST_INVALID },
		{ "embedded:/nonexistent/authd", ST_NOT_FOUND },
		{ "memcached://h", ST_INVALID },
		{ "", ST_INVALID },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cache *c = NULL;
		struct error e = { 0 };
		const struct cache_options options = { rows[i].url, 100 };
		assert_int_equal(cache_open(&options, f->keys, f->records, &c, &e), rows[i].want);
		assert_null(c);
		assert_true(strlen(e.message) > 0);
	}
}

static int setup(void **state) { return cache_setup(state, &EMBEDDED); }

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, cache_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_file_of_another_start_is_thrown_away),
		TEST(a_spoilt_file_is_thrown_away),
		TEST(a_value_moved_does_not_open),
		TEST(a_file_that_keeps_things_too_long_revives_nothing),
		TEST(nothing_is_in_the_clear),
		TEST(a_full_file_is_unavailable_until_entries_end),
		TEST(a_file_full_of_small_entries_recovers_too),
		TEST(entries_that_are_over_make_room),
		TEST(a_full_disk_is_unavailable_not_the_end),
		TEST(one_of_several_processes_takes_each_value),
		TEST(addresses_are_checked),
	};
	return cmocka_run_group_tests(tests, cache_group_setup, cache_group_teardown);
}
