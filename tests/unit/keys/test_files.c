#include "tests/unit/keys/test.h"

#include "keys/file.h"
#include "keys/keyfile.h"
#include "keys/seal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

static status try_open(const struct place *p, struct error *e)
{
	struct keys *k = NULL;
	status s = keys_open(&p->options, &k, e);
	if (s != ST_OK)
		assert_null(k);
	keys_free(k);
	return s;
}

/* ---- making and opening ----------------------------------------------------------------- */

static mode_t mode_of(const char *path)
{
	struct stat st;
	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void create_makes_private_files(void **state)
{
	const struct place *p = *state;
	assert_int_equal(mode_of(p->dir), 0700);
	assert_int_equal(mode_of(p->ring), 0600);
	assert_int_equal(mode_of(p->secrets), 0600);
	assert_int_equal(mode_of(p->kek), 0600);
	AUTO_BUF struct buf kek = { 0 };
	uint8_t bytes[32];
	file_get(p->kek, &kek);
	assert_int_equal(kek.n, 65);
	assert_int_equal(kek.p[64], '\n');
	assert_ok(hex_decode(slice_first(buf_slice(&kek), 64), bytes, 32));
}

static void no_file_is_left_beside_them(void **state)
{
	const struct place *p = *state;
	DIR *d = opendir(p->dir);
	size_t n = 0;
	for (struct dirent *entry; (entry = readdir(d));)
		n += entry->d_name[0] != '.';
	closedir(d);
	assert_int_equal(n, 3); /* ring, secrets, lock */
}

static void create_overwrites_nothing(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO_BUF struct buf before = { 0 }, after = { 0 };
	struct error e = { 0 };
	file_get(p.ring, &before);
	assert_int_equal(keys_create(&p.options, NOW, &e), ST_EXISTS);
	assert_mentions(e, p.dir);
	file_get(p.ring, &after);
	assert_true(slice_equal(buf_slice(&before), buf_slice(&after)));

	/* Nor does it make a new KEK beside keys that another one seals. */
	assert_int_equal(unlink(p.kek), 0);
	assert_int_equal(keys_create(&p.options, NOW, &e), ST_EXISTS);
	assert_int_equal(access(p.kek, F_OK), -1);
}

static void create_takes_a_kek_that_is_there(void **state)
{
	const struct place *template = *state;
	AUTO_PLACE struct place p;
	place_init(&p);
	AUTO_BUF struct buf before = { 0 }, after = { 0 };
	file_copy(template->kek, p.kek);
	file_get(p.kek, &before);
	assert_ok(keys_create(&p.options, NOW, NULL));
	file_get(p.kek, &after);
	assert_true(slice_equal(buf_slice(&before), buf_slice(&after)));
	assert_ok(try_open(&p, NULL));
}

/* Killed between the two files: the secrets stay, the ring is made. */
static void create_finishes_what_was_begun(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO_BUF struct buf before = { 0 }, after = { 0 };
	struct error e = { 0 };
	file_get(p.secrets, &before);
	assert_int_equal(unlink(p.ring), 0);
	assert_int_equal(try_open(&p, &e), ST_CORRUPT);
	assert_mentions(e, "ring is missing");
	assert_ok(keys_create(&p.options, NOW, NULL));
	file_get(p.secrets, &after);
	assert_true(slice_equal(buf_slice(&before), buf_slice(&after)));
	assert_ok(try_open(&p, NULL));
}

static void secrets_without_their_kek_get_no_new_one(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	struct error e = { 0 };
	assert_int_equal(unlink(p.ring), 0);
	assert_int_equal(unlink(p.kek), 0);
	assert_int_equal(keys_create(&p.options, NOW, &e), ST_NOT_FOUND);
	assert_mentions(e, p.kek);
	assert_int_equal(access(p.kek, F_OK), -1);
}

static void create_says_where_it_cannot(void **state)
{
	(void)state;
	AUTO_PLACE struct place p;
	place_init(&p);
	char deep[128];
	struct error e = { 0 };
	snprintf(deep, sizeof deep, "%s/no/keys", p.root);
	struct keys_options o = { .dir = deep, .kek_file = p.kek };
	assert_int_equal(keys_create(&o, NOW, &e), ST_IO);
	assert_mentions(e, deep);
	snprintf(deep, sizeof deep, "%s/no/kek", p.root);
	o = (struct keys_options){ .dir = p.dir, .kek_file = deep };
	assert_int_equal(keys_create(&o, NOW, &e), ST_IO);
	assert_mentions(e, deep);
	o.kek_file = NULL;
	assert_int_equal(keys_create(&o, NOW, &e), ST_INVALID);
	o.kek_file = "";
	assert_int_equal(keys_create(&o, NOW, &e), ST_INVALID);
}

static void nothing_opens_where_nothing_is(void **state)
{
	(void)state;
	AUTO_PLACE struct place p;
	place_init(&p);
	struct error e = { 0 };
	assert_int_equal(try_open(&p, &e), ST_NOT_FOUND);
	assert_mentions(e, p.dir);
	assert_int_equal(mkdir(p.dir, 0700), 0);
	file_put(p.kek, SLICE("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"));
	assert_int_equal(try_open(&p, &e), ST_NOT_FOUND);
	assert_mentions(e, p.dir);
}

static void missing_secrets_refuse_to_start(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	struct error e = { 0 };
	assert_int_equal(unlink(p.secrets), 0);
	assert_int_equal(try_open(&p, &e), ST_CORRUPT);
	assert_mentions(e, "secrets is missing");
}

/* ---- the key-encryption key ------------------------------------------------------------- */

static void a_missing_kek_says_what_to_do(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	struct error e = { 0 };
	assert_int_equal(unlink(p.kek), 0);
	assert_int_equal(try_open(&p, &e), ST_INVALID);
	assert_mentions(e, p.kek);
	assert_mentions(e, "put it back");
}

static void another_kek_is_told_from_damage(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	struct error e = { 0 };
	file_put(p.kek, SLICE("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"));
	assert_int_equal(try_open(&p, &e), ST_INVALID);
	assert_mentions(e, "another key-encryption key");
}

static void a_malformed_kek_is_refused(void **state)
{
	static const struct slice bad[] = {
		SLICE_INIT(""), SLICE_INIT("\n"), SLICE_INIT("secret\n"),
		SLICE_INIT("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n"),
		SLICE_INIT("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg\n"),
		SLICE_INIT("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n\n"),
		SLICE_INIT("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0\n"),
		SLICE_INIT("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n"),
		SLICE_INIT(" 123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"),
	};
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct error e = { 0 };
		file_put(p.kek, bad[i]);
		assert_int_equal(try_open(&p, &e), ST_INVALID);
		assert_mentions(e, "64 hexadecimal digits");
		assert_null(strstr(e.message, "0123456789")); /* never what is in it */
	}
}

