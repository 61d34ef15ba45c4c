/* The contract of records, on every backend that there is: LMDB. */
#include "fixture.h"

#include "keys/seal.h"
#include "libauth/base/encode.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static status put(struct fixture *f, const char *key, uint64_t expected, const char *value)
{
	struct batch *b = new_batch(f);
	batch_put(b, TABLE_GRANTS, slice_str(key), expected, slice_str(value));
	return records_commit_wait(f->records, b);
}

static struct record get(struct fixture *f, const char *key)
{
	struct record r = { 0 };
	assert_ok(records_get(f->records, TABLE_GRANTS, slice_str(key), &f->arena, &r));
	return r;
}

static status lookup(struct fixture *f, const char *key)
{
	struct record r;
	return records_get(f->records, TABLE_GRANTS, slice_str(key), &f->arena, &r);
}

static void versions_grow_by_one_from_one(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(lookup(f, "a"), ST_NOT_FOUND);
	assert_ok(put(f, "a", VERSION_NONE, "one"));
	assert_int_equal(get(f, "a").version, 1);
	assert_ok(put(f, "a", 1, "two"));
	assert_ok(put(f, "a", VERSION_ANY, "three"));
	struct record r = get(f, "a");
	assert_int_equal(r.version, 3);
	assert_slice(r.value, "three");

	assert_ok(put(f, "empty", VERSION_NONE, ""));
	assert_int_equal(get(f, "empty").value.n, 0);
	assert_non_null(get(f, "empty").value.p);
}

static void another_version_is_a_conflict(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(put(f, "a", 1, "x"), ST_CONFLICT);
	assert_ok(put(f, "a", VERSION_NONE, "one"));
	assert_int_equal(put(f, "a", VERSION_NONE, "x"), ST_CONFLICT);
	assert_int_equal(put(f, "a", 2, "x"), ST_CONFLICT);
	assert_slice(get(f, "a").value, "one");

	struct batch *b = new_batch(f);
	batch_delete(b, TABLE_GRANTS, SLICE("a"), 2);
	assert_int_equal(records_commit_wait(f->records, b), ST_CONFLICT);
	b = new_batch(f);
	batch_delete(b, TABLE_GRANTS, SLICE("a"), 1);
	assert_ok(records_commit_wait(f->records, b));
	assert_int_equal(lookup(f, "a"), ST_NOT_FOUND);
	/* There or not, as with any version. */
	b = new_batch(f);
	batch_delete(b, TABLE_GRANTS, SLICE("a"), VERSION_ANY);
	assert_ok(records_commit_wait(f->records, b));
}

static void a_batch_may_expect_what_it_does_not_write(void **state)
{
	struct fixture *f = *state;
	const struct {
		const char *key;
		uint64_t expected;
		status status;
	} cases[] = {
		{ "seen", 1, ST_OK },           { "seen", 2, ST_CONFLICT }, { "seen", VERSION_ANY, ST_OK },
		{ "seen", VERSION_NONE, ST_CONFLICT }, { "unseen", VERSION_NONE, ST_OK },
		{ "unseen", 1, ST_CONFLICT },
	};
	assert_ok(put(f, "seen", VERSION_NONE, "one"));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct batch *b = new_batch(f);
		batch_expect(b, TABLE_GRANTS, slice_str(cases[i].key), cases[i].expected);
		batch_put(b, TABLE_GRANTS, SLICE("written"), VERSION_ANY, SLICE("x"));
		assert_int_equal(records_commit_wait(f->records, b), cases[i].status);
	}
	assert_int_equal(get(f, "written").version, 3);
	assert_int_equal(get(f, "seen").version, 1);
	assert_int_equal(lookup(f, "unseen"), ST_NOT_FOUND);

	/* It sees the steps before, and the ones behind see what it saw. */
	struct batch *b = new_batch(f);
	batch_expect(b, TABLE_GRANTS, SLICE("seen"), 1);
	batch_put(b, TABLE_GRANTS, SLICE("seen"), 1, SLICE("two"));
	batch_expect(b, TABLE_GRANTS, SLICE("seen"), 2);
	batch_delete(b, TABLE_GRANTS, SLICE("seen"), 2);
	batch_expect(b, TABLE_GRANTS, SLICE("seen"), VERSION_NONE);
	assert_ok(records_commit_wait(f->records, b));
	assert_int_equal(lookup(f, "seen"), ST_NOT_FOUND);
	b = new_batch(f);
	batch_expect(b, TABLE_AUDIT, SLICE("a"), 1);
	assert_int_equal(records_commit_wait(f->records, b), ST_INVALID);
}

