/* The head of the audit chain: what the store does when its end is not as it was left. */
#include "fixture.h"

#include "authd/store/audit_head.h"
#include "keys/seal.h"
#include "libauth/base/big_endian.h"

#include <lmdb.h>
#include <stdio.h>

/* ---- a guard without keys: what counts is that others cannot make its MACs ----------------------- */

static status guard_mac(void *context, uint32_t *version, struct slice bytes, uint8_t ret[32])
{
	const struct secret *key = context;
	*version = *version ? *version : 7;
	return *version == 7 ? mac(key, &bytes, 1, ret) : ST_NOT_FOUND;
}

static struct secret key = { "a key of these tests" }, other_key = { "another one" };

static struct records *open_guarded(const char *dir, struct secret *with)
{
	const struct audit_guard guard = { .mac = guard_mac, .context = with };
	const struct records_lmdb_options options = {
		.dir = dir, .create = true, .map_size = 1 << 20, .guard = with ? &guard : NULL
	};
	struct records_backend *backend = NULL;
	struct records *r = NULL;
	assert_ok(records_lmdb_open(&options, &backend, NULL));
	assert_ok(records_open_backend(backend, &r));
	return r;
}

static void reopen(struct fixture *f, struct secret *with)
{
	records_free(f->records);
	f->records = open_guarded(f->dir, with);
}

static status put(struct fixture *f, unsigned n)
{
	struct batch *b = new_batch(f);
	while (n--)
		batch_audit(b, SLICE("{\"event\":\"put\"}"));
	return records_commit_wait(f->records, b);
}

static struct slice entry(struct fixture *f, uint64_t seq)
{
	uint8_t at[8];
	struct record record;
	put_u64(at, seq);
	status s = records_get(f->records, TABLE_AUDIT, slice_of(at, 8), &f->arena, &record);
	return s == ST_OK ? record.value : NO_SLICE;
}

static struct audit_line line(struct fixture *f, uint64_t seq)
{
	struct audit_line l = { 0 };
	assert_ok(audit_line_parse(entry(f, seq), &l));
	assert_int_equal(l.seq, seq);
	return l;
}

static struct audit_head head(struct fixture *f)
{
	const struct audit_guard guard = { .mac = guard_mac, .context = &key };
	struct audit_head h;
	struct record record;
	assert_ok(records_get(f->records, TABLE_META, AUDIT_HEAD_KEY, &f->arena, &record));
	assert_ok(audit_head_read(&guard, record.value, &h));
	return h;
}

static void assert_linked(struct fixture *f, uint64_t seq)
{
	struct audit_digest d;
	struct audit_line next = line(f, seq + 1);
	assert_ok(audit_digest_of(next.prev.hash, entry(f, seq), &d));
	assert_true(audit_digest_equal(&d, &next.prev));
}

static void assert_ends_with(struct fixture *f, uint64_t seq)
{
	struct audit_digest d;
	struct audit_head h = head(f);
	assert_int_equal(h.last.seq, seq);
	assert_ok(audit_digest_of(h.last.digest.hash, entry(f, seq), &d));
	assert_true(audit_digest_equal(&d, &h.last.digest));
	assert_null(entry(f, seq + 1).p);
}

static void assert_noted(struct fixture *f, uint64_t seq, const char *detail)
{
	struct slice text = arena_format(
		&f->arena, "{\"event\":\"audit.broken\",\"outcome\":\"failed\",\"detail\":\"%s\"}", detail);
	assert_true(slice_equal(line(f, seq).entry, text));
}

/* ---- what somebody does who has the file ---------------------------------------------------------- */

static void in_file(struct fixture *f, const char *table, void (*work)(MDB_txn *txn, MDB_dbi dbi, uint64_t n),
		    uint64_t n)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	records_free(f->records);
	f->records = NULL;
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 32), 0);
	assert_int_equal(mdb_env_open(env, f->dir, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, table, 0, &dbi), 0);
	work(txn, dbi, n);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void remove_entry(MDB_txn *txn, MDB_dbi dbi, uint64_t seq)
{
	uint8_t at[8];
	put_u64(at, seq);
	assert_int_equal(mdb_del(txn, dbi, &(MDB_val){ 8, at }, NULL), 0);
}

