/* Subjects: sealed, found blindly, updated in place, through a rotation of the index key. */
#include "fixture.h"

#include "authd/service/subject_record.h"
#include "authd/service/subjects.h"
#include "authd/service/credentials.h"
#include "authd/service/login_name.h"

#include <ctype.h>
#include <dirent.h>
#include <iconv.h>

static const char NUMBER[] = "11010519491231002X";
static const char NAME[] = "张晓明";

static struct subject zhang(void)
{
	return (struct subject){
		.kind = SUBJECT_NATURAL,
		.state = SUBJECT_ACTIVE,
		.number_type = NUMBER_RESIDENT,
		.number = slice_str(NUMBER),
		.name = slice_str(NAME),
		.login_name = SLICE("zhang.xiaoming"),
		.phone_number = SLICE("13800138000"),
		.email = SLICE("xiaoming@example.cn"),
		.birthdate = SLICE("1949-12-31"),
		.gender = SLICE("female"),
		.address = SLICE("北京市朝阳区某某路一号"),
		.level = 3,
	};
}

static struct subject add(struct fixture *f, struct subject s)
{
	struct batch *b = new_batch(f);
	assert_ok(subjects_put(&f->issuer, b, &f->arena, NOW, &s, VERSION_NONE));
	assert_ok(commit(f, b));
	return s;
}

static void what_was_put_comes_back(void **state)
{
	struct fixture *f = *state;
	struct subject s = add(f, zhang()), got;
	uint64_t version;
	assert_false(id_is_zero(s.id));
	assert_ok(subjects_get_version(&f->issuer, s.id, &f->arena, &got, &version));
	assert_int_equal(version, 1);
	assert_true(id_equal(got.id, s.id));
	assert_slice(got.name, NAME);
	assert_slice(got.number, NUMBER);
	assert_int_equal(got.created_at, NOW);
	assert_int_equal(subjects_get(&f->issuer, (struct id){ { 1 } }, &f->arena, &got), ST_NOT_FOUND);
}

static void found_by_number_and_by_what_people_type(void **state)
{
	static const char *const typed[] = {
		"11010519491231002X", "11010519491231002x", "  11010519491231002x \t",
		"\xe3\x80\x80" "11010519491231002X" "\xe3\x80\x80", "zhang.xiaoming", "Zhang.XiaoMing ",
	};
	static const char *const nobody[] = {
		"", " ", "11010519491231002", "110105194912310021", "440524188001010014", "li.si",
		"张晓明", "13800138000", "xiaoming@example.cn", "zhang.xiaoming\xff",
		"zhang.xiaoming zhang.xiaoming zhang.xiaoming zhang.xiaoming zhang.xiaoming",
	};
	struct fixture *f = *state;
	struct subject s = add(f, zhang()), got;
	assert_ok(subjects_find(&f->issuer, NUMBER_RESIDENT, slice_str(NUMBER), &f->arena, &got));
	assert_true(id_equal(got.id, s.id));
	assert_int_equal(subjects_find(&f->issuer, NUMBER_PASSPORT, slice_str(NUMBER), &f->arena, &got),
			 ST_NOT_FOUND);
	for (size_t k = 0; k < COUNT_OF(typed); k++) {
		assert_ok(subjects_find_login(&f->issuer, slice_str(typed[k]), NOW, &f->arena, &got));
		assert_true(id_equal(got.id, s.id));
	}
	for (size_t k = 0; k < COUNT_OF(nobody); k++)
		assert_int_equal(subjects_find_login(&f->issuer, slice_str(nobody[k]), NOW, &f->arena,
						     &got),
				 ST_NOT_FOUND);
}

/* 18 digits that begin with 9 are a credit code to one reader and a resident's number to another. */
static void numbers_that_look_alike(void **state)
{
	struct fixture *f = *state;
	struct subject foreigner = zhang(), got;
	foreigner.login_name = NO_SLICE;
	foreigner.number_type = NUMBER_FOREIGN_PR;
	foreigner.number = SLICE("911840199001010018");
	foreigner = add(f, foreigner);
	assert_ok(subjects_find_login(&f->issuer, SLICE("911840199001010018"), NOW, &f->arena, &got));
	assert_true(id_equal(got.id, foreigner.id));
}

