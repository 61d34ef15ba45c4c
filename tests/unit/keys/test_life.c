#include "tests/unit/keys/verifier.h"

#include "keys/file.h"
#include "keys/keyfile.h"
#include "keys/ring.h"
#include "keys/seal.h"

#include <fcntl.h>

static const int64_t DAY = 86400;
static const struct key_policy POLICY = { 86400, 30 * 86400, 300, ALL };

static bool is_published(struct keys *k, const char *kid)
{
	json_t *set = load_jwks(k);
	bool found = find_key(set, kid) != NULL;
	json_decref(set);
	return found;
}

/* The kid in the header of what is signed now; also checks that the JWKS verifies it. */
static void signing_kid(struct keys *k, enum key_algorithm alg, char ret[44])
{
	AUTO_ARENA struct arena a = { 0 };
	AUTO_BUF struct buf token = { 0 };
	struct jws jws;
	assert_ok(sign_text(k, alg, "at+jwt", "{}", &token));
	json_t *set = load_jwks(k);
	assert_true(verifies(set, buf_slice(&token)));
	json_decref(set);
	jws_parse(&a, buf_slice(&token), &jws);
	snprintf(ret, 44, "%s", json_string_value(json_object_get(jws.header, "kid")));
	json_decref(jws.header);
}

static void assert_signs_with(struct keys *k, enum key_algorithm alg, const char *kid)
{
	char got[44];
	signing_kid(k, alg, got);
	assert_string_equal(got, kid);
}

/* ---- by the clock ----------------------------------------------------------------------- */

static void a_tick_announces_activates_and_drops(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	struct key_info first, next;
	uint64_t generation = keys_generation(k);
	assert_int_equal(count_keys(k, KEY_ES256, KEY_ACTIVE, &first), 1);
	assert_ok(keys_tick(k, &POLICY, NOW + DAY, NULL));
	assert_int_equal(keys_generation(k), generation);

	assert_ok(keys_tick(k, &POLICY, NOW + 29 * DAY, NULL));
	assert_int_not_equal(keys_generation(k), generation);
	assert_int_equal(count_keys(k, KEY_ES256, KEY_ANNOUNCED, &next), 1);
	assert_true(is_published(k, next.kid));
	assert_signs_with(k, KEY_ES256, first.kid);
	assert_int_equal(next.activates_at, NOW + 30 * DAY);

	generation = keys_generation(k);
	assert_ok(keys_tick(k, &POLICY, NOW + 30 * DAY, NULL));
	assert_int_not_equal(keys_generation(k), generation);
	assert_signs_with(k, KEY_ES256, next.kid);
	assert_true(is_published(k, first.kid));

	assert_ok(keys_tick(k, &POLICY, NOW + 30 * DAY + 300 + RING_LAG_S, NULL));
	assert_false(is_published(k, first.kid));
	assert_int_equal(count_keys(k, KEY_ES256, KEY_RETIRED, &first), 1); /* in the history */
	AUTO_ARENA struct arena a = { 0 };
	struct slice archive;
	assert_ok(keys_archive(k, &a, &archive));
	assert_non_null(memmem(archive.p, archive.n, first.kid, 43));

	/* All of it is in the file. */
	AUTO(keys) struct keys *again = place_open(&p);
	assert_signs_with(again, KEY_ES256, next.kid);
	assert_int_equal(keys_generation(again), keys_generation(k));
}

static void a_wrong_clock_waits_for_an_operator(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	struct key_info unused;
	struct error e = { 0 };
	uint64_t generation = keys_generation(k);
	int64_t jumped = NOW + 365 * DAY;
	assert_int_equal(keys_tick(k, &POLICY, jumped, &e), ST_CONFLICT);
	assert_mentions(e, "keys resume");
	assert_int_equal(keys_tick(k, &POLICY, jumped + 60, &e), ST_CONFLICT);
	assert_int_equal(keys_rotate(k, KEY_ES256, true, &POLICY, jumped, &unused, &e), ST_CONFLICT);
	assert_int_equal(keys_generation(k), generation);
	AUTO_BUF struct buf token = { 0 };
	assert_ok(sign_text(k, KEY_ES256, "JWT", "{}", &token)); /* goes on */

	assert_ok(keys_resume(k, jumped, &e));
	assert_ok(keys_tick(k, &POLICY, jumped, &e));
	assert_int_equal(count_keys(k, KEY_ES256, KEY_ANNOUNCED, NULL), 1);
	assert_int_equal(keys_tick(k, &POLICY, NOW, &e), ST_CONFLICT);
	assert_mentions(e, "went back");
	assert_ok(keys_resume(k, NOW, &e));
	assert_ok(keys_tick(k, &POLICY, NOW, &e));
}