static void a_kek_without_its_newline_is_the_same(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	assert_int_equal(truncate(p.kek, 64), 0);
	assert_ok(try_open(&p, NULL));
}

static void a_kek_that_backups_take_along_is_refused(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	struct error e = { 0 };
	char path[160];
	snprintf(path, sizeof path, "%s/kek", p.dir);
	file_copy(p.kek, path);
	struct keys_options o = p.options;
	struct keys *k = NULL;
	o.kek_file = path;
	assert_int_equal(keys_open(&o, &k, &e), ST_INVALID);
	assert_mentions(e, "backups");
	unlink(path);

	snprintf(path, sizeof path, "%s/kek", p.data);
	file_copy(p.kek, path);
	assert_int_equal(keys_open(&o, &k, &e), ST_INVALID);
	assert_mentions(e, "backups");

	/* A link from outside does not hide it. */
	char link[160];
	snprintf(link, sizeof link, "%s/link", p.root);
	assert_int_equal(symlink(path, link), 0);
	o.kek_file = link;
	assert_int_equal(keys_open(&o, &k, &e), ST_INVALID);
	assert_mentions(e, "backups");

	/* Nor is one made there. */
	struct keys_options fresh = { .dir = link, .kek_file = path, .data_dir = p.data };
	assert_int_equal(unlink(link), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(keys_create(&fresh, NOW, &e), ST_INVALID);
	assert_int_equal(access(path, F_OK), -1);
}

static void keys_in_the_data_directory_are_refused(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	struct error e = { 0 };
	p.options.data_dir = p.root;
	assert_int_equal(try_open(&p, &e), ST_INVALID);
	assert_mentions(e, "data directory");
	p.options.data_dir = p.dir;
	assert_int_equal(try_open(&p, &e), ST_INVALID);
	p.options.data_dir = NULL;
	assert_ok(try_open(&p, &e));
}

/* ---- owner and mode --------------------------------------------------------------------- */

static void each_wrong_mode_is_refused(void **state)
{
	static const mode_t bits[] = { 0040, 0020, 0010, 0004, 0002, 0001 };
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	const char *const paths[] = { p.ring, p.secrets, p.kek, p.dir };
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		mode_t right = mode_of(paths[i]);
		for (size_t b = 0; b < COUNT_OF(bits); b++) {
			struct error e = { 0 };
			/* A systemd credential belongs to root and shows group-read. */
			bool credential = paths[i] == p.kek && bits[b] == 0040 && geteuid() == 0;
			assert_int_equal(chmod(paths[i], right | bits[b]), 0);
			assert_int_equal(try_open(&p, &e), credential ? ST_OK : ST_INVALID);
			if (!credential)
				assert_mentions(e, paths[i]);
		}
		assert_int_equal(chmod(paths[i], right), 0);
	}
	assert_ok(try_open(&p, NULL));
}

