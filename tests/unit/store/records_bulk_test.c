/* Filling a fresh store: in any order, more than the memory for sorting, whole or not at all. */
#include "fixture.h"

#include "authd/store/records_bulk.h"
#include "authd/store/sorter.h"

#include "keys/seal.h"
#include "libauth/base/encode.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

struct state {
	char dir[64];
	struct arena arena;
	struct records_bulk_part *part; /* of the build that was opened last */
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
	assert_ok(records_bulk_part_new(b, &t->part));
	return b;
}

static void end_part(struct state *t)
{
	assert_ok(records_bulk_part_end(t->part));
	records_bulk_part_free(TAKE(t->part));
}

static status finish(struct state *t, struct records_bulk *b, struct error *e)
{
	end_part(t);
	return records_bulk_finish(b, e);
}

/* Given up. */
static void drop(struct state *t, struct records_bulk *b)
{
	records_bulk_part_free(TAKE(t->part));
	records_bulk_free(b);
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

static void fill(struct records_bulk *b, struct records_bulk_part *p)
{
	for (size_t i = 0; i < N; i++) {
		AUTO_ARENA struct arena a = { 0 };
		size_t n = shuffled(i, N);
		struct slice key = arena_format(&a, "subject-%08zu", n);
		assert_ok(records_bulk_put(p, TABLE_SUBJECTS, key, value_of(&a, n)));
		assert_ok(records_bulk_link(p, INDEX_IDENTIFIER,
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
	fill(b, t->part);
	struct error e = { 0 };
	assert_ok(finish(t, b, &e));
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
	assert_ok(finish(t, b, NULL));
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
					  records_bulk_link(t->part, INDEX_LOGIN_NAME, key, target) :
					  records_bulk_put(t->part, TABLE_CLIENTS, key, target));
		}
		struct error e = { 0 };
		assert_int_equal(finish(t, b, &e), rows[i].want);
		records_bulk_free(b);
		if (rows[i].want == ST_OK)
			continue;
		assert_non_null(strstr(e.message, rows[i].index ? "login-name" : "clients"));
		expect_nothing_left(t);
	}
}

/* ---- refusals ------------------------------------------------------------------------------- */

struct refused {
	uint64_t rows[8];
	enum index why[8];
	size_t n;
};

static status note_refused(void *context, uint64_t row, enum index i)
{
	struct refused *r = context;
	assert_true(r->n < COUNT_OF(r->rows));
	r->rows[r->n] = row;
	r->why[r->n++] = i;
	return ST_OK;
}

static void add_row(struct records_bulk_part *p, uint64_t row, const char *number, const char *login)
{
	char id[8];
	snprintf(id, sizeof id, "id%03d", (int)(row * 37 % 101)); /* not in the order of rows */
	records_bulk_row(p, row);
	assert_ok(records_bulk_put(p, TABLE_SUBJECTS, slice_str(id), slice_str(id)));
	assert_ok(records_bulk_link(p, INDEX_IDENTIFIER, slice_str(number), slice_str(id)));
	assert_ok(records_bulk_link(p, INDEX_LOGIN_NAME, slice_str(login), slice_str(id)));
}

static bool count_row(void *context, struct slice key, struct record record)
{
	(void)key, (void)record;
	++*(size_t *)context;
	return true;
}

/* Whole: neither its record nor its other entries are there. In whatever order and part they come,
 * the first row has the key. */
static void rows_that_come_second_are_refused(void **state)
{
	struct state *t = *state;
	struct refused seen = { .n = 0 };
	const struct records_bulk_options options = {
		.dir = t->dir, .memory = 1, .parts = 2, .refused = note_refused, .context = &seen
	};
	AUTO(records_bulk) struct records_bulk *b = NULL;
	struct records_bulk_part *parts[2];
	assert_ok(records_bulk_open(&options, &b, NULL));
	for (size_t k = 0; k < 2; k++)
		assert_ok(records_bulk_part_new(b, &parts[k]));
	add_row(parts[0], 70, "n1", "l70"); /* the number is row 5's, and row 9 has it too */
	add_row(parts[1], 9, "n1", "l9");
	add_row(parts[0], 5, "n1", "l5");
	add_row(parts[1], 12, "n12", "l5"); /* the name is row 5's */
	add_row(parts[0], 13, "n13", "l9"); /* the name was that of a refused row: refused, too */
	add_row(parts[1], 14, "n14", "l14");
	for (size_t k = 0; k < 2; k++) {
		assert_ok(records_bulk_part_end(parts[k]));
		records_bulk_part_free(parts[k]);
	}
	assert_ok(records_bulk_merge(b, NULL));
	assert_ok(records_bulk_audit(b, SLICE("{\"event\":\"import\"}")));
	assert_ok(records_bulk_finish(b, NULL));

	static const struct {
		uint64_t row;
		enum index why;
	} want[] = {
		{ 9, INDEX_IDENTIFIER },
		{ 12, INDEX_LOGIN_NAME },
		{ 13, INDEX_LOGIN_NAME },
		{ 70, INDEX_IDENTIFIER },
	};
	assert_int_equal(seen.n, COUNT_OF(want));
	for (size_t k = 0; k < COUNT_OF(want); k++) {
		assert_int_equal(seen.rows[k], want[k].row);
		assert_int_equal(seen.why[k], want[k].why);
	}
	struct records *r = open_records(t->dir, 1 << 20);
	size_t subjects = 0, numbers = 0, names = 0, entries = 0;
	assert_ok(records_scan(r, TABLE_SUBJECTS, NO_SLICE, NO_SLICE, 99, count_row, &subjects));
	assert_ok(records_scan(r, TABLE_AUDIT, NO_SLICE, NO_SLICE, 99, count_row, &entries));
	assert_ok(records_scan_index(r, INDEX_IDENTIFIER, NO_SLICE, NO_SLICE, 99, count_row,
				     &numbers));
	assert_ok(records_scan_index(r, INDEX_LOGIN_NAME, NO_SLICE, NO_SLICE, 99, count_row, &names));
	assert_int_equal(subjects, 2); /* 5 and 14 */
	assert_int_equal(numbers, 2);
	assert_int_equal(names, 2);
	assert_int_equal(entries, 1);
	struct slice id;
	assert_ok(records_find(r, INDEX_IDENTIFIER, SLICE("n1"), &t->arena, &id));
	assert_true(slice_is(id, "id084"));
	records_free(r);
}

enum { THREADS = 4, EACH = 20000 };

struct filling {
	struct records_bulk *bulk;
	size_t first;
	status result;
};

static status fill_some(const struct filling *f)
{
	AUTO(records_bulk_part) struct records_bulk_part *part = NULL;
	TRY(records_bulk_part_new(f->bulk, &part));
	for (size_t i = f->first; i < f->first + EACH; i++) {
		AUTO_ARENA struct arena a = { 0 };
		size_t n = shuffled(i, (size_t)THREADS * EACH);
		struct slice key = arena_format(&a, "subject-%08zu", n);
		records_bulk_row(part, i + 1);
		TRY(records_bulk_put(part, TABLE_SUBJECTS, key, value_of(&a, n)));
		TRY(records_bulk_link(part, INDEX_IDENTIFIER, key, key));
	}
	return records_bulk_part_end(part);
}

static void *fill_in_thread(void *argument)
{
	struct filling *f = argument;
	f->result = fill_some(f);
	return NULL;
}

static void threads_fill_at_once(void **state)
{
	struct state *t = *state;
	const struct records_bulk_options options = { .dir = t->dir, .memory = 1, .parts = THREADS };
	AUTO(records_bulk) struct records_bulk *b = NULL;
	pthread_t threads[THREADS];
	struct filling filling[THREADS];
	assert_ok(records_bulk_open(&options, &b, NULL));
	for (size_t k = 0; k < THREADS; k++) {
		filling[k] = (struct filling){ .bulk = b, .first = k * EACH };
		assert_int_equal(pthread_create(&threads[k], NULL, fill_in_thread, &filling[k]), 0);
	}
	for (size_t k = 0; k < THREADS; k++) {
		pthread_join(threads[k], NULL);
		assert_ok(filling[k].result);
	}
	assert_ok(records_bulk_finish(b, NULL));
	struct records *r = open_records(t->dir, 1 << 20);
	struct check c = { 0 };
	assert_ok(records_scan(r, TABLE_SUBJECTS, NO_SLICE, NO_SLICE, SIZE_MAX, check_subject, &c));
	assert_int_equal(c.n, THREADS * EACH);
	arena_done(&c.arena);
	records_free(r);
}

static status stop(void *context, uint64_t row, enum index i)
{
	(void)context, (void)row, (void)i;
	return ST_IO;
}

static void who_is_told_of_refusals_may_stop_it(void **state)
{
	struct state *t = *state;
	const struct records_bulk_options options = { .dir = t->dir, .memory = 1, .refused = stop };
	struct records_bulk *b = NULL;
	assert_ok(records_bulk_open(&options, &b, NULL));
	assert_ok(records_bulk_part_new(b, &t->part));
	add_row(t->part, 1, "n", "l1");
	add_row(t->part, 2, "n", "l2");
	assert_true(is_fault(finish(t, b, NULL)));
	records_bulk_free(b);
	expect_nothing_left(t);
}

static void a_part_that_has_not_ended_is_missed(void **state)
{
	struct state *t = *state;
	struct records_bulk *b = open_bulk(t);
	add_row(t->part, 1, "n", "l");
	assert_true(is_fault(records_bulk_finish(b, NULL)));
	drop(t, b);
	expect_nothing_left(t);
	b = open_bulk(t);
	add_row(t->part, 1, "n", "l");
	records_bulk_part_free(TAKE(t->part));
	assert_true(is_fault(records_bulk_finish(b, NULL)));
	records_bulk_free(b);
	expect_nothing_left(t);
}

/* ---- what cuts it short --------------------------------------------------------------------- */

static void an_unfinished_build_leaves_nothing(void **state)
{
	struct state *t = *state;
	struct records_bulk *b = open_bulk(t);
	fill(b, t->part);
	drop(t, b);
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
	assert_ok(finish(t, b, NULL));
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
	struct records_bulk *b = open_bulk(&t);
	fill(b, t.part);
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
	assert_ok(finish(t, b, NULL));
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
	fill(b, t->part);
	end_part(t);
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
		s = records_bulk_put(t->part, TABLE_SUBJECTS, arena_format(&a, "%zu", i),
				     value_of(&a, 399));
	}
	assert_true(is_fault(s));
	limit_file_size(RLIM_INFINITY);
	/* An entry is missing: this build can no longer be finished. */
	assert_true(is_fault(records_bulk_part_end(t->part)));
	records_bulk_part_free(TAKE(t->part));
	assert_true(is_fault(records_bulk_finish(b, &e)));
	records_bulk_free(b);
	expect_nothing_left(t);
}

