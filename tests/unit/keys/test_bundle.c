/* What a trust bundle is made of: keys with the time in which they serve, and the root that signs. */
#include "tests/unit/keys/verifier.h"

#include "keys/root.h"

static const int64_t DAY = 86400;
static const struct key_policy POLICY = { 180 * 86400, 90 * 86400, 3600, ALL };

/* ---- keys with their time ------------------------------------------------------------------- */

struct dated {
	json_t *set;
	int64_t until;
};

static struct dated dated_now(struct keys *k)
{
	AUTO_ARENA struct arena a = { 0 };
	struct slice json;
	struct dated d;
	assert_ok(keys_jwks_dated(k, &POLICY, &a, &json, &d.until));
	d.set = json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(d.set);
	return d;
}

static int64_t number(const json_t *object, const char *name)
{
	assert_true(json_is_integer(json_object_get(object, name)));
	return json_integer_value(json_object_get(object, name));
}

/* A token that is signed at `now` meets its key in the set, from then until it expires. */
static void assert_serves(const struct dated *d, struct keys *k, int64_t now)
{
	struct key_info active;
	for (int alg = 0; alg < KEY_ALGORITHM_COUNT; alg++) {
		assert_int_equal(count_keys(k, (enum key_algorithm)alg, KEY_ACTIVE, &active), 1);
		const json_t *key = find_key(d->set, active.kid);
		assert_non_null(key);
		assert_true(number(key, "nbf") <= now);
		assert_true(number(key, "exp") >= now + POLICY.retain_s);
	}
}

/* A bundle each month; every one serves as long as it may, while keys come and go. */
static void months_of_bundles(void **state)
{
	enum { MONTHS = 10, STEP_DAYS = 30 };
	AUTO_PLACE struct place p;
	struct dated months[MONTHS];
	struct error e = { 0 };
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	for (int m = 0; m < MONTHS; m++) {
		int64_t now = NOW + m * STEP_DAYS * DAY;
		for (int again = 0; again < 3; again++)
			assert_ok(keys_tick(k, &POLICY, now, &e));
		months[m] = dated_now(k);
		assert_true(months[m].until > now + POLICY.announce_s);
		for (int before = 0; before <= m; before++)
			if (months[before].until > now)
				assert_serves(&months[before], k, now);
	}
	/* That was no accident: by now another key signs than at the start. */
	assert_true(months[0].until < NOW + MONTHS * STEP_DAYS * DAY);
	struct key_info active;
	assert_int_equal(count_keys(k, KEY_ES256, KEY_ACTIVE, &active), 1);
	assert_true(active.activates_at > NOW);
	for (int m = 0; m < MONTHS; m++)
		json_decref(months[m].set);
}

static void a_rotation_at_once_is_known_to_bundles(void **state)
{
	AUTO_PLACE struct place p;
	struct error e = { 0 };
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	assert_ok(keys_tick(k, &POLICY, NOW, &e));
	struct dated d = dated_now(k);
	assert_ok(keys_rotate(k, KEY_ES256, true, &POLICY, NOW + DAY, NULL, &e));
	assert_serves(&d, k, NOW + DAY);
	json_decref(d.set);
}

static void retired_and_revoked_keys(void **state)
{
	AUTO_PLACE struct place p;
	struct error e = { 0 };
	struct key_info first;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	assert_int_equal(count_keys(k, KEY_EDDSA, KEY_ACTIVE, &first), 1);
	assert_ok(keys_rotate(k, KEY_EDDSA, true, &POLICY, NOW + DAY, NULL, &e));
	struct dated d = dated_now(k);
	assert_int_equal(number(find_key(d.set, first.kid), "exp"), NOW + DAY + 3600 + 120);
	json_decref(d.set);
	assert_ok(keys_revoke(k, slice_str(first.kid), NOW + DAY, &e));
	d = dated_now(k);
	assert_null(find_key(d.set, first.kid));
	json_decref(d.set);
}

