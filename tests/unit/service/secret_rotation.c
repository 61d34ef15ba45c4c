/* What follows when a secret was rotated: records are put anew, and the version before is destroyed. */
#include "fixture.h"

#include "authd/service/credentials.h"
#include "authd/service/families.h"
#include "authd/service/login_name.h"
#include "authd/service/mandates.h"
#include "authd/service/secret_rotation.h"
#include "authd/service/subjects.h"
#include "libauth/base/big_endian.h"

#include <unistd.h>

enum { PEOPLE = 200, SETTLE = 120 };

static void make_number(size_t k, char out[10]) { snprintf(out, 10, "E%08zu", k); }

static void add_people(struct fixture *f, size_t from, size_t to)
{
	for (size_t k = from; k < to; k++) {
		char number[10], login[16];
		make_number(k, number);
		snprintf(login, sizeof login, "person.%zu", k);
		struct subject s = { .kind = SUBJECT_NATURAL,
				     .state = SUBJECT_ACTIVE,
				     .number_type = NUMBER_PASSPORT,
				     .number = slice_str(number),
				     .name = SLICE("张三"),
				     .login_name = slice_str(login),
				     .level = 3 };
		struct batch *b = new_batch(f);
		const struct credential password = { .password_hash = SLICE("$argon2id$") };
		assert_ok(subjects_put(&f->issuer, b, &f->arena, NOW, &s, VERSION_NONE));
		assert_ok(credentials_put(&f->issuer, b, &f->arena, s.id, &password, VERSION_NONE));
		assert_ok(commit(f, b));
	}
}

static void find_people(struct fixture *f, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		char number[10];
		struct subject s;
		struct credential c;
		uint64_t version;
		make_number(k, number);
		assert_ok(subjects_find_login(&f->issuer, slice_str(number), NOW, &f->arena, &s));
		assert_int_equal(s.updated_at, NOW);
		assert_ok(subjects_find_login(&f->issuer, s.login_name, NOW, &f->arena, &s));
		assert_slice(s.number, number);
		assert_ok(credentials_get(&f->issuer, s.id, &f->arena, &c, &version));
	}
}

struct counted {
	uint32_t version;
	size_t at; /* where a value has its version */
	size_t n;
};

static bool count_key(void *context, struct slice key, struct record record)
{
	struct counted *c = context;
	(void)record;
	c->n += get_u32(key.p) == c->version;
	return true;
}

static size_t entries_under(struct fixture *f, enum index index, uint32_t version)
{
	struct counted c = { .version = version };
	assert_ok(records_scan_index(f->issuer.records, index, NO_SLICE, NO_SLICE, SIZE_MAX, count_key, &c));
	return c.n;
}

static bool count_value(void *context, struct slice key, struct record record)
{
	struct counted *c = context;
	(void)key;
	c->n += get_u32(record.value.p + c->at) == c->version;
	return true;
}

static size_t records_under(struct fixture *f, enum table table, uint32_t version)
{
	struct counted c = { .version = version, .at = 1 };
	assert_ok(records_scan(f->issuer.records, table, NO_SLICE, NO_SLICE, SIZE_MAX, count_value, &c));
	return c.n;
}

static size_t live(struct fixture *f, enum secret_use use)
{
	uint32_t versions[8];
	return keys_secret_versions(f->issuer.keys, use, versions, 8);
}

static void rotate(struct fixture *f, enum secret_use use)
{
	uint32_t version;
	assert_ok(keys_secret_rotate(f->issuer.keys, use, NOW, &version, NULL));
}

static size_t audited(struct fixture *f)
{
	struct record_row *rows;
	size_t n, found = 0;
	assert_ok(records_rows(f->issuer.records, TABLE_AUDIT, NO_SLICE, NO_SLICE, 100, &f->arena, &rows, &n));
	for (size_t k = 0; k < n; k++)
		found += memmem(rows[k].record.value.p, rows[k].record.value.n, "secret.destroy", 14) != NULL;
	return found;
}