static void sizes_are_checked(void **state)
{
	struct state *t = *state;
	static uint8_t big[RECORD_VALUE_MAX + 1];
	AUTO(records_bulk) struct records_bulk *b = open_bulk(t);
	struct records_bulk_part *p = t->part;
	struct slice k = SLICE("k"), v = SLICE("v");
	assert_int_equal(records_bulk_put(p, TABLE_CLIENTS, NO_SLICE, v), ST_INVALID);
	assert_int_equal(records_bulk_put(p, TABLE_AUDIT, k, v), ST_INVALID);
	assert_int_equal(records_bulk_put(p, TABLE_COUNT, k, v), ST_INVALID);
	assert_int_equal(records_bulk_put(p, TABLE_CLIENTS, slice_of(big, RECORD_KEY_MAX + 1), v),
			 ST_TOO_LARGE);
	assert_int_equal(records_bulk_put(p, TABLE_CLIENTS, k, slice_of(big, sizeof big)),
			 ST_TOO_LARGE);
	assert_int_equal(records_bulk_link(p, INDEX_COUNT, k, v), ST_INVALID);
	assert_int_equal(records_bulk_link(p, INDEX_LOGIN_NAME, k, NO_SLICE), ST_INVALID);
	assert_int_equal(records_bulk_audit(b, SLICE("not an object")), ST_INVALID);
	/* None of these was taken, and none is missing. */
	assert_ok(records_bulk_put(p, TABLE_CLIENTS, slice_of(big, RECORD_KEY_MAX),
				   slice_of(big, RECORD_VALUE_MAX)));
	assert_ok(finish(t, b, NULL));
}