static void alter_entry(MDB_txn *txn, MDB_dbi dbi, uint64_t seq)
{
	uint8_t at[8], copy[1024];
	MDB_val k = { 8, at }, v;
	put_u64(at, seq);
	assert_int_equal(mdb_get(txn, dbi, &k, &v), 0);
	memcpy(copy, v.mv_data, v.mv_size);
	copy[v.mv_size - 4] ^= 1;
	v.mv_data = copy;
	assert_int_equal(mdb_put(txn, dbi, &k, &v, 0), 0);
}

static void remove_head(MDB_txn *txn, MDB_dbi dbi, uint64_t n)
{
	(void)n;
	assert_int_equal(mdb_del(txn, dbi, &(MDB_val){ 10, (void *)"audit-head" }, NULL), 0);
}

static void forge_head(MDB_txn *txn, MDB_dbi dbi, uint64_t n)
{
	uint8_t copy[256];
	MDB_val k = { 10, (void *)"audit-head" }, v;
	assert_int_equal(mdb_get(txn, dbi, &k, &v), 0);
	memcpy(copy, v.mv_data, v.mv_size);
	put_u64(copy + RECORD_HEADER, n);
	v.mv_data = copy;
	assert_int_equal(mdb_put(txn, dbi, &k, &v, 0), 0);
}

/* ---- tests ------------------------------------------------------------------------------------------ */

static void the_head_goes_with_the_entries(void **state)
{
	struct fixture *f = *state;
	reopen(f, &key);
	for (uint64_t n = 1; n < 5; n++) {
		assert_ok(put(f, 2));
		assert_ends_with(f, 2 * n);
		if (n == 3)
			reopen(f, &key);
	}
	for (uint64_t n = 1; n < 8; n++)
		assert_linked(f, n);
	/* A batch that fails leaves no entry and no other head. */
	struct batch *b = new_batch(f);
	batch_audit(b, SLICE("{}"));
	batch_expect(b, TABLE_GRANTS, SLICE("x"), 1);
	assert_int_equal(records_commit_wait(f->records, b), ST_CONFLICT);
	assert_ends_with(f, 8);
}

static void without_the_guard_nothing_is_added(void **state)
{
	struct fixture *f = *state;
	reopen(f, &key);
	assert_ok(put(f, 1));
	reopen(f, NULL);
	assert_int_equal(put(f, 1), ST_BUG);
	reopen(f, &key);
	assert_ok(put(f, 1));
	assert_ends_with(f, 2);
}

static void a_tail_that_was_cut_off_stays_missing(void **state)
{
	struct fixture *f = *state;
	reopen(f, &key);
	assert_ok(put(f, 6));
	struct audit_digest was = head(f).last.digest;
	in_file(f, "audit", remove_entry, 6);
	in_file(f, "audit", remove_entry, 5);
	reopen(f, &key);
	assert_ok(put(f, 1));
	assert_noted(f, 7, "entries 5 to 6 are gone");
	struct audit_line next = line(f, 7);
	assert_true(audit_digest_equal(&was, &next.prev));
	assert_linked(f, 7);
	assert_ends_with(f, 8);
}

static void an_altered_end_is_noted(void **state)
{
	struct fixture *f = *state;
	reopen(f, &key);
	assert_ok(put(f, 3));
	in_file(f, "audit", alter_entry, 3);
	reopen(f, &key);
	assert_ok(put(f, 1));
	assert_noted(f, 4, "entry 3 is not what was written");
	assert_ends_with(f, 5);
}