static void a_batch_is_whole_or_nothing(void **state)
{
	struct fixture *f = *state;
	assert_ok(put(f, "z", VERSION_NONE, "old"));
	struct batch *b = new_batch(f);
	batch_put(b, TABLE_GRANTS, SLICE("a"), VERSION_NONE, SLICE("new"));
	batch_link(b, INDEX_LOGIN_NAME, SLICE("li"), SLICE("a"));
	batch_audit(b, SLICE("{\"event\":\"never\"}"));
	batch_put(b, TABLE_GRANTS, SLICE("z"), VERSION_NONE, SLICE("new"));
	assert_int_equal(records_commit_wait(f->records, b), ST_CONFLICT);

	assert_int_equal(lookup(f, "a"), ST_NOT_FOUND);
	assert_slice(get(f, "z").value, "old");
	struct slice key;
	assert_int_equal(records_find(f->records, INDEX_LOGIN_NAME, SLICE("li"), &f->arena, &key),
			 ST_NOT_FOUND);
	bool has = true;
	assert_ok(records_has(f->records, TABLE_AUDIT, slice_of("\0\0\0\0\0\0\0\1", 8), &has));
	assert_false(has);
}

static void steps_of_a_batch_see_the_ones_before(void **state)
{
	struct fixture *f = *state;
	struct batch *b = new_batch(f);
	batch_put(b, TABLE_GRANTS, SLICE("a"), VERSION_NONE, SLICE("one"));
	batch_put(b, TABLE_CLIENTS, SLICE("a"), VERSION_NONE, SLICE("another table"));
	batch_put(b, TABLE_GRANTS, SLICE("a"), 1, SLICE("two"));
	batch_delete(b, TABLE_GRANTS, SLICE("a"), 2);
	batch_put(b, TABLE_GRANTS, SLICE("a"), VERSION_NONE, SLICE("three"));
	batch_link(b, INDEX_LOGIN_NAME, SLICE("li"), SLICE("a"));
	batch_unlink(b, INDEX_LOGIN_NAME, SLICE("li"));
	batch_link(b, INDEX_LOGIN_NAME, SLICE("li"), SLICE("b"));
	assert_ok(records_commit_wait(f->records, b));
	assert_slice(get(f, "a").value, "three");
	assert_int_equal(get(f, "a").version, 1);

	b = new_batch(f);
	batch_link(b, INDEX_LOGIN_NAME, SLICE("wang"), SLICE("a"));
	batch_link(b, INDEX_LOGIN_NAME, SLICE("wang"), SLICE("b"));
	assert_int_equal(records_commit_wait(f->records, b), ST_EXISTS);
}

static void an_index_entry_is_unique(void **state)
{
	struct fixture *f = *state;
	struct batch *b = new_batch(f);
	batch_link(b, INDEX_IDENTIFIER, SLICE("id"), SLICE("subject-1"));
	assert_ok(records_commit_wait(f->records, b));
	b = new_batch(f);
	batch_link(b, INDEX_IDENTIFIER, SLICE("id"), SLICE("subject-2"));
	assert_int_equal(records_commit_wait(f->records, b), ST_EXISTS);
	b = new_batch(f);
	batch_link(b, INDEX_IDENTIFIER, SLICE("id"), SLICE("subject-1"));
	assert_ok(records_commit_wait(f->records, b));

	struct slice key;
	assert_ok(records_find(f->records, INDEX_IDENTIFIER, SLICE("id"), &f->arena, &key));
	assert_slice(key, "subject-1");
	/* One index is not another. */
	assert_int_equal(records_find(f->records, INDEX_LOGIN_NAME, SLICE("id"), &f->arena, &key),
			 ST_NOT_FOUND);
	b = new_batch(f);
	batch_unlink(b, INDEX_IDENTIFIER, SLICE("id"));
	batch_unlink(b, INDEX_IDENTIFIER, SLICE("never there"));
	assert_ok(records_commit_wait(f->records, b));
	assert_int_equal(records_find(f->records, INDEX_IDENTIFIER, SLICE("id"), &f->arena, &key),
			 ST_NOT_FOUND);
}