/* A clock set back between two ticks is seen, though neither had anything to write. */
static void a_clock_that_goes_back_is_seen_within_the_process(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	assert_ok(keys_tick(k, &POLICY, NOW + 1800, NULL));
	assert_int_equal(keys_tick(k, &POLICY, NOW + 900, NULL), ST_CONFLICT);
	assert_ok(keys_tick(k, &POLICY, NOW + 1800, NULL));
	/* And after a restart: the time was written with the last hour. */
	assert_ok(keys_tick(k, &POLICY, NOW + 7200, NULL));
	AUTO(keys) struct keys *again = place_open(&p);
	assert_int_equal(keys_tick(again, &POLICY, NOW + 1800, NULL), ST_CONFLICT);
}

/* The issuer's set of algorithms changes: one that comes is announced and signs at the next tick, one
 * that goes signs no more, and what it has signed can be verified as long as ever. */
static void algorithms_come_and_go(void **state)
{
	(void)state;
	AUTO_PLACE struct place p;
	place_init(&p);
	p.options.algorithms = 1U << KEY_EDDSA;
	assert_ok(keys_create(&p.options, NOW, NULL));
	AUTO(keys) struct keys *k = place_open(&p);
	AUTO_BUF struct buf token = { 0 };
	struct key_policy policy = { 86400, 30 * 86400, 300, 1U << KEY_EDDSA };
	assert_ok(keys_tick(k, &policy, NOW + 60, NULL));
	assert_int_equal(sign_text(k, KEY_SM2, "JWT", "{}", &token), ST_NOT_FOUND);
	assert_int_equal(keys_rotate(k, KEY_SM2, true, &policy, NOW + 60, NULL, NULL), ST_INVALID);

	policy.algorithms |= 1U << KEY_SM2;
	assert_ok(keys_tick(k, &policy, NOW + 120, NULL));
	assert_int_equal(count_keys(k, KEY_SM2, KEY_ANNOUNCED, NULL), 1);
	assert_ok(keys_tick(k, &policy, NOW + 180, NULL));
	assert_ok(sign_text(k, KEY_SM2, "JWT", "{}", &token));

	policy.algorithms = 1U << KEY_EDDSA;
	assert_ok(keys_tick(k, &policy, NOW + 240, NULL));
	assert_int_equal(count_keys(k, KEY_SM2, KEY_RETIRED, NULL), 1);
	json_t *set = load_jwks(k);
	assert_true(verifies(set, buf_slice(&token)));
	json_decref(set);
	assert_int_equal(sign_text(k, KEY_SM2, "JWT", "{}", &token), ST_NOT_FOUND);
	assert_ok(sign_text(k, KEY_EDDSA, "JWT", "{}", &token));
	assert_ok(keys_tick(k, &policy, NOW + 240 + 300 + RING_LAG_S, NULL));
	set = load_jwks(k);
	assert_int_equal(json_array_size(json_object_get(set, "keys")), 1);
	json_decref(set);
}

static void a_policy_that_cannot_be_kept_is_refused(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	static const struct key_policy bad = { 0, 0, 0, ALL };
	struct error e = { 0 };
	assert_int_equal(keys_tick(k, &bad, NOW, &e), ST_INVALID);
	assert_int_equal(keys_rotate(k, KEY_ES256, true, &bad, NOW, NULL, &e), ST_INVALID);
	assert_int_equal(keys_rotate(k, KEY_ALGORITHM_COUNT, true, &POLICY, NOW, NULL, &e), ST_INVALID);
	assert_true(strlen(e.message) > 0);
}

