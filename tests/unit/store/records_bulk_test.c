/* Filling a fresh store: in any order, more than the memory for sorting, whole or not at all. */
#include "fixture.h"

#include "authd/store/records_bulk.h"
#include "authd/store/sorter.h"

#include "keys/seal.h"
#include "libauth/base/encode.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

struct state {
	char dir[64];
	struct arena arena;
};

static struct records_bulk *open_bulk(struct state *t)
{
	const struct records_bulk_options options = { .dir = t->dir, .memory = 1 };
	struct records_bulk *b = NULL;
	struct error e = { 0 };
	status s = records_bulk_open(&options, &b, &e);
	if (s)
		print_error("%s\n", e.message);
	assert_ok(s);
	return b;
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

/* A permutation of 0..n-1, n prime to 7919. */
static size_t shuffled(size_t i, size_t n) { return i * 7919 % n; }

static struct slice value_of(struct arena *a, size_t i)
{
	char *p = arena_alloc(a, 400);
	assert_non_null(p);
	memset(p, 'a' + (int)(i % 26), 400);
	return slice_of(p, i % 400);
}

enum { N = 40000 }; /* some 17 MB, with 4 MiB to sort them in */

static void fill(struct records_bulk *b)
{
	for (size_t i = 0; i < N; i++) {
		AUTO_ARENA struct arena a = { 0 };
		size_t n = shuffled(i, N);
		struct slice key = arena_format(&a, "subject-%08zu", n);
		assert_ok(records_bulk_put(b, TABLE_SUBJECTS, key, value_of(&a, n)));
		assert_ok(records_bulk_link(b, INDEX_IDENTIFIER,
					    arena_format(&a, "%08zx", n * 2654435761u % 4294967296u),
					    key));
		if (n % 100 == 0)
			assert_ok(records_bulk_audit(b, SLICE("{\"event\":\"import\"}")));
	}
}

struct check {
	struct arena arena;
	size_t n;
	char prev[65];
};

static bool check_subject(void *context, struct slice key, struct record record)
{
	struct check *c = context;
	arena_reset(&c->arena);
	assert_true(slice_equal(key, arena_format(&c->arena, "subject-%08zu", c->n)));
	assert_true(slice_equal(record.value, value_of(&c->arena, c->n)));
	assert_int_equal(record.version, 1);
	c->n++;
	return true;
}

static bool check_audit(void *context, struct slice key, struct record record)
{
	struct check *c = context;
	(void)key;
	assert_non_null(memmem(record.value.p, record.value.n, c->prev, 64));
	uint8_t hash[32];
	assert_ok(sha256(record.value, hash));
	AUTO_BUF struct buf hex = { 0 };
	buf_put_hex(&hex, slice_of(hash, 32));
	memcpy(c->prev, hex.p, 64);
	c->n++;
	return true;
}

static void a_store_is_filled_in_any_order(void **state)
{
	struct state *t = *state;
	AUTO(records_bulk) struct records_bulk *b = open_bulk(t);
	fill(b);
	struct error e = { 0 };
	assert_ok(records_bulk_finish(b, &e));
	records_bulk_free(TAKE(b));
	assert_int_equal(entries_in(t->dir), 1);

	struct records *r = open_records(t->dir, 1 << 20);
	struct check c = { 0 };
	assert_ok(records_scan(r, TABLE_SUBJECTS, NO_SLICE, NO_SLICE, SIZE_MAX, check_subject, &c));
	assert_int_equal(c.n, N);
	for (size_t i = 0; i < N; i += 37) {
		AUTO_ARENA struct arena a = { 0 };
		struct slice key;
		assert_ok(records_find(r, INDEX_IDENTIFIER,
				       arena_format(&a, "%08zx", i * 2654435761u % 4294967296u), &a,
				       &key));
		assert_true(slice_equal(key, arena_format(&a, "subject-%08zu", i)));
	}
	/* It is a store like any other: written to, and its chain goes on. */
	struct batch *batch = batch_new(&t->arena);
	batch_put(batch, TABLE_SUBJECTS, SLICE("subject-00000007"), 1, SLICE("new"));
	batch_audit(batch, SLICE("{\"event\":\"later\"}"));
	assert_ok(records_commit_wait(r, batch));
	c.n = 0;
	memset(c.prev, '0', 64);
	assert_ok(records_scan(r, TABLE_AUDIT, NO_SLICE, NO_SLICE, SIZE_MAX, check_audit, &c));
	assert_int_equal(c.n, N / 100 + 1);
	arena_done(&c.arena);
	records_free(r);
}

static void an_empty_store_can_be_built(void **state)
{
	struct state *t = *state;
	AUTO(records_bulk) struct records_bulk *b = open_bulk(t);
	assert_ok(records_bulk_finish(b, NULL));
	assert_true(is_fault(records_bulk_finish(b, NULL))); /* once */
	records_bulk_free(TAKE(b));
	records_free(open_records(t->dir, 1 << 20));
}

static void expect_nothing_left(struct state *t)
{
	assert_int_equal(entries_in(t->dir), 0);
	struct records *r = NULL;
	const struct records_options options = { .dir = t->dir };
	assert_int_equal(records_open(&options, &r, NULL), ST_NOT_FOUND);
}

static void a_key_comes_once(void **state)
{
	struct state *t = *state;
	static const struct {
		bool index;
		const char *target;
		status want;
	} rows[] = {
		{ false, "one", ST_EXISTS }, /* a record, even the same */
		{ true, "two", ST_EXISTS },  /* an index entry that leads elsewhere */
		{ true, "one", ST_OK },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct records_bulk *b = open_bulk(t);
		const char *targets[] = { "one", rows[i].target };
		for (size_t k = 0; k < 2; k++) {
			struct slice key = SLICE("k"), target = slice_str(targets[k]);
			assert_ok(rows[i].index ?
					  records_bulk_link(b, INDEX_LOGIN_NAME, key, target) :
					  records_bulk_put(b, TABLE_CLIENTS, key, target));
		}
		struct error e = { 0 };
		assert_int_equal(records_bulk_finish(b, &e), rows[i].want);
		records_bulk_free(b);
		if (rows[i].want == ST_OK)
			continue;
		assert_non_null(strstr(e.message, rows[i].index ? "login-name" : "clients"));
		expect_nothing_left(t);
	}
}

static void an_unfinished_build_leaves_nothing(void **state)
{
	struct state *t = *state;
	struct records_bulk *b = open_bulk(t);
	fill(b);
	records_bulk_free(b);
	expect_nothing_left(t);
}

static void one_builder_at_a_time(void **state)
{
	struct state *t = *state;
	struct records_bulk *b = open_bulk(t), *other = NULL;
	const struct records_bulk_options options = { .dir = t->dir };
	struct error e = { 0 };
	assert_int_equal(records_bulk_open(&options, &other, &e), ST_BUSY);
	assert_true(strlen(e.message) > 0);
	struct records *r = NULL;
	const struct records_options create = { .dir = t->dir, .create = true };
	assert_int_equal(records_open(&create, &r, NULL), ST_UNAVAILABLE);
	assert_ok(records_bulk_finish(b, NULL));
	records_bulk_free(b);
	assert_int_equal(records_bulk_open(&options, &other, &e), ST_EXISTS);
	const struct records_bulk_options nowhere = { .dir = "/nonexistent/authd" };
	assert_int_equal(records_bulk_open(&nowhere, &other, &e), ST_NOT_FOUND);
}

/* What a killed one has left. */
static void start_and_wait(const char *dir)
{
	struct state t = { 0 };
	snprintf(t.dir, sizeof t.dir, "%s", dir);
	fill(open_bulk(&t));
}

static void a_killed_build_is_cleared_away(void **state)
{
	struct state *t = *state;
	struct peer peer = start_peer(t->dir, start_and_wait);
	tell(peer.tell);
	hear(peer.hear);
	end_peer(&peer);
	assert_int_equal(entries_in(t->dir), 1);
	struct records_bulk *b = open_bulk(t);
	assert_ok(records_bulk_finish(b, NULL));
	records_bulk_free(b);
	assert_int_equal(entries_in(t->dir), 1);
}

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_leaves_nothing(void **state)
{
	struct state *t = *state;
	signal(SIGXFSZ, SIG_IGN);
	/* Full while it is merged. */
	struct records_bulk *b = open_bulk(t);
	fill(b);
	limit_file_size(4 << 20);
	struct error e = { 0 };
	assert_true(is_fault(records_bulk_finish(b, &e)));
	assert_true(strlen(e.message) > 0);
	records_bulk_free(b);
	expect_nothing_left(t);
	/* Full while runs are spilled. */
	b = open_bulk(t);
	status s = ST_OK;
	for (size_t i = 0; i < N && !s; i++) {
		AUTO_ARENA struct arena a = { 0 };
		s = records_bulk_put(b, TABLE_SUBJECTS, arena_format(&a, "%zu", i),
				     value_of(&a, 399));
	}
	assert_true(is_fault(s));
	limit_file_size(RLIM_INFINITY);
	/* An entry is missing: this build can no longer be finished. */
	assert_true(is_fault(records_bulk_finish(b, &e)));
	records_bulk_free(b);
	expect_nothing_left(t);
}

static void sizes_are_checked(void **state)
{
	struct state *t = *state;
	static uint8_t big[RECORD_VALUE_MAX + 1];
	AUTO(records_bulk) struct records_bulk *b = open_bulk(t);
	struct slice k = SLICE("k"), v = SLICE("v");
	assert_int_equal(records_bulk_put(b, TABLE_CLIENTS, NO_SLICE, v), ST_INVALID);
	assert_int_equal(records_bulk_put(b, TABLE_AUDIT, k, v), ST_INVALID);
	assert_int_equal(records_bulk_put(b, TABLE_COUNT, k, v), ST_INVALID);
	assert_int_equal(records_bulk_put(b, TABLE_CLIENTS, slice_of(big, RECORD_KEY_MAX + 1), v),
			 ST_TOO_LARGE);
	assert_int_equal(records_bulk_put(b, TABLE_CLIENTS, k, slice_of(big, sizeof big)),
			 ST_TOO_LARGE);
	assert_int_equal(records_bulk_link(b, INDEX_COUNT, k, v), ST_INVALID);
	assert_int_equal(records_bulk_link(b, INDEX_LOGIN_NAME, k, NO_SLICE), ST_INVALID);
	assert_int_equal(records_bulk_audit(b, SLICE("not an object")), ST_INVALID);
	/* None of these was taken, and none is missing. */
	assert_ok(records_bulk_put(b, TABLE_CLIENTS, slice_of(big, RECORD_KEY_MAX),
				   slice_of(big, RECORD_VALUE_MAX)));
	assert_ok(records_bulk_finish(b, NULL));
}

/* Keys of which one begins another, equal prefixes, and an order that must be kept. */
static void the_sorter_sorts(void **state)
{
	struct state *t = *state;
	char path[96];
	snprintf(path, sizeof path, "%s/runs", t->dir);
	AUTO(sorter) struct sorter *s = NULL;
	assert_ok(sorter_new(path, 0, &s));
	enum { MANY = 200000 };
	uint32_t x = 1;
	for (uint32_t i = 0; i < MANY; i++) {
		uint8_t key[24];
		x = x * 1664525 + 1013904223;
		size_t n = x >> 28; /* 0..15 bytes, of a small alphabet */
		for (size_t k = 0; k < n; k++)
			key[k] = (uint8_t)((x >> (k % 24)) & 3);
		assert_ok(sorter_add(s, slice_of(key, n), slice_of(&i, sizeof i), NO_SLICE));
	}
	assert_int_equal(sorter_count(s), MANY);
	assert_ok(sorter_start(s));
	uint8_t last[24];
	size_t last_n = 0, count = 0;
	uint32_t last_i = 0;
	struct slice key, value;
	status st;
	while ((st = sorter_next(s, &key, &value)) == ST_OK) {
		uint32_t i;
		memcpy(&i, value.p, sizeof i);
		int order = slice_compare(slice_of(last, last_n), key);
		assert_true(count == 0 || order < 0 || (order == 0 && last_i < i));
		memcpy(last, key.p, key.n);
		last_n = key.n;
		last_i = i;
		count++;
	}
	assert_int_equal(st, ST_NOT_FOUND);
	assert_int_equal(count, MANY);
}

static int setup(void **state)
{
	struct state *t = calloc(1, sizeof *t);
	make_dir(t->dir);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct state *t = *state;
	remove_tree(t->dir);
	arena_done(&t->arena);
	free(t);
	return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_store_is_filled_in_any_order),
		TEST(an_empty_store_can_be_built),
		TEST(a_key_comes_once),
		TEST(an_unfinished_build_leaves_nothing),
		TEST(one_builder_at_a_time),
		TEST(a_killed_build_is_cleared_away),
		TEST(a_full_disk_leaves_nothing),
		TEST(sizes_are_checked),
		TEST(the_sorter_sorts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