/* The algorithm that ends first decides. */
static void the_soonest_end_counts(void **state)
{
	AUTO_PLACE struct place p;
	struct error e = { 0 };
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	struct dated d = dated_now(k);
	assert_int_equal(d.until, NOW + POLICY.active_s);
	json_decref(d.set);
	assert_ok(keys_rotate(k, KEY_ES256, true, &POLICY, NOW + DAY, NULL, &e));
	d = dated_now(k);
	assert_int_equal(d.until, NOW + POLICY.active_s);
	json_decref(d.set);
}

/* ---- roots ---------------------------------------------------------------------------------- */

#define PASSPHRASE "correct horse battery"

static void a_root_signs_after_it_was_sealed(void **)
{
	AUTO_BUF struct buf pem = { 0 }, jwk = { 0 }, again = { 0 }, token = { 0 };
	AUTO(root) struct root *root = NULL;
	AUTO(root) struct root *opened = NULL;
	AUTO_ARENA struct arena a = { 0 };
	struct error e = { 0 };
	assert_ok(root_generate(&root));
	assert_ok(root_put_jwk(root, &jwk));
	assert_ok(root_seal(root, SLICE(PASSPHRASE), &pem, &e));
	assert_true(slice_starts(buf_slice(&pem), SLICE("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")));
	assert_ok(root_open(buf_slice(&pem), SLICE(PASSPHRASE), &opened, &e));
	assert_ok(root_put_jwk(opened, &again));
	assert_true(slice_equal(buf_slice(&jwk), buf_slice(&again)));
	assert_ok(root_sign(opened, ROOT_LINK_TYPE, SLICE("{}"), &token));
	struct slice text = arena_format(&a, "{\"keys\":[%.*s]}", SLICE_FMT(buf_slice(&jwk)));
	json_t *set = json_loadb((const char *)text.p, text.n, 0, NULL);
	assert_true(verifies(set, buf_slice(&token)));
	token.p[token.n - 3] = token.p[token.n - 3] == 'A' ? 'B' : 'A';
	assert_false(verifies(set, buf_slice(&token)));
	json_decref(set);
}

static void assert_closed(struct slice pem, struct slice passphrase)
{
	struct root *root = NULL;
	struct error e = { 0 };
	assert_int_equal(root_open(pem, passphrase, &root, &e), ST_INVALID);
	assert_null(root);
	assert_true(e.message[0]);
}

static void what_opens_no_root(void **)
{
	static const char plain[] =
		"-----BEGIN PRIVATE KEY-----\n"
		"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n";
	AUTO_BUF struct buf pem = { 0 };
	AUTO(root) struct root *root = NULL;
	struct error e = { 0 };
	assert_ok(root_generate(&root));
	assert_int_equal(root_seal(root, SLICE("too short"), &pem, &e), ST_INVALID);
	assert_mentions(e, "12 to 1024 bytes");
	assert_int_equal(pem.n, 0);
	assert_ok(root_seal(root, SLICE(PASSPHRASE), &pem, &e));
	assert_closed(buf_slice(&pem), SLICE("correct horse batterx"));
	assert_closed(buf_slice(&pem), NO_SLICE);
	assert_closed(slice_first(buf_slice(&pem), pem.n / 2), SLICE(PASSPHRASE));
	assert_closed(slice_str(plain), SLICE(PASSPHRASE));
	assert_closed(NO_SLICE, SLICE(PASSPHRASE));
	pem.p[100] = pem.p[100] == 'A' ? 'B' : 'A';
	assert_closed(buf_slice(&pem), SLICE(PASSPHRASE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(months_of_bundles),
		cmocka_unit_test(a_rotation_at_once_is_known_to_bundles),
		cmocka_unit_test(retired_and_revoked_keys),
		cmocka_unit_test(the_soonest_end_counts),
		cmocka_unit_test(a_root_signs_after_it_was_sealed),
		cmocka_unit_test(what_opens_no_root),
	};
	return cmocka_run_group_tests(tests, place_make_template, place_free_template);
}