/* ---- by an operator --------------------------------------------------------------------- */

static void rotate_announces(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	struct key_info first, info, other;
	struct error e = { 0 };
	assert_int_equal(count_keys(k, KEY_EDDSA, KEY_ACTIVE, &first), 1);
	assert_ok(keys_rotate(k, KEY_EDDSA, false, &POLICY, NOW + 10, &info, &e));
	assert_int_equal(info.state, KEY_ANNOUNCED);
	assert_int_equal(info.algorithm, KEY_EDDSA);
	assert_int_equal(info.activates_at, NOW + 10 + DAY);
	assert_signs_with(k, KEY_EDDSA, first.kid);
	assert_true(is_published(k, info.kid));
	assert_int_equal(count_keys(k, KEY_ES256, KEY_ANNOUNCED, NULL), 0);

	assert_int_equal(keys_rotate(k, KEY_EDDSA, false, &POLICY, NOW + 20, &other, &e), ST_EXISTS);
	assert_mentions(e, info.kid);
	assert_ok(keys_tick(k, &POLICY, NOW + 10 + DAY, &e));
	assert_signs_with(k, KEY_EDDSA, info.kid);
}

static void rotate_at_once_activates(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	struct key_info first, second, third, retired;
	assert_int_equal(count_keys(k, KEY_RS256, KEY_ACTIVE, &first), 1);
	assert_ok(keys_rotate(k, KEY_RS256, true, &POLICY, NOW + 10, &second, NULL));
	assert_int_equal(second.state, KEY_ACTIVE);
	assert_signs_with(k, KEY_RS256, second.kid);
	assert_true(is_published(k, first.kid));
	assert_int_equal(count_keys(k, KEY_RS256, KEY_RETIRED, &retired), 1);
	assert_string_equal(retired.kid, first.kid);
	assert_int_equal(retired.drops_at, NOW + 10 + 300 + RING_LAG_S);

	/* The announced key, which verifiers know, is taken before a new one. */
	assert_ok(keys_rotate(k, KEY_RS256, false, &POLICY, NOW + 20, &third, NULL));
	assert_ok(keys_rotate(k, KEY_RS256, true, &POLICY, NOW + 30, &second, NULL));
	assert_string_equal(second.kid, third.kid);
	assert_signs_with(k, KEY_RS256, third.kid);
}

static void a_revoked_key_is_gone_at_once(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	struct key_info first, info;
	char now_signing[44];
	AUTO_BUF struct buf token = { 0 };
	assert_int_equal(count_keys(k, KEY_ES256, KEY_ACTIVE, &first), 1);
	assert_ok(sign_text(k, KEY_ES256, "JWT", "{}", &token));
	assert_ok(keys_revoke(k, slice_str(first.kid), NOW + 10, NULL));
	json_t *set = load_jwks(k);
	assert_false(verifies(set, buf_slice(&token)));
	json_decref(set);
	assert_int_equal(count_keys(k, KEY_ES256, KEY_REVOKED, &info), 1);
	assert_string_equal(info.kid, first.kid);
	assert_int_equal(info.drops_at, NOW + 10);
	signing_kid(k, KEY_ES256, now_signing);
	assert_string_not_equal(now_signing, first.kid);

	assert_ok(keys_revoke(k, slice_str(first.kid), NOW + 20, NULL)); /* again */
	assert_signs_with(k, KEY_ES256, now_signing);
	struct error e = { 0 };
	assert_int_equal(keys_revoke(k, SLICE("unknown"), NOW, &e), ST_NOT_FOUND);

	/* An announced one goes without replacing anything; whatever the clock shows. */
	assert_ok(keys_rotate(k, KEY_ES256, false, &POLICY, NOW + 30, &info, NULL));
	assert_ok(keys_revoke(k, slice_str(info.kid), NOW - 100 * DAY, NULL));
	assert_false(is_published(k, info.kid));
	assert_signs_with(k, KEY_ES256, now_signing);

	AUTO_ARENA struct arena a = { 0 };
	struct slice archive;
	assert_ok(keys_archive(k, &a, &archive));
	assert_null(memmem(archive.p, archive.n, first.kid, 43));
	AUTO(keys) struct keys *again = place_open(&p);
	assert_signs_with(again, KEY_ES256, now_signing);
	assert_false(is_published(again, first.kid));
}

