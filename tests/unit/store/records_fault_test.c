/* What may happen to the disk, the map and other processes under a store of records. */
#include "fixture.h"

#include "authd/store/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { VALUE_SIZE = 8000 };

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct slice big_value(void)
{
	static const uint8_t bytes[VALUE_SIZE] = { [0 ... VALUE_SIZE - 1] = 'v' };
	return slice_of(bytes, sizeof bytes);
}

/* n records, and as many audit entries, in one batch. */
static status put_many(struct records *r, const char *prefix, size_t from, size_t n)
{
	AUTO_ARENA struct arena a = { .limit = 64 << 20 };
	struct batch *b = batch_new(&a);
	for (size_t i = from; i < from + n; i++) {
		batch_put(b, TABLE_SUBJECTS, arena_format(&a, "%s-%06zu", prefix, i), VERSION_NONE,
			  big_value());
		batch_audit(b, SLICE("{\"event\":\"put\"}"));
	}
	return records_commit_wait(r, b);
}

static status put_big(struct records *r, const char *prefix, size_t i)
{
	return put_many(r, prefix, i, 1);
}

static bool count_row(void *context, struct slice key, struct record record)
{
	(void)key;
	assert_true(slice_equal(record.value, big_value()));
	++*(size_t *)context;
	return true;
}

static size_t count_prefix(struct records *r, const char *prefix)
{
	size_t n = 0;
	assert_ok(records_scan(r, TABLE_SUBJECTS, slice_str(prefix), NO_SLICE, SIZE_MAX, count_row,
			       &n));
	return n;
}

/* ---- the map -------------------------------------------------------------------------------- */

struct reader {
	pthread_t thread;
	struct records *records;
	atomic_bool *stop;
	size_t wrong, reads;
};

static void *read_on(void *argument)
{
	struct reader *reader = argument;
	for (size_t i = 0; !atomic_load(reader->stop); i++) {
		AUTO_ARENA struct arena a = { 0 };
		struct record r;
		struct slice key = arena_format(&a, "a-%06zu", i % 1000);
		status s = records_get(reader->records, TABLE_SUBJECTS, key, &a, &r);
		reader->wrong += s != ST_NOT_FOUND && (s || !slice_equal(r.value, big_value()));
		reader->reads++;
	}
	return NULL;
}

static void the_map_grows_under_readers(void **state)
{
	enum { N = 1500, READERS = 3 };
	struct fixture *f = *state; /* a map of 1 MiB, for 12 MB */
	atomic_bool stop = false;
	struct reader readers[READERS] = { 0 };
	for (size_t i = 0; i < READERS; i++) {
		readers[i].records = f->records;
		readers[i].stop = &stop;
		pthread_create(&readers[i].thread, NULL, read_on, &readers[i]);
	}
	for (size_t i = 0; i < N; i += 30)
		assert_ok(put_many(f->records, "a", i, 30));
	atomic_store(&stop, true);
	for (size_t i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		assert_int_equal(readers[i].wrong, 0);
		assert_true(readers[i].reads > 0);
	}
	assert_int_equal(count_prefix(f->records, "a-"), N);
}

static void a_batch_larger_than_the_map_is_applied(void **state)
{
	struct fixture *f = *state;
	assert_ok(put_many(f->records, "b", 0, 1500));
	assert_int_equal(count_prefix(f->records, "b-"), 1500);
}

/* ---- other processes ------------------------------------------------------------------------ */

static void fill(const char *dir)
{
	struct records *r = open_records(dir, 1 << 20);
	for (size_t i = 0; i < 500; i += 50)
		assert_ok(put_many(r, "peer", i, 50));
	records_free(r);
}

static void restart(struct fixture *f, struct peer *peer, void (*work)(const char *dir))
{
	records_free(f->records);
	*peer = start_peer(f->dir, work);
	f->records = open_records(f->dir, 1 << 20);
}

static void another_process_may_grow_the_map(void **state)
{
	struct fixture *f = *state;
	struct peer peer;
	restart(f, &peer, fill);
	assert_ok(put_big(f->records, "mine", 0));
	tell(peer.tell);
	hear(peer.hear);
	assert_int_equal(count_prefix(f->records, "peer-"), 500);
	assert_ok(put_big(f->records, "mine", 1));
	assert_int_equal(count_prefix(f->records, "mine-"), 2);
	end_peer(&peer);
}

static MDB_txn *begin_by_hand(const char *dir, unsigned flags)
{
	MDB_env *env;
	MDB_txn *txn;
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_mapsize(env, 1 << 30), 0);
	assert_int_equal(mdb_env_open(env, dir, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, flags, &txn), 0);
	return txn;
}

static void hold_the_write_lock(const char *dir) { (void)begin_by_hand(dir, 0); }
static void hold_a_snapshot(const char *dir) { (void)begin_by_hand(dir, MDB_RDONLY); }