static void sizes_are_checked(void **state)
{
	struct fixture *f = *state;
	static uint8_t big[RECORD_VALUE_MAX + 1];
	const struct {
		struct slice key;
		size_t value_n;
		status want;
	} rows[] = {
		{ slice_of(big, RECORD_KEY_MAX), RECORD_VALUE_MAX, ST_OK },
		{ slice_of(big, RECORD_KEY_MAX + 1), 1, ST_TOO_LARGE },
		{ SLICE("k"), RECORD_VALUE_MAX + 1, ST_TOO_LARGE },
		{ SLICE(""), 1, ST_INVALID },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct batch *b = new_batch(f);
		batch_put(b, TABLE_GRANTS, rows[i].key, VERSION_ANY, slice_of(big, rows[i].value_n));
		/* What came later does not hide what came first. */
		batch_put(b, TABLE_GRANTS, SLICE("fine"), VERSION_ANY, SLICE("x"));
		assert_int_equal(records_commit_wait(f->records, b), rows[i].want);
	}
	struct record r;
	assert_int_equal(records_get(f->records, TABLE_GRANTS, NO_SLICE, &f->arena, &r),
			 ST_NOT_FOUND);
	assert_int_equal(records_get(f->records, TABLE_GRANTS, slice_of(big, 500), &f->arena, &r),
			 ST_NOT_FOUND);
	bool has = true;
	assert_ok(records_has(f->records, TABLE_GRANTS, slice_of(big, 500), &has));
	assert_false(has);

	struct batch *b = new_batch(f);
	batch_link(b, INDEX_IDENTIFIER, SLICE("i"), NO_SLICE);
	assert_int_equal(records_commit_wait(f->records, b), ST_INVALID);
	b = new_batch(f);
	batch_put(b, TABLE_AUDIT, SLICE("k"), VERSION_ANY, SLICE("{}"));
	assert_int_equal(records_commit_wait(f->records, b), ST_INVALID);
	b = new_batch(f);
	assert_ok(records_commit_wait(f->records, b)); /* nothing to do */
}

/* ---- scanning ------------------------------------------------------------------------------- */

static bool collect(void *context, struct slice key, struct record record)
{
	struct buf *text = context;
	buf_put(text, key);
	buf_put_byte(text, '=');
	buf_put(text, record.value);
	buf_put_byte(text, ' ');
	return !slice_is(record.value, "stop");
}

static void expect_scan(struct fixture *f, const char *prefix, const char *after, size_t limit,
			const char *want)
{
	AUTO_BUF struct buf text = { 0 };
	assert_ok(records_scan(f->records, TABLE_GRANTS, slice_str(prefix), slice_str(after), limit,
			       collect, &text));
	assert_slice(buf_slice(&text), want);
	buf_reset(&text);
	assert_ok(records_scan_index(f->records, INDEX_SUBJECT_GRANTS, slice_str(prefix),
				     slice_str(after), limit, collect, &text));
	assert_slice(buf_slice(&text), want);
}

static void scans_follow_prefix_and_position(void **state)
{
	struct fixture *f = *state;
	expect_scan(f, "", NULL, 10, "");
	static const char *const keys[] = { "a", "b1", "b2", "b3", "c" };
	struct batch *b = new_batch(f);
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		struct slice value = slice_is(slice_str(keys[i]), "b3") ? SLICE("stop") : SLICE("v");
		batch_put(b, TABLE_GRANTS, slice_str(keys[i]), VERSION_NONE, value);
		batch_link(b, INDEX_SUBJECT_GRANTS, slice_str(keys[i]), value);
	}
	assert_ok(records_commit_wait(f->records, b));

	expect_scan(f, "", NULL, 10, "a=v b1=v b2=v b3=stop ");
	expect_scan(f, "b", NULL, 10, "b1=v b2=v b3=stop ");
	expect_scan(f, "b", NULL, 2, "b1=v b2=v ");
	expect_scan(f, "b", "b1", 1, "b2=v ");
	expect_scan(f, "b", "b3", 9, "");
	expect_scan(f, "b", "a", 1, "b1=v ");
	expect_scan(f, "", "b3", 9, "c=v ");
	expect_scan(f, "", "b11", 1, "b2=v ");
	expect_scan(f, "d", NULL, 9, "");
	expect_scan(f, "a", NULL, 0, "");
}

/* ---- audit ---------------------------------------------------------------------------------- */

struct chain {
	uint64_t n;
	char prev[72];
};