static void expect_sorted(struct sorter *s, size_t want)
{
	AUTO_MEM bool *seen = calloc(want, sizeof *seen);
	uint8_t last[24];
	size_t last_n = 0, count = 0;
	struct slice key, value;
	status st;
	assert_ok(sorter_start(s, 0));
	while ((st = sorter_next(s, &key, &value)) == ST_OK) {
		uint32_t i;
		memcpy(&i, value.p, sizeof i);
		assert_true(i < want && !seen[i]);
		seen[i] = true;
		assert_true(slice_compare(slice_of(last, last_n), key) <= 0);
		memcpy(last, key.p, key.n);
		last_n = key.n;
		count++;
	}
	assert_int_equal(st, ST_NOT_FOUND);
	assert_int_equal(count, want);
}

/* Keys of which one begins another, equal keys and prefixes; from two parts, and more than once. */
static void the_sorter_sorts(void **state)
{
	struct state *t = *state;
	char path[96];
	snprintf(path, sizeof path, "%s/runs", t->dir);
	AUTO(sorter) struct sorter *s = NULL;
	struct sorter_part *parts[2] = { NULL };
	assert_ok(sorter_new(path, &s));
	for (size_t k = 0; k < 2; k++)
		assert_ok(sorter_part_new(s, 0, &parts[k]));
	enum { MANY = 200000 };
	uint32_t x = 1;
	for (uint32_t i = 0; i < MANY; i++) {
		uint8_t key[24];
		x = x * 1664525 + 1013904223;
		size_t n = x >> 28; /* 0..15 bytes, of a small alphabet */
		for (size_t k = 0; k < n; k++)
			key[k] = (uint8_t)((x >> (k % 24)) & 3);
		assert_ok(sorter_add(parts[i % 3 == 0], slice_of(key, n), slice_of(&i, sizeof i),
				     NO_SLICE));
	}
	for (size_t k = 0; k < 2; k++) {
		assert_ok(sorter_part_end(parts[k]));
		sorter_part_free(parts[k]);
	}
	assert_int_equal(sorter_count(s), MANY);
	expect_sorted(s, MANY);
	expect_sorted(s, MANY);
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
		TEST(rows_that_come_second_are_refused),
		TEST(threads_fill_at_once),
		TEST(who_is_told_of_refusals_may_stop_it),
		TEST(a_part_that_has_not_ended_is_missed),
		TEST(an_unfinished_build_leaves_nothing),
		TEST(one_builder_at_a_time),
		TEST(a_killed_build_is_cleared_away),
		TEST(a_full_disk_leaves_nothing),
		TEST(sizes_are_checked),
		TEST(the_sorter_sorts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