static void a_revoked_key_is_followed_by_the_announced_one(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	struct key_info first, next;
	assert_int_equal(count_keys(k, KEY_ES256, KEY_ACTIVE, &first), 1);
	assert_ok(keys_rotate(k, KEY_ES256, false, &POLICY, NOW, &next, NULL));
	assert_ok(keys_revoke(k, slice_str(first.kid), NOW + 10, NULL));
	assert_signs_with(k, KEY_ES256, next.kid);
}

/* ---- several processes on one directory ------------------------------------------------- */

static void another_s_change_is_picked_up(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *one = place_open(&p);
	AUTO(keys) struct keys *two = place_open(&p);
	struct key_info info;
	assert_ok(keys_rotate(one, KEY_ES256, true, &POLICY, NOW + 10, &info, NULL));
	assert_ok(keys_reload(two, NULL));
	assert_signs_with(two, KEY_ES256, info.kid);
	assert_int_equal(keys_generation(two), keys_generation(one));

	assert_ok(keys_rotate(two, KEY_ES256, true, &POLICY, NOW + 20, &info, NULL));
	assert_ok(keys_tick(one, &POLICY, NOW + 30, NULL));
	assert_signs_with(one, KEY_ES256, info.kid);

	/* Who changes on top of another's change loses nothing of it. */
	assert_ok(keys_rotate(one, KEY_EDDSA, true, &POLICY, NOW + 40, &info, NULL));
	assert_ok(keys_rotate(two, KEY_ES256, true, &POLICY, NOW + 50, NULL, NULL));
	assert_signs_with(two, KEY_EDDSA, info.kid);
}

static void two_tickers_announce_one_key(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *one = place_open(&p);
	AUTO(keys) struct keys *two = place_open(&p);
	assert_ok(keys_tick(one, &POLICY, NOW + 29 * DAY, NULL));
	assert_ok(keys_tick(two, &POLICY, NOW + 29 * DAY, NULL));
	for (int alg = 0; alg < KEY_ALGORITHM_COUNT; alg++) {
		struct key_info a, b;
		assert_int_equal(count_keys(one, (enum key_algorithm)alg, KEY_ANNOUNCED, &a), 1);
		assert_int_equal(count_keys(two, (enum key_algorithm)alg, KEY_ANNOUNCED, &b), 1);
		assert_string_equal(a.kid, b.kid);
	}
	/* A resume in one lets the other go on, too. */
	assert_int_equal(keys_tick(two, &POLICY, NOW, NULL), ST_CONFLICT);
	assert_ok(keys_resume(one, NOW, NULL));
	assert_ok(keys_tick(two, &POLICY, NOW, NULL));
}

/* The file says how many writes it has seen. */
static uint64_t file_generation(const struct place *p)
{
	AUTO_ARENA struct arena a = { 0 };
	AUTO_BUF struct buf text = { 0 };
	struct secret kek = { 0 };
	struct slice bytes;
	struct ring ring;
	file_get(p->kek, &text);
	assert_ok(hex_decode(slice_first(buf_slice(&text), 64), kek.bytes, SECRET_SIZE));
	assert_ok(keyfile_read(p->dir, "ring", &kek, &a, &bytes, NULL));
	assert_ok(ring_decode(bytes, &a, &ring));
	return ring.generation;
}

static void each_write_is_counted(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *one = place_open(&p);
	AUTO(keys) struct keys *two = place_open(&p);
	assert_int_equal(file_generation(&p), 1);
	for (uint64_t i = 0; i < 6; i++) {
		struct keys *k = i % 2 ? one : two;
		assert_ok(keys_rotate(k, KEY_EDDSA, true, &POLICY, NOW, NULL, NULL));
		assert_int_equal(file_generation(&p), 2 + i);
	}
	assert_ok(keys_tick(one, &POLICY, NOW, NULL)); /* nothing to do, nothing written */
	assert_int_equal(file_generation(&p), 7);
}