static void a_head_that_is_gone_or_forged_is_noted(void **state)
{
	struct fixture *f = *state;
	reopen(f, &key);
	assert_ok(put(f, 3));
	in_file(f, "meta", remove_head, 0);
	reopen(f, &key);
	assert_ok(put(f, 1));
	assert_noted(f, 4, "3 entries had no head");
	in_file(f, "meta", forge_head, 4);
	reopen(f, &key);
	assert_ok(put(f, 1));
	assert_noted(f, 6, "the head was not this issuer's");
	reopen(f, &other_key);
	assert_ok(put(f, 1));
	assert_noted(f, 8, "the head was not this issuer's");
	for (uint64_t n = 1; n < 9; n++)
		assert_linked(f, n);
}

static status prune(struct fixture *f, uint64_t seq)
{
	struct batch *b = new_batch(f);
	batch_audit_prune(b, seq);
	return records_commit_wait(f->records, b);
}

static void what_is_pruned_leaves_its_hash(void **state)
{
	struct fixture *f = *state;
	struct audit_digest d;
	reopen(f, &key);
	assert_ok(put(f, 9));
	assert_ok(audit_digest_of(AUDIT_SHA256, entry(f, 4), &d));
	assert_ok(prune(f, 4));
	struct audit_head h = head(f);
	assert_int_equal(h.pruned.seq, 4);
	assert_true(audit_digest_equal(&h.pruned.digest, &d));
	assert_null(entry(f, 4).p);
	assert_true(entry(f, 5).p != NULL);
	assert_ends_with(f, 9);
	assert_int_equal(prune(f, 4), ST_CONFLICT);  /* gone already */
	assert_int_equal(prune(f, 9), ST_CONFLICT);  /* the last one stays */
	assert_int_equal(prune(f, 10), ST_CONFLICT);
	reopen(f, &key);
	assert_ok(put(f, 1));
	assert_ends_with(f, 10);
	assert_int_equal(head(f).pruned.seq, 4);
	reopen(f, NULL);
	assert_int_equal(prune(f, 6), ST_CONFLICT);
}

static void lines_have_one_form(void **state)
{
	static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
	static const struct {
		const char *format;
		bool good;
	} lines[] = {
		{ "{\"seq\":7,\"at\":1,\"prev\":\"sha256:%s\",\"entry\":{}}", true },
		{ "{\"seq\":07,\"at\":1,\"prev\":\"sha256:%s\",\"entry\":{}}", false },
		{ "{\"seq\":-7,\"at\":1,\"prev\":\"sha256:%s\",\"entry\":{}}", false },
		{ "{\"seq\":1234567890123456789,\"at\":1,\"prev\":\"sha256:%s\",\"entry\":{}}", false },
		{ "{\"seq\":7,\"at\":1,\"prev\":\"md5:%s\",\"entry\":{}}", false },
		{ "{\"seq\":7,\"at\":1,\"prev\":\"%s\",\"entry\":{}}", false },
		{ "{\"seq\":7,\"at\":1,\"prev\":\"sha256:%s0\",\"entry\":{}}", false },
		{ "{\"seq\":7,\"at\":1,\"prev\":\"sha256:%s\",\"entry\":[]}", false },
		{ "{\"seq\":7,\"at\":1,\"prev\":\"sha256:%s\",\"entry\":{}} ", false },
		{ "{\"seq\":7,\"at\":1,\"prev\":\"sha256:%s\",\"entry\":{}", false },
		{ "", false },
	};
	struct fixture *f = *state;
	for (size_t k = 0; k < COUNT_OF(lines); k++) {
		char text[256];
		struct audit_line l;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof text, lines[k].format, zeros);
#pragma GCC diagnostic pop
		assert_int_equal(audit_line_parse(slice_str(text), &l), lines[k].good ? ST_OK : ST_INVALID);
	}
	(void)f;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_head_goes_with_the_entries),
		TEST(without_the_guard_nothing_is_added),
		TEST(a_tail_that_was_cut_off_stays_missing),
		TEST(an_altered_end_is_noted),
		TEST(a_head_that_is_gone_or_forged_is_noted),
		TEST(what_is_pruned_leaves_its_hash),
		TEST(lines_have_one_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
