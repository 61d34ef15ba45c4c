/*
 * A disk that fails: each call by which LMDB writes is made to fail in its turn. What failed is not
 * acknowledged, what was acknowledged stays, and the store goes on when the disk does.
 *
 * The three functions below stand before the C library's for LMDB as well.
 */
#include "fixture.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <lmdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { PERSISTENT = 1000, ROUNDS = 12 };

static struct {
	atomic_int passes; /* calls that still succeed */
	atomic_int fails;  /* how many fail then */
	atomic_int failed;
	atomic_int reason; /* errno; 0: the disk is well */
} disk;

static bool fails_now(void)
{
	int reason = atomic_load(&disk.reason);
	if (!reason || atomic_fetch_sub(&disk.passes, 1) > 0 || atomic_fetch_sub(&disk.fails, 1) <= 0)
		return false;
	atomic_fetch_add(&disk.failed, 1);
	errno = reason;
	return true;
}

#define SEEN_BY_LMDB __attribute__((visibility("default")))

/* Our own calls of pwrite() are named pwrite64: LMDB's are not. */
SEEN_BY_LMDB ssize_t pwrite_of_lmdb(int fd, const void *p, size_t n, off_t at) __asm__("pwrite");
ssize_t pwrite_of_lmdb(int fd, const void *p, size_t n, off_t at)
{
	return fails_now() ? -1 : syscall(SYS_pwrite64, fd, p, n, at);
}

SEEN_BY_LMDB ssize_t writev(int fd, const struct iovec *parts, int n)
{
	return fails_now() ? -1 : syscall(SYS_writev, fd, parts, n);
}

SEEN_BY_LMDB int fdatasync(int fd)
{
	return fails_now() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

static void disk_breaks(int reason, int passes, int fails)
{
	atomic_store(&disk.failed, 0);
	atomic_store(&disk.passes, passes);
	atomic_store(&disk.fails, fails);
	atomic_store(&disk.reason, reason);
}

static int disk_heals(void)
{
	atomic_store(&disk.reason, 0);
	return atomic_load(&disk.failed);
}

static status put(struct records *r, const char *prefix, int i)
{
	static const uint8_t value[6000];
	AUTO_ARENA struct arena a = { 0 };
	struct batch *b = batch_new(&a);
	batch_put(b, TABLE_SUBJECTS, arena_format(&a, "%s-%04d", prefix, i), VERSION_NONE,
	          slice_of(value, sizeof value));
	batch_audit(b, SLICE("{\"event\":\"put\"}"));
	return records_commit_wait(r, b);
}

static bool is_there(struct records *r, const char *prefix, int i)
{
	AUTO_ARENA struct arena a = { 0 };
	struct record found;
	struct slice key = arena_format(&a, "%s-%04d", prefix, i);
	status s = records_get(r, TABLE_SUBJECTS, key, &a, &found);
	assert_true(s == ST_OK || s == ST_NOT_FOUND);
	return s == ST_OK;
}

/* Everything acknowledged is there; once more after the store was closed. */
static void assert_all_there(struct fixture *f, const int reasons[], size_t reasons_n)
{
	for (int again = 0; again < 2; again++) {
		for (size_t k = 0; k < reasons_n; k++)
			for (int i = 0; i < ROUNDS; i++)
				assert_true(is_there(f->records, strerrorname_np(reasons[k]), i));
		records_free(f->records);
		f->records = open_records(f->dir, 1 << 20);
	}
}

/* The n-th call fails, `fails` times in all. How often it failed at all. */
static int fail_at(struct fixture *f, int reason, int n, int fails)
{
	char lost[40];
	snprintf(lost, sizeof lost, "lost-%d-%d", reason, fails);
	disk_breaks(reason, n, fails);
	status s = put(f->records, lost, n);
	if (n)
		assert_true(is_there(f->records, strerrorname_np(reason), n - 1)); /* reading goes on */
	int failed = disk_heals();
	assert_int_equal(s, failed ? ST_UNAVAILABLE : ST_OK);
	if (!failed)
		assert_true(is_there(f->records, lost, n));
	return failed;
}

static void what_failed_is_not_acknowledged(void **state)
{
	static const int reasons[] = { EIO, ENOSPC, EROFS };
	struct fixture *f = *state;
	int failed = 0;
	for (size_t k = 0; k < COUNT_OF(reasons); k++)
		for (int n = 0; n < ROUNDS; n++) {
			failed += fail_at(f, reasons[k], n, 1) > 0;
			failed += fail_at(f, reasons[k], n, PERSISTENT) > 0;
			assert_ok(put(f->records, strerrorname_np(reasons[k]), n));
		}
	assert_true(failed >= 3 * 2 * 3); /* a write, a sync and the page that says where all is */
	assert_all_there(f, reasons, COUNT_OF(reasons));
}

/* ---- a process that holds the lock of writers and does not move ------------------------------ */

static void hold_the_write_lock(const char *dir)
{
	MDB_env *env;
	MDB_txn *txn;
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_open(env, dir, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
}

static void *put_one(void *argument)
{
	struct fixture *f = argument;
	return (void *)(intptr_t)put(f->records, "waits", 0);
}

/* Writing waits for it; reading does not. When it is gone, what waited is done. */
static void a_stopped_writer_keeps_nobody_from_reading(void **state)
{
	struct fixture *f = *state;
	records_free(f->records);
	struct peer peer = start_peer(f->dir, hold_the_write_lock);
	f->records = open_records(f->dir, 1 << 20);
	assert_ok(put(f->records, "before", 0));
	tell(peer.tell);
	hear(peer.hear);
	assert_int_equal(kill(peer.pid, SIGSTOP), 0);
	pthread_t writer;
	assert_int_equal(pthread_create(&writer, NULL, put_one, f), 0);
	for (int i = 0; i < 20; i++) {
		assert_true(is_there(f->records, "before", 0));
		assert_false(is_there(f->records, "waits", 0));
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	end_peer(&peer);
	void *outcome;
	assert_int_equal(pthread_join(writer, &outcome), 0);
	assert_int_equal((intptr_t)outcome, ST_OK);
	assert_true(is_there(f->records, "waits", 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_failed_is_not_acknowledged),
		TEST(a_stopped_writer_keeps_nobody_from_reading),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