static bool follow_chain(void *context, struct slice key, struct record record)
{
	struct chain *chain = context;
	uint8_t sequence[8] = { 0 };
	chain->n++;
	for (int i = 0; i < 8; i++)
		sequence[i] = (uint8_t)(chain->n >> (56 - 8 * i));
	assert_true(slice_equal(key, slice_of(sequence, 8)));

	json_t *json = json_loadb((const char *)record.value.p, record.value.n,
				  JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	json_int_t seq = 0, at = 0;
	const char *prev = NULL;
	json_t *entry = NULL;
	assert_int_equal(json_unpack(json, "{s:I s:I s:s s:o !}", "seq", &seq, "at", &at, "prev",
				     &prev, "entry", &entry),
			 0);
	assert_int_equal(seq, chain->n);
	assert_true(at > 1700000000);
	assert_true(json_is_object(entry));
	assert_string_equal(prev, chain->prev);
	json_decref(json);

	uint8_t hash[32];
	assert_ok(sha256(record.value, hash));
	AUTO_BUF struct buf hex = { 0 };
	buf_put_hex(&hex, slice_of(hash, 32));
	memcpy(chain->prev + strlen("sha256:"), hex.p, 64);
	return true;
}

static struct chain new_chain(void)
{
	struct chain chain = { .prev = "sha256:" };
	memset(chain.prev + strlen(chain.prev), '0', 64);
	return chain;
}

static void audit_entries_form_a_chain(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 3; i++) {
		struct batch *b = new_batch(f);
		batch_audit(b, SLICE("{\"event\":\"first\"}"));
		batch_put(b, TABLE_GRANTS, SLICE("a"), VERSION_ANY, SLICE("x"));
		batch_audit(b, SLICE("{\"event\":\"second\",\"of\":[1,2]}"));
		assert_ok(records_commit_wait(f->records, b));
		/* It goes on where another process left it. */
		records_free(f->records);
		f->records = open_records(f->dir, 1 << 20);
	}
	struct chain chain = new_chain();
	assert_ok(records_scan(f->records, TABLE_AUDIT, NO_SLICE, NO_SLICE, SIZE_MAX, follow_chain,
			       &chain));
	assert_int_equal(chain.n, 6);

	static const char *const bad[] = { "", "1", "[]", "{", "{\"a\":\"\n\"}", "{\"\xff\":1}" };
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct batch *b = new_batch(f);
		batch_audit(b, slice_str(bad[i]));
		assert_int_equal(records_commit_wait(f->records, b), ST_INVALID);
	}
}

/* ---- numbered records ------------------------------------------------------------------------- */

static void appended_records_are_numbered(void **state)
{
	struct fixture *f = *state;
	struct record record;
	for (uint8_t i = 0; i < 3; i++) {
		struct batch *b = new_batch(f);
		batch_append(b, TABLE_MARK_LOG, SLICE("first"));
		batch_put(b, TABLE_GRANTS, SLICE("a"), VERSION_ANY, SLICE("x"));
		batch_append(b, TABLE_MARK_LOG, SLICE("second"));
		if (i) {
			const uint8_t over[8] = { [7] = (uint8_t)(2 * i - 1) };
			batch_delete(b, TABLE_MARK_LOG, slice_of(over, 8), VERSION_ANY);
		}
		assert_ok(records_commit_wait(f->records, b));
		/* They go on where another process left them, whatever has gone since. */
		records_free(f->records);
		f->records = open_records(f->dir, 1 << 20);
		const uint8_t last[8] = { [7] = (uint8_t)(2 * i + 2) };
		assert_ok(records_get(f->records, TABLE_MARK_LOG, slice_of(last, 8), &f->arena, &record));
		assert_true(slice_is(record.value, "second"));
		assert_int_equal(record.version, 1);
	}

	/* What another batch refuses has no number. */
	struct batch *b = new_batch(f);
	batch_append(b, TABLE_MARK_LOG, SLICE("never"));
	batch_put(b, TABLE_GRANTS, SLICE("a"), VERSION_NONE, SLICE("x"));
	assert_int_equal(records_commit_wait(f->records, b), ST_CONFLICT);
	const uint8_t next[8] = { [7] = 7 };
	assert_int_equal(records_get(f->records, TABLE_MARK_LOG, slice_of(next, 8), &f->arena, &record),
			 ST_NOT_FOUND);
	b = new_batch(f);
	batch_append(b, TABLE_AUDIT, SLICE("{}"));
	assert_int_equal(records_commit_wait(f->records, b), ST_INVALID);
}