/* ---- files that go bad under a running process ------------------------------------------ */

static void expect_unharmed(struct keys *k, const char *kid, status expected)
{
	struct error e = { 0 };
	struct key_info unused;
	assert_int_equal(keys_reload(k, &e), expected);
	assert_true(strlen(e.message) > 0);
	assert_int_equal(keys_tick(k, &POLICY, NOW + 29 * DAY, &e), expected);
	assert_int_equal(keys_rotate(k, KEY_ES256, true, &POLICY, NOW + 1, &unused, &e), expected);
	assert_int_equal(keys_revoke(k, slice_str(kid), NOW + 1, &e), expected);
	assert_signs_with(k, KEY_ES256, kid);
}

static void the_running_keys_stay_when_files_go_bad(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	struct key_info active;
	char aside[160];
	snprintf(aside, sizeof aside, "%s/aside", p.root);
	assert_int_equal(count_keys(k, KEY_ES256, KEY_ACTIVE, &active), 1);

	assert_int_equal(rename(p.ring, aside), 0);
	expect_unharmed(k, active.kid, ST_CORRUPT);
	file_put(p.ring, SLICE("authd ring 1 half a f"));
	expect_unharmed(k, active.kid, ST_INVALID);
	file_put(p.ring, SLICE("rubbish"));
	expect_unharmed(k, active.kid, ST_CORRUPT);
	assert_int_equal(rename(aside, p.ring), 0);
	assert_int_equal(chmod(p.ring, 0644), 0);
	expect_unharmed(k, active.kid, ST_INVALID);
	assert_int_equal(chmod(p.ring, 0600), 0);
	assert_int_equal(rename(p.secrets, aside), 0);
	expect_unharmed(k, active.kid, ST_CORRUPT);
	assert_int_equal(rename(aside, p.secrets), 0);
	assert_int_equal(chmod(p.dir, 0755), 0);
	expect_unharmed(k, active.kid, ST_INVALID);
	assert_int_equal(chmod(p.dir, 0700), 0);

	/* Well again: all goes on. The KEK's file is not needed any more. */
	assert_int_equal(unlink(p.kek), 0);
	assert_ok(keys_reload(k, NULL));
	assert_ok(keys_tick(k, &POLICY, NOW + 29 * DAY, NULL));
}

static void a_write_that_fails_changes_nothing(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	struct key_info active, unused;
	struct error e = { 0 };
	char beside[160];
	snprintf(beside, sizeof beside, "%s/ring.new", p.dir);
	assert_int_equal(count_keys(k, KEY_ES256, KEY_ACTIVE, &active), 1);
	assert_int_equal(mkdir(beside, 0700), 0);
	uint64_t generation = keys_generation(k);
	assert_int_equal(keys_rotate(k, KEY_ES256, true, &POLICY, NOW + 1, &unused, &e), ST_IO);
	assert_mentions(e, beside);
	assert_int_equal(keys_tick(k, &POLICY, NOW + 29 * DAY, &e), ST_IO);
	assert_int_equal(keys_generation(k), generation);
	assert_signs_with(k, KEY_ES256, active.kid);
	assert_int_equal(rmdir(beside), 0);
	assert_ok(keys_tick(k, &POLICY, NOW + 29 * DAY, &e));
}

static void a_change_waits_for_the_lock_and_gives_up(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	struct error e = { 0 };
	int lock = -1;
	assert_ok(file_lock(p.dir, &lock, NULL));
	assert_int_equal(keys_tick(k, &POLICY, NOW + 29 * DAY, &e), ST_UNAVAILABLE);
	assert_mentions(e, p.dir);
	AUTO_BUF struct buf token = { 0 };
	assert_ok(sign_text(k, KEY_ES256, "JWT", "{}", &token));
	file_unlock(lock);
	assert_ok(keys_tick(k, &POLICY, NOW + 29 * DAY, &e));
}