static void number_and_login_name_are_unique(void **state)
{
	struct fixture *f = *state;
	struct subject s = add(f, zhang()), other = zhang();
	struct batch *b = new_batch(f);
	(void)s;
	assert_int_equal(subjects_put(&f->issuer, b, &f->arena, NOW, &other, VERSION_NONE), ST_EXISTS);
	assert_true(id_is_zero(other.id));
	other.number = SLICE("440524188001010014");
	assert_int_equal(subjects_put(&f->issuer, b, &f->arena, NOW, &other, VERSION_NONE), ST_EXISTS);
	other.login_name = NO_SLICE;
	assert_ok(subjects_put(&f->issuer, b, &f->arena, NOW, &other, VERSION_NONE));
	assert_ok(commit(f, b));
}

/* Both saw that the number was free: the commit decides. */
static void of_two_at_once_one_wins(void **state)
{
	struct fixture *f = *state;
	struct subject one = zhang(), two = zhang();
	struct batch *first = new_batch(f), *second = new_batch(f);
	assert_ok(subjects_put(&f->issuer, first, &f->arena, NOW, &one, VERSION_NONE));
	assert_ok(subjects_put(&f->issuer, second, &f->arena, NOW, &two, VERSION_NONE));
	assert_ok(commit(f, first));
	assert_int_equal(commit(f, second), ST_EXISTS);
	struct subject got;
	assert_int_equal(subjects_get(&f->issuer, two.id, &f->arena, &got), ST_NOT_FOUND);
}

static void an_update_keeps_id_key_and_birth_and_moves_the_names(void **state)
{
	struct fixture *f = *state;
	struct subject s = add(f, zhang()), got;
	struct record before, after;
	assert_ok(records_get(f->issuer.records, TABLE_SUBJECTS, id_slice(&s.id), &f->arena, &before));

	struct subject changed = s;
	changed.login_name = SLICE("xiaoming");
	changed.created_at = 1;
	struct batch *b = new_batch(f);
	assert_int_equal(subjects_put(&f->issuer, b, &f->arena, NOW + 9, &changed, 7), ST_CONFLICT);
	assert_ok(subjects_put(&f->issuer, b, &f->arena, NOW + 9, &changed, 1));
	assert_ok(commit(f, b));
	assert_int_equal(changed.created_at, NOW);
	assert_int_equal(changed.updated_at, NOW + 9);

	assert_ok(subjects_find_login(&f->issuer, SLICE("xiaoming"), NOW, &f->arena, &got));
	assert_true(id_equal(got.id, s.id));
	assert_int_equal(subjects_find_login(&f->issuer, SLICE("zhang.xiaoming"), NOW, &f->arena, &got),
			 ST_NOT_FOUND);
	struct secret old_key, new_key;
	assert_ok(records_get(f->issuer.records, TABLE_SUBJECTS, id_slice(&s.id), &f->arena, &after));
	assert_ok(subject_record_open(f->issuer.keys, s.id, before.value, &f->arena, &got, &old_key));
	assert_ok(subject_record_open(f->issuer.keys, s.id, after.value, &f->arena, &got, &new_key));
	assert_memory_equal(old_key.bytes, new_key.bytes, SECRET_SIZE);

	changed.id = (struct id){ { 9 } };
	assert_int_equal(subjects_put(&f->issuer, b, &f->arena, NOW, &changed, VERSION_ANY),
			 ST_NOT_FOUND);
}

static void records_that_were_moved_or_altered_do_not_open(void **state)
{
	struct fixture *f = *state;
	struct subject s = add(f, zhang()), got;
	struct record record;
	assert_ok(records_get(f->issuer.records, TABLE_SUBJECTS, id_slice(&s.id), &f->arena, &record));
	assert_int_equal(subject_record_open(f->issuer.keys, (struct id){ { 1 } }, record.value,
					     &f->arena, &got, NULL),
			 ST_CORRUPT);
	for (size_t k = 0; k < record.value.n; k++) {
		struct slice copy = arena_copy(&f->arena, record.value);
		((uint8_t *)copy.p)[k] ^= 1;
		status st = subject_record_open(f->issuer.keys, s.id, copy, &f->arena, &got, NULL);
		assert_true(st == ST_CORRUPT || (st == ST_UNAVAILABLE && k >= 1 && k <= 4));
	}
	for (size_t n = 0; n < record.value.n; n++)
		assert_int_equal(subject_record_open(f->issuer.keys, s.id, slice_first(record.value, n),
						     &f->arena, &got, NULL),
				 ST_CORRUPT);
}

static void another_wrapping_key_wraps_what_is_new(void **state)
{
	struct fixture *f = *state;
	struct subject s = add(f, zhang()), got;
	fixture_add_secret(f, SECRET_SUBJECT_WRAP);
	assert_ok(subjects_get(&f->issuer, s.id, &f->arena, &got));
	struct batch *b = new_batch(f);
	assert_ok(subjects_put(&f->issuer, b, &f->arena, NOW, &s, 1));
	assert_ok(commit(f, b));
	struct record record;
	assert_ok(records_get(f->issuer.records, TABLE_SUBJECTS, id_slice(&s.id), &f->arena, &record));
	assert_int_equal(record.value.p[4], 2);
	assert_ok(subjects_get(&f->issuer, s.id, &f->arena, &got));
}