static void a_writer_that_is_killed_frees_its_lock(void **state)
{
	struct fixture *f = *state;
	struct peer peer;
	restart(f, &peer, hold_the_write_lock);
	tell(peer.tell);
	hear(peer.hear);
	end_peer(&peer);
	int64_t start = now_ms();
	assert_ok(put_big(f->records, "a", 0));
	assert_in_range(now_ms() - start, 0, 20000);
}

static size_t file_size(struct fixture *f)
{
	char path[FILES_PATH_MAX];
	struct stat st;
	assert_ok(files_path(f->dir, "data.mdb", path));
	assert_int_equal(stat(path, &st), 0);
	return (size_t)st.st_size;
}

static void rewrite(struct fixture *f, int times)
{
	for (int i = 0; i < times; i++) {
		AUTO_ARENA struct arena a = { 0 };
		struct batch *b = batch_new(&a);
		batch_put(b, TABLE_SUBJECTS, SLICE("same"), VERSION_ANY, big_value());
		assert_ok(records_commit_wait(f->records, b));
	}
}

/* The snapshot of a dead process would keep every page that is freed after it. */
static void readers_that_died_are_cleared_at_open(void **state)
{
	struct fixture *f = *state;
	struct peer peer;
	restart(f, &peer, hold_a_snapshot);
	tell(peer.tell);
	hear(peer.hear);
	rewrite(f, 20);
	size_t held = file_size(f);
	rewrite(f, 20);
	assert_true(file_size(f) > held); /* or this test shows nothing */
	end_peer(&peer);
	records_free(f->records);
	f->records = open_records(f->dir, 1 << 20);
	rewrite(f, 10);
	held = file_size(f);
	rewrite(f, 60);
	assert_true(file_size(f) <= held + 65536);
}

/* ---- the disk ------------------------------------------------------------------------------- */

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_is_unavailable_and_recovers(void **state)
{
	struct fixture *f = *state;
	size_t n = 100;
	assert_ok(put_many(f->records, "a", 0, n));
	signal(SIGXFSZ, SIG_IGN);
	limit_file_size(file_size(f) + 65536);
	status s;
	while ((s = put_big(f->records, "a", n)) == ST_OK)
		assert_true(n++ < 1000);
	assert_int_equal(s, ST_UNAVAILABLE);
	assert_int_equal(put_big(f->records, "a", n), ST_UNAVAILABLE);
	/* Reading goes on. */
	assert_int_equal(count_prefix(f->records, "a-"), n);
	limit_file_size(RLIM_INFINITY);
	assert_ok(put_big(f->records, "a", n++));
	assert_int_equal(count_prefix(f->records, "a-"), n);
}

/* ---- backup --------------------------------------------------------------------------------- */

struct writer {
	struct records *records;
	atomic_bool stop;
	size_t written;
};

static void *write_on(void *argument)
{
	struct writer *w = argument;
	while (!atomic_load(&w->stop))
		assert_ok(put_big(w->records, "w", w->written++));
	return NULL;
}

static size_t entries_in(const char *dir)
{
	DIR *d = opendir(dir);
	assert_non_null(d);
	size_t n = 0;
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void a_backup_is_whole_while_others_write(void **state)
{
	struct fixture *f = *state;
	struct writer w = { .records = f->records };
	pthread_t thread;
	assert_ok(put_many(f->records, "a", 0, 200));
	pthread_create(&thread, NULL, write_on, &w);
	char dir[64];
	make_dir(dir);
	struct error e = { 0 };
	assert_ok(records_backup(f->records, dir, &e));
	atomic_store(&w.stop, true);
	pthread_join(thread, NULL);

	struct records *copy = open_records(dir, 1 << 20);
	assert_int_equal(count_prefix(copy, "a-"), 200);
	size_t taken = count_prefix(copy, "w-"), audited = 0;
	assert_true(taken <= w.written);
	/* Record and audit entry are of one transaction, in the copy too. */
	bool has;
	uint8_t sequence[8] = { 0 };
	do {
		audited++;
		sequence[6] = (uint8_t)(audited >> 8);
		sequence[7] = (uint8_t)audited;
		assert_ok(records_has(copy, TABLE_AUDIT, slice_of(sequence, 8), &has));
	} while (has);
	assert_int_equal(audited - 1, 200 + taken);
	assert_ok(put_big(copy, "w", 999999)); /* a store like any other */
	records_free(copy);

	assert_int_equal(records_backup(f->records, dir, &e), ST_EXISTS);
	remove_tree(dir);
	assert_int_equal(records_backup(f->records, dir, &e), ST_NOT_FOUND);
}

static void a_backup_that_fails_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	assert_ok(put_many(f->records, "a", 0, 100));
	char dir[64];
	make_dir(dir);
	signal(SIGXFSZ, SIG_IGN);
	limit_file_size(100000);
	struct error e = { 0 };
	assert_int_equal(records_backup(f->records, dir, &e), ST_UNAVAILABLE);
	limit_file_size(RLIM_INFINITY);
	assert_true(strlen(e.message) > 0);
	assert_int_equal(entries_in(dir), 0);
	assert_ok(records_backup(f->records, dir, &e));
	remove_tree(dir);
}