/* ---- many at once --------------------------------------------------------------------------- */

enum { RACERS = 8, ROUNDS = 50 };

struct racer {
	pthread_t thread;
	struct records *records;
	size_t won, lost;
};

static void *race(void *argument)
{
	struct racer *racer = argument;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		AUTO_ARENA struct arena a = { 0 };
		struct batch *b = batch_new(&a);
		batch_put(b, TABLE_GRANTS, SLICE("prize"), round, SLICE("mine"));
		batch_audit(b, SLICE("{\"event\":\"won\"}"));
		status s = records_commit_wait(racer->records, b);
		racer->won += s == ST_OK;
		racer->lost += s == ST_CONFLICT;
		/* Go on when somebody has won this round. */
		struct record r = { 0 };
		while (r.version <= round)
			if (records_get(racer->records, TABLE_GRANTS, SLICE("prize"), &a, &r))
				arena_reset(&a);
	}
	return NULL;
}

static void one_of_many_wins_each_compare_and_set(void **state)
{
	struct fixture *f = *state;
	struct racer racers[RACERS] = { 0 };
	for (size_t i = 0; i < RACERS; i++) {
		racers[i].records = f->records;
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	size_t won = 0, lost = 0;
	for (size_t i = 0; i < RACERS; i++) {
		pthread_join(racers[i].thread, NULL);
		won += racers[i].won;
		lost += racers[i].lost;
	}
	assert_int_equal(won, ROUNDS);
	assert_int_equal(lost, ROUNDS * (RACERS - 1));
	assert_int_equal(get(f, "prize").version, ROUNDS);
	struct chain chain = new_chain();
	assert_ok(records_scan(f->records, TABLE_AUDIT, NO_SLICE, NO_SLICE, SIZE_MAX, follow_chain,
			       &chain));
	assert_int_equal(chain.n, ROUNDS);
}

/* Batches that wait together share a commit; the ones that conflict do not hurt the others. */
struct counted {
	struct op op;
	struct arena arena;
	int *left;
	pthread_mutex_t *lock;
	pthread_cond_t *changed;
};

static void count_down(struct op *op)
{
	struct counted *c = CONTAINER_OF(op, struct counted, op);
	pthread_mutex_lock(c->lock);
	--*c->left;
	pthread_cond_signal(c->changed);
	pthread_mutex_unlock(c->lock);
}

static void conflicts_in_a_group_hurt_nobody_else(void **state)
{
	enum { N = 200 };
	struct fixture *f = *state;
	static struct counted ops[N];
	int left = N;
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
	for (size_t i = 0; i < N; i++) {
		ops[i] = (struct counted){ { .done = count_down }, { 0 }, &left, &lock, &changed };
		struct batch *b = batch_new(&ops[i].arena);
		struct slice own = arena_format(&ops[i].arena, "own-%zu", i);
		batch_put(b, TABLE_GRANTS, own, VERSION_NONE, SLICE("x"));
		if (i % 2)
			batch_put(b, TABLE_GRANTS, SLICE("one"), VERSION_NONE, SLICE("x"));
		records_commit(f->records, b, &ops[i].op);
	}
	pthread_mutex_lock(&lock);
	while (left)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	for (size_t i = 0; i < N; i++) {
		status want = i % 2 && i != 1 ? ST_CONFLICT : ST_OK;
		assert_int_equal(ops[i].op.status, want);
		struct slice own = arena_format(&ops[i].arena, "own-%zu", i);
		bool has;
		assert_ok(records_has(f->records, TABLE_GRANTS, own, &has));
		assert_int_equal(has, want == ST_OK);
		arena_done(&ops[i].arena);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(versions_grow_by_one_from_one),
		TEST(another_version_is_a_conflict),
		TEST(a_batch_may_expect_what_it_does_not_write),
		TEST(a_batch_is_whole_or_nothing),
		TEST(steps_of_a_batch_see_the_ones_before),
		TEST(an_index_entry_is_unique),
		TEST(sizes_are_checked),
		TEST(scans_follow_prefix_and_position),
		TEST(audit_entries_form_a_chain),
		TEST(appended_records_are_numbered),
		TEST(one_of_many_wins_each_compare_and_set),
		TEST(conflicts_in_a_group_hurt_nobody_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