static bool count_row(void *context, struct slice key, struct record record)
{
	(void)key, (void)record;
	++*(int *)context;
	return true;
}

static int entries(struct fixture *f, enum index index)
{
	int n = 0;
	assert_ok(records_scan_index(f->issuer.records, index, NO_SLICE, NO_SLICE, 100, count_row, &n));
	return n;
}

static void the_index_key_rotates(void **state)
{
	struct fixture *f = *state;
	struct subject s = add(f, zhang()), got, twin = zhang(), later = zhang();
	assert_int_equal(entries(f, INDEX_IDENTIFIER), 1);
	fixture_add_secret(f, SECRET_BLIND_INDEX);

	/* Found and unique under the old key; a new subject stands under both. */
	assert_ok(subjects_find(&f->issuer, NUMBER_RESIDENT, slice_str(NUMBER), &f->arena, &got));
	assert_ok(subjects_find_login(&f->issuer, SLICE("zhang.xiaoming"), NOW, &f->arena, &got));
	struct batch *b = new_batch(f);
	assert_int_equal(subjects_put(&f->issuer, b, &f->arena, NOW, &twin, VERSION_NONE), ST_EXISTS);
	later.number = SLICE("440524188001010014");
	later.login_name = NO_SLICE;
	assert_ok(subjects_put(&f->issuer, b, &f->arena, NOW, &later, VERSION_NONE));
	assert_ok(commit(f, b));
	assert_int_equal(entries(f, INDEX_IDENTIFIER), 3);

	/* Written again, the old one stands under both as well; a change of name clears both. */
	s.login_name = SLICE("renamed");
	b = new_batch(f);
	assert_ok(subjects_put(&f->issuer, b, &f->arena, NOW, &s, 1));
	assert_ok(commit(f, b));
	assert_int_equal(entries(f, INDEX_IDENTIFIER), 4);
	assert_int_equal(entries(f, INDEX_LOGIN_NAME), 2);
}

static void credentials_are_sealed_and_compared(void **state)
{
	struct fixture *f = *state;
	struct id id = { { 3, 1 } };
	struct credential in = { SLICE("$argon2id$v=19$m=64,t=1,p=1$abc$def"), NOW }, out;
	uint64_t version;
	assert_int_equal(credentials_get(&f->issuer, id, &f->arena, &out, &version), ST_NOT_FOUND);
	struct batch *b = new_batch(f);
	assert_ok(credentials_put(&f->issuer, b, &f->arena, id, &in, VERSION_NONE));
	assert_ok(commit(f, b));
	fixture_add_secret(f, SECRET_SUBJECT_WRAP);
	assert_ok(credentials_get(&f->issuer, id, &f->arena, &out, &version));
	assert_int_equal(version, 1);
	assert_true(slice_equal(in.password_hash, out.password_hash)); /* public: made up here */
	b = new_batch(f);
	assert_ok(credentials_put(&f->issuer, b, &f->arena, id, &in, VERSION_NONE));
	assert_int_equal(commit(f, b), ST_CONFLICT);
}

static void login_names(void **state)
{
	static const char *const good[] = { "abc", "Zhang.San", "李四四", "a-b_c@example.cn", "z9999" };
	static const char *const bad[] = {
		"", "ab", "1abc", ".abc", "a b", " abc", "abc ", "a\tb", "ab\x7f", "a/b", "ab\xc0\x80",
		"ab\xe2\x80\x8b", "ab\xe3\x80\x80", "ab\xc2\xa0", "e12345678", "h12345678", "G12345678",
		"abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcde",
	};
	struct fixture *f = *state;
	struct slice folded;
	struct error e;
	for (size_t k = 0; k < COUNT_OF(good); k++)
		assert_ok(login_name_check(slice_str(good[k]), &f->arena, &folded, &e));
	assert_slice(folded, "z9999");
	for (size_t k = 0; k < COUNT_OF(bad); k++)
		assert_int_equal(login_name_check(slice_str(bad[k]), &f->arena, &folded, &e), ST_INVALID);
	assert_int_equal(login_name_check(slice_of("ab\0c", 4), &f->arena, &folded, &e), ST_INVALID);
}

/* ---- nothing in the clear ------------------------------------------------------------------- */