static void the_index_moves_to_the_new_version(void **state)
{
	struct fixture *f = *state;
	AUTO(secret_rotation) struct secret_rotation *r = NULL;
	f->conf.keys.settle_s = SETTLE;
	assert_ok(secret_rotation_new(&f->issuer, &r));
	add_people(f, 0, PEOPLE);
	rotate(f, SECRET_BLIND_INDEX);
	add_people(f, PEOPLE, PEOPLE + 3);
	assert_int_equal(entries_under(f, INDEX_IDENTIFIER, 2), 3);

	/* Another process may not know of it yet: nothing begins. */
	assert_ok(secret_rotation_tick(r, NOW + SETTLE - 1));
	assert_int_equal(entries_under(f, INDEX_IDENTIFIER, 2), 3);
	assert_int_equal(live(f, SECRET_BLIND_INDEX), 2);
	find_people(f, PEOPLE + 3);

	assert_ok(secret_rotation_tick(r, NOW + SETTLE));
	assert_int_equal(live(f, SECRET_BLIND_INDEX), 1);
	assert_int_equal(entries_under(f, INDEX_IDENTIFIER, 2), PEOPLE + 3);
	assert_int_equal(entries_under(f, INDEX_LOGIN_NAME, 2), PEOPLE + 3);
	assert_int_equal(entries_under(f, INDEX_IDENTIFIER, 1), 0);
	assert_int_equal(entries_under(f, INDEX_LOGIN_NAME, 1), 0);
	find_people(f, PEOPLE + 3);
	assert_int_equal(audited(f), 1);
	assert_ok(secret_rotation_tick(r, NOW + SETTLE));
	assert_int_equal(audited(f), 1);
}

static void data_keys_are_wrapped_anew(void **state)
{
	struct fixture *f = *state;
	AUTO(secret_rotation) struct secret_rotation *r = NULL;
	f->conf.keys.settle_s = 0;
	assert_ok(secret_rotation_new(&f->issuer, &r));
	add_people(f, 0, PEOPLE);
	const struct id one = { { 7 } };
	struct slice totp;
	uint64_t version;
	struct batch *b = new_batch(f);
	assert_ok(credential_record_put(&f->issuer, b, &f->arena, one, CREDENTIAL_TOTP, SLICE("steps"), VERSION_NONE));
	assert_ok(commit(f, b));
	rotate(f, SECRET_SUBJECT_WRAP);
	assert_int_equal(records_under(f, TABLE_SUBJECTS, 1), PEOPLE);
	assert_ok(secret_rotation_tick(r, NOW));
	assert_int_equal(records_under(f, TABLE_SUBJECTS, 2), PEOPLE);
	assert_int_equal(records_under(f, TABLE_CREDENTIALS, 2), PEOPLE + 1);
	assert_ok(credential_record_get(&f->issuer, one, CREDENTIAL_TOTP, &f->arena, &totp, &version));
	assert_slice(totp, "steps");
	assert_int_equal(live(f, SECRET_SUBJECT_WRAP), 1);
	find_people(f, PEOPLE);
	fixture_reopen(f);
	find_people(f, PEOPLE);
}

/* A live one is found by its agent, one that has ended is only kept: both can be read afterwards. */
static void mandates_move_along(void **state)
{
	struct fixture *f = *state;
	AUTO(secret_rotation) struct secret_rotation *r = NULL;
	const struct subject agent = { .id = { { 1 } }, .kind = SUBJECT_NATURAL,
				       .number_type = NUMBER_PASSPORT, .number = SLICE("E00000001") };
	struct mandate m = { .legal_id = { { 2 } }, .agent_id = agent.id, .role = MANDATE_MANAGER,
			     .state = MANDATE_ACTIVE, .agent_type = agent.number_type,
			     .agent_number = agent.number, .all_matters = true };
	struct mandate ended = m;
	ended.state = MANDATE_ENDED;
	f->conf.keys.settle_s = 0;
	struct batch *b = new_batch(f);
	assert_ok(mandates_add(&f->issuer, b, NOW, &m, &f->arena));
	assert_ok(mandates_add(&f->issuer, b, NOW, &ended, &f->arena));
	assert_ok(commit(f, b));
	assert_ok(secret_rotation_new(&f->issuer, &r));
	rotate(f, SECRET_SUBJECT_WRAP);
	rotate(f, SECRET_BLIND_INDEX);
	assert_ok(secret_rotation_tick(r, NOW));
	assert_int_equal(live(f, SECRET_SUBJECT_WRAP) + live(f, SECRET_BLIND_INDEX), 2);
	assert_int_equal(records_under(f, TABLE_MANDATES, 2), 2);
	assert_int_equal(entries_under(f, INDEX_MANDATES, 1), 0);

	struct mandate *list, got;
	size_t n;
	uint64_t version;
	assert_ok(mandates_of_agent(&f->issuer, &agent, &f->arena, &list, &n));
	assert_true(n >= 1);
	assert_ok(mandates_get(&f->issuer, m.id, &f->arena, &got, &version));
	assert_ok(mandates_get(&f->issuer, ended.id, &f->arena, &got, &version));
}

