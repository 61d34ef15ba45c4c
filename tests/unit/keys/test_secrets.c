/* Secrets that are rotated and destroyed, and the key-encryption key that is replaced. */
#include "tests/unit/keys/test.h"

#include "keys/kek.h"
#include "keys/keyfile.h"
#include "keys/state.h"

static const char *const HEX[] = {
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
	"f00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
};

static struct secret_ages ages_of(struct keys *k, enum secret_use use)
{
	struct secret_ages ages;
	assert_ok(keys_secret_ages(k, use, &ages));
	return ages;
}

static void names(void **)
{
	for (enum secret_use u = 0; u < SECRET_USE_COUNT; u++) {
		enum secret_use back;
		assert_ok(secret_use_parse(slice_str(secret_use_name(u)), &back));
		assert_int_equal(back, u);
	}
	enum secret_use kept = SECRET_PAGE;
	assert_int_equal(secret_use_parse(SLICE("nonsense"), &kept), ST_INVALID);
	assert_int_equal(kept, SECRET_PAGE);
}

static void a_version_more_and_one_less(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p), *other = place_open(&p);
	AUTO_SECRET struct secret before, after;
	struct error e = { 0 };
	uint32_t version;
	assert_ok(keys_secret(k, SECRET_BLIND_INDEX, 0, &before, &version));
	assert_ok(keys_secret_rotate(k, SECRET_BLIND_INDEX, NOW + 5, &version, &e));
	assert_int_equal(version, 2);
	struct secret_ages ages = ages_of(k, SECRET_BLIND_INDEX);
	assert_int_equal(ages.newest, 2);
	assert_int_equal(ages.before, 1);
	assert_int_equal(ages.newest_at, NOW + 5);
	assert_ok(keys_secret(k, SECRET_BLIND_INDEX, 0, &after, &version));
	assert_int_equal(version, 2);
	assert_false(slice_equal_secret(secret_slice(&before), secret_slice(&after)));
	assert_int_equal(ages_of(k, SECRET_PAGE).before, 0);

	/* Not again before that is over; never the salt; nothing that is none. */
	assert_int_equal(keys_secret_rotate(k, SECRET_BLIND_INDEX, NOW, &version, &e), ST_EXISTS);
	assert_mentions(e, "still in use");
	assert_int_equal(keys_secret_rotate(k, SECRET_PAIRWISE, NOW, &version, &e), ST_INVALID);
	assert_int_equal(keys_secret_rotate(k, SECRET_USE_COUNT, NOW, &version, &e), ST_INVALID);

	/* Another process meets the version in what it reads, and looks. */
	AUTO_SECRET struct secret seen;
	assert_int_equal(ages_of(other, SECRET_BLIND_INDEX).newest, 1);
	assert_ok(keys_secret(other, SECRET_BLIND_INDEX, 2, &seen, &version));
	assert_true(slice_equal_secret(secret_slice(&after), secret_slice(&seen)));
	assert_int_equal(keys_secret(other, SECRET_BLIND_INDEX, 9, &seen, &version), ST_NOT_FOUND);

	assert_int_equal(keys_secret_destroy(k, SECRET_BLIND_INDEX, 2, &e), ST_INVALID);
	assert_ok(keys_secret_destroy(k, SECRET_BLIND_INDEX, 1, &e));
	assert_ok(keys_secret_destroy(k, SECRET_BLIND_INDEX, 1, &e));
	assert_int_equal(keys_secret(k, SECRET_BLIND_INDEX, 1, &seen, &version), ST_NOT_FOUND);
	assert_int_equal(ages_of(k, SECRET_BLIND_INDEX).before, 0);

	AUTO(keys) struct keys *again = place_open(&p);
	AUTO_ARENA struct arena a = { 0 };
	struct secret_info *list;
	size_t n;
	assert_ok(keys_secrets_list(again, &a, &list, &n));
	assert_int_equal(n, SECRET_USE_COUNT);
	assert_int_equal(list[SECRET_BLIND_INDEX].version, 2);
	assert_true(list[SECRET_BLIND_INDEX].current);
	assert_ok(keys_secret_rotate(again, SECRET_BLIND_INDEX, NOW, &version, &e));
	assert_int_equal(version, 3);
}

/* ---- the key-encryption key ------------------------------------------------------------------- */