static struct slice converted(struct fixture *f, const char *charset, struct slice text)
{
	char *out = arena_alloc(&f->arena, text.n * 4 + 4), *to = out;
	char *from = (char *)text.p;
	size_t from_n = text.n, to_n = text.n * 4 + 4;
	iconv_t cd = iconv_open(charset, "UTF-8");
	assert_true(cd != (iconv_t)-1);
	assert_int_equal(iconv(cd, &from, &from_n, &to, &to_n), 0);
	iconv_close(cd);
	return slice_of(out, (size_t)(to - out));
}

static struct slice hex_of(struct fixture *f, struct slice bytes, bool capitals)
{
	AUTO_BUF struct buf out = { 0 };
	buf_put_hex(&out, bytes);
	for (size_t k = 0; k < out.n && capitals; k++)
		out.p[k] = (uint8_t)toupper(out.p[k]);
	return arena_copy(&f->arena, buf_slice(&out));
}

/* The alphabet of RFC 4648 §4 in place of §5's. */
static struct slice plain_base64(struct fixture *f, struct slice text)
{
	struct slice copy = arena_copy(&f->arena, text);
	for (size_t k = 0; k < copy.n; k++)
		if (strchr("-_", copy.p[k]))
			((uint8_t *)copy.p)[k] = copy.p[k] == '-' ? '+' : '/';
	return copy;
}

/* base64 of a value inside other bytes: its three alignments, without the characters at the ends
 * that its neighbours share. */
static struct slice base64_of(struct fixture *f, struct slice bytes, size_t alignment)
{
	AUTO_BUF struct buf padded = { 0 };
	for (size_t k = 0; k < alignment; k++)
		buf_put_byte(&padded, 0);
	buf_put(&padded, bytes);
	struct slice text = arena_base64url(&f->arena, buf_slice(&padded));
	size_t head = alignment ? alignment + 1 : 0;
	return slice_first(slice_from(text, head), text.n - head - 2);
}

static void assert_absent(struct slice haystack, struct slice needle, const char *what)
{
	if (memmem(haystack.p, haystack.n, needle.p, needle.n))
		fail_msg("%s is in the store in the clear", what);
}

static void assert_sealed(struct fixture *f, struct slice haystack, struct slice value)
{
	const char *what = (const char *)value.p;
	assert_absent(haystack, value, what);
	assert_absent(haystack, converted(f, "GB18030", value), what);
	assert_absent(haystack, converted(f, "UTF-16LE", value), what);
	assert_absent(haystack, converted(f, "UTF-16BE", value), what);
	assert_absent(haystack, hex_of(f, value, false), what);
	assert_absent(haystack, hex_of(f, value, true), what);
	for (size_t k = 0; k < 3; k++) {
		struct slice text = base64_of(f, value, k);
		assert_absent(haystack, text, what);
		assert_absent(haystack, plain_base64(f, text), what);
	}
}

static void read_all(const char *dir, struct buf *out)
{
	DIR *d = opendir(dir);
	assert_non_null(d);
	for (struct dirent *entry; (entry = readdir(d));) {
		char path[512];
		snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		FILE *file = entry->d_type == DT_REG ? fopen(path, "rb") : NULL;
		for (int c; file && (c = getc(file)) != EOF;)
			buf_put_byte(out, (uint8_t)c);
		if (file)
			fclose(file);
	}
	closedir(d);
}

static void nothing_personal_is_in_the_files(void **state)
{
	struct fixture *f = *state;
	struct subject s = add(f, zhang());
	AUTO_BUF struct buf files = { 0 };
	read_all(f->records_dir, &files);
	assert_ok(buf_status(&files));
	assert_non_null(memmem(files.p, files.n, s.id.bytes, sizeof s.id.bytes));
	struct slice values[] = { s.number, s.name, s.login_name, s.phone_number, s.email, s.birthdate,
				  s.address };
	for (size_t k = 0; k < COUNT_OF(values); k++)
		assert_sealed(f, buf_slice(&files), values[k]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_was_put_comes_back),
		TEST(found_by_number_and_by_what_people_type),
		TEST(numbers_that_look_alike),
		TEST(number_and_login_name_are_unique),
		TEST(of_two_at_once_one_wins),
		TEST(an_update_keeps_id_key_and_birth_and_moves_the_names),
		TEST(records_that_were_moved_or_altered_do_not_open),
		TEST(another_wrapping_key_wraps_what_is_new),
		TEST(the_index_key_rotates),
		TEST(credentials_are_sealed_and_compared),
		TEST(login_names),
		TEST(nothing_personal_is_in_the_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