/* A backup is a copy of the two files: it opens under the same KEK, and holds nothing of it. */
static void a_backup_is_a_copy_of_the_files(void **state)
{
	AUTO_PLACE struct place p, restored;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	struct key_info info;
	assert_ok(keys_rotate(k, KEY_ES256, true, &POLICY, NOW + 1, &info, NULL));
	place_copy(&p, &restored);
	AUTO(keys) struct keys *r = place_open(&restored);
	assert_signs_with(r, KEY_ES256, info.kid);

	AUTO_BUF struct buf kek = { 0 }, file = { 0 };
	uint8_t raw[32];
	file_get(p.kek, &kek);
	assert_ok(hex_decode(slice_first(buf_slice(&kek), 64), raw, 32));
	file_get(p.ring, &file);
	file_get(p.secrets, &file);
	assert_null(memmem(file.p, file.n, raw, 32));
	assert_null(memmem(file.p, file.n, kek.p, 64));
}

static void symmetric_secrets_stay_the_same(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	AUTO(keys) struct keys *again = place_open(&p);
	struct secret seen[SECRET_USE_COUNT];
	assert_ok(keys_rotate(k, KEY_ES256, true, &POLICY, NOW, NULL, NULL));
	for (int use = 0; use < SECRET_USE_COUNT; use++) {
		struct secret other = { { 9 } };
		uint32_t version = 0, versions[4] = { 0 };
		assert_ok(keys_secret(k, (enum secret_use)use, 0, &seen[use], &version));
		assert_int_equal(version, 1);
		assert_int_equal(keys_secret(k, (enum secret_use)use, 2, &other, &version), ST_NOT_FOUND);
		assert_int_equal(other.bytes[0], 9);
		assert_ok(keys_secret(again, (enum secret_use)use, 1, &other, NULL));
		assert_memory_equal(seen[use].bytes, other.bytes, SECRET_SIZE);
		assert_int_equal(keys_secret_versions(k, (enum secret_use)use, versions, 4), 1);
		assert_int_equal(versions[0], 1);
		assert_int_equal(keys_secret_versions(k, (enum secret_use)use, versions, 0), 0);
		for (int before = 0; before < use; before++)
			assert_memory_not_equal(seen[use].bytes, seen[before].bytes, SECRET_SIZE);
	}
	struct secret unused;
	assert_int_equal(keys_secret(k, SECRET_USE_COUNT, 0, &unused, NULL), ST_NOT_FOUND);
}

static void states_have_names(void **state)
{
	(void)state;
	assert_string_equal(key_state_name(KEY_ANNOUNCED), "announced");
	assert_string_equal(key_state_name(KEY_ACTIVE), "active");
	assert_string_equal(key_state_name(KEY_RETIRED), "retired");
	assert_string_equal(key_state_name(KEY_REVOKED), "revoked");
	assert_string_equal(key_state_name((enum key_state)9), "unknown");
	keys_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tick_announces_activates_and_drops),
		cmocka_unit_test(a_wrong_clock_waits_for_an_operator),
		cmocka_unit_test(a_clock_that_goes_back_is_seen_within_the_process),
		cmocka_unit_test(algorithms_come_and_go),
		cmocka_unit_test(a_policy_that_cannot_be_kept_is_refused),
		cmocka_unit_test(rotate_announces),
		cmocka_unit_test(rotate_at_once_activates),
		cmocka_unit_test(a_revoked_key_is_gone_at_once),
		cmocka_unit_test(a_revoked_key_is_followed_by_the_announced_one),
		cmocka_unit_test(another_s_change_is_picked_up),
		cmocka_unit_test(two_tickers_announce_one_key),
		cmocka_unit_test(each_write_is_counted),
		cmocka_unit_test(the_running_keys_stay_when_files_go_bad),
		cmocka_unit_test(a_write_that_fails_changes_nothing),
		cmocka_unit_test(a_change_waits_for_the_lock_and_gives_up),
		cmocka_unit_test(a_backup_is_a_copy_of_the_files),
		cmocka_unit_test(symmetric_secrets_stay_the_same),
		cmocka_unit_test(states_have_names),
	};
	return cmocka_run_group_tests_name("life", tests, place_make_template, place_free_template);
}