/* An authd that is ended in the middle has done what it has done; the next one does the rest. */
static void an_interrupted_pass_goes_on(void **state)
{
	struct fixture *f = *state;
	AUTO(secret_rotation) struct secret_rotation *r = NULL, *next = NULL;
	f->conf.keys.settle_s = 0;
	uint32_t version;
	add_people(f, 0, PEOPLE);
	/* The thread goes by the real clock. */
	assert_ok(keys_secret_rotate(f->issuer.keys, SECRET_SUBJECT_WRAP, 1, &version, NULL));
	assert_ok(secret_rotation_new(&f->issuer, &r));
	assert_ok(secret_rotation_start(r));
	while (!secret_rotation_progress(r).looked_at && live(f, SECRET_SUBJECT_WRAP) == 2)
		usleep(100);
	secret_rotation_free(TAKE(r));
	find_people(f, PEOPLE);
	assert_ok(secret_rotation_new(&f->issuer, &next));
	assert_ok(secret_rotation_tick(next, NOW));
	assert_int_equal(live(f, SECRET_SUBJECT_WRAP), 1);
	find_people(f, PEOPLE);
}

static void what_expires_is_waited_for(void **state)
{
	struct fixture *f = *state;
	AUTO(secret_rotation) struct secret_rotation *r = NULL;
	f->conf.keys.settle_s = SETTLE;
	f->conf.life.session_s = 1000;
	f->conf.life.session_idle_s = f->conf.life.access_token_s = f->conf.life.id_token_s = 10;
	f->conf.life.sign_in_s = 100;
	assert_ok(secret_rotation_new(&f->issuer, &r));
	rotate(f, SECRET_SESSION);
	rotate(f, SECRET_CACHE);
	rotate(f, SECRET_PAGE);
	assert_ok(secret_rotation_tick(r, NOW + SETTLE + 99));
	assert_int_equal(live(f, SECRET_PAGE), 2);
	assert_ok(secret_rotation_tick(r, NOW + SETTLE + 100));
	assert_int_equal(live(f, SECRET_PAGE), 1);
	assert_ok(secret_rotation_tick(r, NOW + SETTLE + 999));
	assert_int_equal(live(f, SECRET_SESSION) + live(f, SECRET_CACHE), 4);
	assert_ok(secret_rotation_tick(r, NOW + SETTLE + 1000));
	assert_int_equal(live(f, SECRET_SESSION) + live(f, SECRET_CACHE), 2);
}

static void refresh_tokens_keep_theirs(void **state)
{
	struct fixture *f = *state;
	AUTO(secret_rotation) struct secret_rotation *r = NULL;
	f->conf.keys.settle_s = 0;
	f->conf.life.refresh_s = 1000;
	f->conf.life.refresh_idle_s = 1000;
	const struct grant g = fixture_grant();
	struct family family;
	struct batch *b = new_batch(f);
	assert_ok(family_begin(&f->issuer, b, &g, NOW, &family));
	assert_ok(commit(f, b));
	assert_ok(secret_rotation_new(&f->issuer, &r));
	rotate(f, SECRET_REFRESH);
	assert_ok(secret_rotation_tick(r, NOW + 999));
	assert_int_equal(live(f, SECRET_REFRESH), 2);
	struct slice token;
	struct refresh_token opened;
	assert_ok(refresh_token_make(&f->issuer, &family, &f->arena, &token));
	assert_ok(refresh_token_open(&f->issuer, token, g.client_id, &f->arena, &opened));
	assert_ok(secret_rotation_tick(r, NOW + 1000));
	assert_int_equal(live(f, SECRET_REFRESH), 1);
	assert_int_equal(refresh_token_open(&f->issuer, token, g.client_id, &f->arena, &opened), ST_INVALID);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_index_moves_to_the_new_version),
		TEST(data_keys_are_wrapped_anew),
		TEST(mandates_move_along),
		TEST(an_interrupted_pass_goes_on),
		TEST(what_expires_is_waited_for),
		TEST(refresh_tokens_keep_theirs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