static void each_wrong_owner_is_refused(void **state)
{
	if (geteuid() != 0)
		skip();
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	const char *const paths[] = { p.ring, p.secrets, p.kek, p.dir };
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		struct error e = { 0 };
		assert_int_equal(chown(paths[i], 12345, 0), 0);
		assert_int_equal(try_open(&p, &e), ST_INVALID);
		assert_mentions(e, paths[i]);
		assert_mentions(e, "12345");
		assert_int_equal(chown(paths[i], 0, 0), 0);
	}
	/* Group-read is for root's own group alone. */
	assert_int_equal(chown(p.kek, 0, 12345), 0);
	assert_int_equal(chmod(p.kek, 0640), 0);
	assert_int_equal(try_open(&p, NULL), ST_INVALID);
}

static void what_is_not_a_regular_file_is_refused(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	struct error e = { 0 };
	char aside[160];
	snprintf(aside, sizeof aside, "%s/aside", p.root);
	assert_int_equal(rename(p.ring, aside), 0);
	assert_int_equal(symlink(aside, p.ring), 0);
	assert_int_equal(try_open(&p, &e), ST_INVALID);
	assert_mentions(e, "symbolic link");
	unlink(p.ring);
	assert_int_equal(mkfifo(p.ring, 0600), 0); /* must not wait for a writer */
	assert_int_equal(try_open(&p, &e), ST_INVALID);
	assert_mentions(e, "regular");
	unlink(p.ring);
	assert_int_equal(mkdir(p.ring, 0700), 0);
	assert_int_equal(try_open(&p, &e), ST_INVALID);
	rmdir(p.ring);
	file_put(p.ring, NO_SLICE);
	assert_int_equal(truncate(p.ring, PRIVATE_FILE_MAX + 1), 0);
	assert_int_equal(try_open(&p, &e), ST_TOO_LARGE);
}

/* ---- altered bytes ---------------------------------------------------------------------- */

static void each_altered_byte_is_refused(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	const char *const paths[] = { p.ring, p.secrets };
	for (size_t f = 0; f < COUNT_OF(paths); f++) {
		AUTO_BUF struct buf good = { 0 };
		file_get(paths[f], &good);
		int fd = open(paths[f], O_WRONLY);
		for (size_t i = 0; i < good.n; i++) {
			uint8_t altered = (uint8_t)(good.p[i] ^ (1 << i % 8));
			struct error e = { 0 };
			assert_int_equal(pwrite(fd, &altered, 1, (off_t)i), 1);
			status s = try_open(&p, &e);
			assert_true(s == ST_CORRUPT || s == ST_INVALID);
			assert_mentions(e, paths[f]);
			assert_int_equal(pwrite(fd, &good.p[i], 1, (off_t)i), 1);
		}
		close(fd);
	}
	assert_ok(try_open(&p, NULL));
}

static void each_cut_is_refused(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO_BUF struct buf good = { 0 };
	file_get(p.secrets, &good);
	for (size_t n = good.n; n-- > 0;) {
		assert_int_equal(truncate(p.secrets, (off_t)n), 0);
		status s = try_open(&p, NULL);
		assert_true(s == ST_CORRUPT || s == ST_INVALID);
	}
	buf_put_byte(&good, 0);
	file_put(p.secrets, buf_slice(&good));
	assert_int_equal(try_open(&p, NULL), ST_CORRUPT);
}

static void no_file_opens_in_place_of_another(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	file_copy(p.ring, p.secrets);
	assert_int_equal(try_open(&p, NULL), ST_CORRUPT);
}

/* A later authd's file is not half understood. */
static void a_later_form_is_refused(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO_BUF struct buf file = { 0 };
	struct error e = { 0 };
	file_get(p.ring, &file);
	assert_true(slice_starts(buf_slice(&file), SLICE("authd ring 1 ")));
	file.p[11] = '2';
	file_put(p.ring, buf_slice(&file));
	assert_int_equal(try_open(&p, &e), ST_CORRUPT);
	assert_mentions(e, "version");
}

/* ---- sealed files by themselves --------------------------------------------------------- */