/* ---- opening -------------------------------------------------------------------------------- */

static status open_plain(const char *dir, bool create, struct error *e)
{
	struct records *r = NULL;
	const struct records_options options = { .dir = dir, .create = create };
	status s = records_open(&options, &r, e);
	records_free(r);
	return s;
}

static void expect_open(const char *dir, bool create, status want)
{
	struct error e = { 0 };
	assert_int_equal(open_plain(dir, create, &e), want);
	assert_int_equal(want == ST_OK, strlen(e.message) == 0);
}

static void a_store_is_made_only_when_asked_for(void **state)
{
	(void)state;
	char dir[64], path[FILES_PATH_MAX];
	make_dir(dir);
	expect_open(dir, false, ST_NOT_FOUND);
	assert_int_equal(entries_in(dir), 0);
	expect_open("/nonexistent/authd", true, ST_NOT_FOUND);
	/* What an interrupted creation left does not matter. */
	assert_ok(files_path(dir, "building", path));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_ok(files_path(dir, "building/data.mdb", path));
	close(open(path, O_CREAT | O_WRONLY, 0600));
	expect_open(dir, true, ST_OK);
	assert_int_equal(entries_in(dir), 2); /* data and lock */
	expect_open(dir, false, ST_OK);
	expect_open(dir, true, ST_OK);

	int lock;
	assert_ok(files_path(dir, "data.mdb", path));
	assert_int_equal(unlink(path), 0);
	assert_ok(files_lock_dir(dir, 0, &lock));
	expect_open(dir, true, ST_UNAVAILABLE);
	close(lock);
	remove_tree(dir);
}

static void what_is_no_store_is_refused(void **state)
{
	(void)state;
	char dir[64], path[FILES_PATH_MAX];
	make_dir(dir);
	assert_ok(files_path(dir, "data.mdb", path));
	FILE *file = fopen(path, "w");
	for (int i = 0; i < 20000; i++)
		fputs("rubbish", file);
	fclose(file);
	expect_open(dir, true, ST_CORRUPT);
	remove_tree(dir);
}

static void a_newer_format_is_refused(void **state)
{
	struct fixture *f = *state;
	struct batch *b = new_batch(f);
	batch_put(b, TABLE_META, SLICE("format"), VERSION_ANY, SLICE("2"));
	assert_ok(records_commit_wait(f->records, b));
	records_free(f->records);
	f->records = NULL;
	struct error e = { 0 };
	assert_int_equal(open_plain(f->dir, true, &e), ST_INVALID);
	assert_non_null(strstr(e.message, "newer"));
}

/* ---- the end -------------------------------------------------------------------------------- */

struct counted {
	struct op op;
	atomic_int *done;
};

static void count_up(struct op *op)
{
	assert_int_equal(op->status, ST_OK);
	atomic_fetch_add(CONTAINER_OF(op, struct counted, op)->done, 1);
}

static void freeing_waits_for_what_was_submitted(void **state)
{
	enum { N = 300 };
	struct fixture *f = *state;
	static struct counted ops[N];
	atomic_int done = 0;
	for (size_t i = 0; i < N; i++) {
		ops[i] = (struct counted){ { .done = count_up }, &done };
		struct batch *b = new_batch(f);
		batch_put(b, TABLE_SUBJECTS, arena_format(&f->arena, "n-%zu", i), VERSION_NONE,
			  big_value());
		records_commit(f->records, b, &ops[i].op);
	}
	records_free(f->records);
	assert_int_equal(atomic_load(&done), N);
	f->records = open_records(f->dir, 1 << 20);
	assert_int_equal(count_prefix(f->records, "n-"), N);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_map_grows_under_readers),
		TEST(a_batch_larger_than_the_map_is_applied),
		TEST(another_process_may_grow_the_map),
		TEST(a_writer_that_is_killed_frees_its_lock),
		TEST(readers_that_died_are_cleared_at_open),
		TEST(a_full_disk_is_unavailable_and_recovers),
		TEST(a_backup_is_whole_while_others_write),
		TEST(a_backup_that_fails_leaves_nothing),
		cmocka_unit_test(a_store_is_made_only_when_asked_for),
		cmocka_unit_test(what_is_no_store_is_refused),
		TEST(a_newer_format_is_refused),
		TEST(freeing_waits_for_what_was_submitted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