static void new_kek(const struct place *p, char path[128], const char *hex)
{
	snprintf(path, 128, "%s/kek-2", p->root);
	file_put(path, slice_str(hex));
}

static bool is_there(const struct place *p, const char *name)
{
	return keyfile_exists(p->dir, name, NULL) == ST_OK;
}

static void rekeyed(void **state)
{
	AUTO_PLACE struct place p;
	char path[128];
	struct error e = { 0 };
	AUTO_BUF struct buf text = { 0 };
	AUTO_SECRET struct secret before, after;
	uint32_t version;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p), *other = place_open(&p);
	assert_ok(keys_secret(k, SECRET_PAIRWISE, 0, &before, &version));
	new_kek(&p, path, HEX[0]);
	assert_ok(keys_rekey(k, path, &e));
	file_get(p.kek, &text);
	assert_slice(buf_slice(&text), HEX[0]);
	assert_false(is_there(&p, "ring.next") || is_there(&p, "secrets.next"));

	AUTO(keys) struct keys *again = place_open(&p);
	assert_ok(keys_secret(again, SECRET_PAIRWISE, 0, &after, &version));
	assert_true(slice_equal_secret(secret_slice(&before), secret_slice(&after)));
	/* Both processes go on, and write what the other can read. */
	assert_ok(keys_secret_rotate(other, SECRET_PAGE, NOW, &version, &e));
	assert_ok(keys_secret_rotate(k, SECRET_CACHE, NOW, &version, &e));
	assert_int_equal(ages_of(k, SECRET_PAGE).newest, 2);

	assert_int_equal(keys_rekey(k, path, &e), ST_EXISTS);
	file_put(path, SLICE("short\n"));
	assert_int_equal(keys_rekey(k, path, &e), ST_INVALID);
	snprintf(path, sizeof path, "%s/kek", p.data);
	file_put(path, slice_str(HEX[1]));
	assert_int_equal(keys_rekey(k, path, &e), ST_INVALID); /* where backups take it along */
	assert_false(is_there(&p, "ring.next") || is_there(&p, "secrets.next"));
}

static struct secret kek_of(const struct place *p)
{
	struct secret kek;
	assert_ok(kek_read(&p->options, &kek, NULL));
	return kek;
}

/* Each moment at which a machine may fail: `next` of the files are written, the KEK is replaced or not,
 * `adopted` of them are in place. */
static void cut_short(void **state, size_t next, bool replaced, size_t adopted)
{
	static const char *const names[] = { "ring", "secrets" };
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	AUTO_SECRET struct secret kek, before, after;
	uint32_t version;
	assert_ok(keys_secret(k, SECRET_PAIRWISE, 0, &before, &version));
	const struct slice contents[] = { k->current->ring_bytes, k->current->secrets_bytes };
	char path[128];
	new_kek(&p, path, HEX[0]);
	assert_ok(kek_read(&(struct keys_options){ .dir = p.dir, .kek_file = path, .data_dir = p.data }, &kek, NULL));
	for (size_t i = 0; i < next; i++) {
		char file[32];
		snprintf(file, sizeof file, "%s.next", names[i]);
		assert_ok(keyfile_write_as(p.dir, names[i], file, &kek, contents[i], NULL));
		if (i < adopted)
			assert_ok(keyfile_adopt(p.dir, file, names[i], NULL));
	}
	if (replaced)
		file_put(p.kek, slice_str(HEX[0]));
	AUTO(keys) struct keys *again = place_open(&p);
	assert_ok(keys_secret(again, SECRET_PAIRWISE, 0, &after, &version));
	assert_true(slice_equal_secret(secret_slice(&before), secret_slice(&after)));
	assert_false(is_there(&p, "ring.next") || is_there(&p, "secrets.next"));
	AUTO_SECRET struct secret now = kek_of(&p);
	assert_int_equal(slice_equal_secret(secret_slice(&now), secret_slice(&kek)), replaced);
}

static void a_rekey_that_was_cut_short(void **state)
{
	cut_short(state, 0, false, 0);
	cut_short(state, 1, false, 0);
	cut_short(state, 2, false, 0);
	cut_short(state, 2, true, 0);
	cut_short(state, 2, true, 1);
	cut_short(state, 2, true, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(a_version_more_and_one_less),
		cmocka_unit_test(rekeyed),
		cmocka_unit_test(a_rekey_that_was_cut_short),
	};
	return cmocka_run_group_tests(tests, place_make_template, place_free_template);
}