static void a_sealed_file_shows_nothing_of_its_content(void **state)
{
	(void)state;
	AUTO_PLACE struct place p;
	place_init(&p);
	AUTO_ARENA struct arena a = { 0 };
	AUTO_BUF struct buf file = { 0 };
	struct secret kek = { { 1 } };
	struct slice got;
	char path[128];
	assert_ok(keyfile_write(p.root, "thing", &kek, SLICE("the secret text"), NULL));
	assert_ok(keyfile_read(p.root, "thing", &kek, &a, &got, NULL));
	assert_slice(got, "the secret text");
	snprintf(path, sizeof path, "%s/thing", p.root);
	file_get(path, &file);
	assert_null(memmem(file.p, file.n, "secret", 6));
	assert_null(memmem(file.p, file.n, kek.bytes, SECRET_SIZE));
	assert_int_equal(keyfile_read(p.root, "other", &kek, &a, &got, NULL), ST_NOT_FOUND);
	assert_int_equal(keyfile_exists(p.root, "other", NULL), ST_NOT_FOUND);
	assert_ok(keyfile_exists(p.root, "thing", NULL));
}

static void a_write_that_fails_leaves_the_file(void **state)
{
	(void)state;
	AUTO_PLACE struct place p;
	place_init(&p);
	AUTO_ARENA struct arena a = { 0 };
	struct secret kek = { { 1 } };
	struct slice got;
	struct error e = { 0 };
	char beside[128];
	assert_ok(keyfile_write(p.root, "thing", &kek, SLICE("first"), NULL));
	snprintf(beside, sizeof beside, "%s/thing.new", p.root);
	assert_int_equal(mkdir(beside, 0700), 0); /* so that the new file cannot be made */
	assert_int_equal(keyfile_write(p.root, "thing", &kek, SLICE("second"), &e), ST_IO);
	assert_mentions(e, beside);
	assert_ok(keyfile_read(p.root, "thing", &kek, &a, &got, NULL));
	assert_slice(got, "first");

	/* What a kill left behind is in nobody's way. */
	assert_int_equal(rmdir(beside), 0);
	file_put(beside, SLICE("half a fi"));
	assert_ok(keyfile_write(p.root, "thing", &kek, SLICE("second"), &e));
	assert_ok(keyfile_read(p.root, "thing", &kek, &a, &got, NULL));
	assert_slice(got, "second");
	assert_int_equal(access(beside, F_OK), -1);
}

static void the_lock_holds_between_threads_and_is_let_go(void **state)
{
	(void)state;
	AUTO_PLACE struct place p;
	place_init(&p);
	struct error e = { 0 };
	int one = -1, two = -1;
	assert_ok(file_lock(p.root, &one, &e));
	assert_int_equal(file_lock(p.root, &two, &e), ST_UNAVAILABLE);
	assert_mentions(e, p.root);
	assert_int_equal(two, -1);
	file_unlock(one);
	assert_ok(file_lock(p.root, &two, &e));
	file_unlock(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(create_makes_private_files),
		cmocka_unit_test(no_file_is_left_beside_them),
		cmocka_unit_test(create_overwrites_nothing),
		cmocka_unit_test(create_takes_a_kek_that_is_there),
		cmocka_unit_test(create_finishes_what_was_begun),
		cmocka_unit_test(secrets_without_their_kek_get_no_new_one),
		cmocka_unit_test(create_says_where_it_cannot),
		cmocka_unit_test(nothing_opens_where_nothing_is),
		cmocka_unit_test(missing_secrets_refuse_to_start),
		cmocka_unit_test(a_missing_kek_says_what_to_do),
		cmocka_unit_test(another_kek_is_told_from_damage),
		cmocka_unit_test(a_malformed_kek_is_refused),
		cmocka_unit_test(a_kek_without_its_newline_is_the_same),
		cmocka_unit_test(a_kek_that_backups_take_along_is_refused),
		cmocka_unit_test(keys_in_the_data_directory_are_refused),
		cmocka_unit_test(each_wrong_mode_is_refused),
		cmocka_unit_test(each_wrong_owner_is_refused),
		cmocka_unit_test(what_is_not_a_regular_file_is_refused),
		cmocka_unit_test(each_altered_byte_is_refused),
		cmocka_unit_test(each_cut_is_refused),
		cmocka_unit_test(no_file_opens_in_place_of_another),
		cmocka_unit_test(a_later_form_is_refused),
		cmocka_unit_test(a_sealed_file_shows_nothing_of_its_content),
		cmocka_unit_test(a_write_that_fails_leaves_the_file),
		cmocka_unit_test(the_lock_holds_between_threads_and_is_let_go),
	};
	return cmocka_run_group_tests_name("files", tests, place_make_template, place_free_template);
}
