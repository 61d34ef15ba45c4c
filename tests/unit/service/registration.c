/* Rows of the registers: checked column by column, merged, many in one batch. */
#include "fixture.h"

#include "authd/service/registration_batch.h"
#include "authd/service/registration_bulk.h"
#include "authd/service/subjects.h"
#include "authd/service/login_name.h"

#include <sys/stat.h>

static struct registration row(void)
{
	struct registration r = { 0 };
	r.columns[COLUMN_NUMBER] = SLICE("11010519491231002x");
	r.columns[COLUMN_NAME] = SLICE("张三");
	return r;
}

static status check(struct fixture *f, const struct registration *r, struct subject *ret)
{
	struct error e = { 0 };
	status s = registration_check(SUBJECT_NATURAL, r, NOW, &f->arena, ret, &e);
	if (s == ST_INVALID)
		assert_true(e.message[0]);
	return s;
}

static void what_the_number_says_is_taken_over(void **state)
{
	struct fixture *f = *state;
	struct subject s;
	struct registration r = row();
	assert_ok(check(f, &r, &s));
	assert_slice(s.number, "11010519491231002X");
	assert_slice(s.birthdate, "1949-12-31");
	assert_slice(s.gender, "female");
	assert_int_equal(s.number_type, NUMBER_RESIDENT);
	r.columns[COLUMN_BIRTHDATE] = SLICE("1949-12-31");
	r.columns[COLUMN_GENDER] = SLICE("女");
	assert_ok(check(f, &r, &s));
	r.columns[COLUMN_NUMBER] = SLICE("610104620927690");
	r.columns[COLUMN_BIRTHDATE] = r.columns[COLUMN_GENDER] = NO_SLICE;
	assert_ok(check(f, &r, &s));
	assert_slice(s.number, "610104196209276908");

	r = row();
	r.columns[COLUMN_TYPE] = SLICE("passport");
	r.columns[COLUMN_NUMBER] = SLICE("E12345678");
	assert_ok(check(f, &r, &s));
	assert_null(s.birthdate.p);
	r.columns[COLUMN_BIRTHDATE] = SLICE("2000-02-29");
	r.columns[COLUMN_GENDER] = SLICE("1");
	assert_ok(check(f, &r, &s));
	assert_slice(s.birthdate, "2000-02-29");
	assert_slice(s.gender, "male");

	r = row();
	r.columns[COLUMN_NUMBER] = SLICE("810000199408230021");
	assert_ok(check(f, &r, &s));
	assert_int_equal(s.number_type, NUMBER_RESIDENCE_PERMIT);
}

static void a_passports_machine_readable_line(void **state)
{
	static const struct {
		enum column column;
		const char *text;
	} bad[] = {
		{ COLUMN_MRZ, "L898902C36UTO7408122F1204159ZE184226B<<<<<11" },
		{ COLUMN_MRZ, "L898902C36UTO7408123F1204159ZE184226B<<<<<10" },
		{ COLUMN_NUMBER, "L898902C4" },
		{ COLUMN_BIRTHDATE, "1974-08-13" },
		{ COLUMN_GENDER, "male" },
		{ COLUMN_TYPE, "hm_travel" },
	};
	struct fixture *f = *state;
	struct subject s;
	struct registration good = row();
	good.columns[COLUMN_TYPE] = SLICE("passport");
	good.columns[COLUMN_NUMBER] = SLICE("L898902C3");
	good.columns[COLUMN_MRZ] = SLICE("L898902C36UTO7408122F1204159ZE184226B<<<<<10");
	assert_ok(check(f, &good, &s));
	good.columns[COLUMN_BIRTHDATE] = SLICE("1974-08-12");
	good.columns[COLUMN_GENDER] = SLICE("female");
	assert_ok(check(f, &good, &s));
	for (size_t k = 0; k < COUNT_OF(bad); k++) {
		struct registration r = good;
		r.columns[bad[k].column] = slice_str(bad[k].text);
		assert_int_equal(check(f, &r, &s), ST_INVALID);
	}
}

static void what_is_refused(void **state)
{
	static const struct {
		enum column column;
		const char *text;
	} bad[] = {
		{ COLUMN_TYPE, "credit" },          { COLUMN_TYPE, "nonsense" },
		{ COLUMN_NUMBER, "" },              { COLUMN_NUMBER, "110105194912310021" },
		{ COLUMN_NUMBER, " 11010519491231002X" },
		{ COLUMN_NAME, "" },                { COLUMN_NAME, " 张三" },
		{ COLUMN_NAME, "张三 " },           { COLUMN_NAME, "张\n三" },
		{ COLUMN_NAME, "\xff" },            { COLUMN_BIRTHDATE, "1949-12-30" },
		{ COLUMN_BIRTHDATE, "19491231" },   { COLUMN_BIRTHDATE, "1949-13-31" },
		{ COLUMN_BIRTHDATE, "1949-02-30" }, { COLUMN_BIRTHDATE, "1949/12/31" },
		{ COLUMN_GENDER, "male" },          { COLUMN_GENDER, "1" },
		{ COLUMN_GENDER, "x" },             { COLUMN_PHONE_NUMBER, "1234" },
		{ COLUMN_PHONE_NUMBER, "1380013800x" }, { COLUMN_PHONE_NUMBER, "1380013800013800" },
		{ COLUMN_PHONE_NUMBER, "86+13800138000" },
		{ COLUMN_EMAIL, "a" },              { COLUMN_EMAIL, "@b.cn" },
		{ COLUMN_EMAIL, "a@b" },            { COLUMN_EMAIL, "a@b@c.cn" },
		{ COLUMN_EMAIL, "a b@c.cn" },       { COLUMN_EMAIL, "a@.cn" },
		{ COLUMN_LOGIN_NAME, "1abc" },      { COLUMN_LOGIN_NAME, "ab" },
		{ COLUMN_LEVEL, "1" },              { COLUMN_LEVEL, "6" },
		{ COLUMN_LEVEL, "33" },             { COLUMN_STATE, "dead" },
		{ COLUMN_REPRESENTATIVE_NAME, "李四" },
	};
	struct fixture *f = *state;
	struct subject s;
	for (size_t k = 0; k < COUNT_OF(bad); k++) {
		struct registration r = row();
		r.columns[bad[k].column] = slice_str(bad[k].text);
		if (check(f, &r, &s) != ST_INVALID)
			fail_msg("%s: '%s' was let in", column_name(bad[k].column), bad[k].text);
	}
}

/* Reasons go into logs and answers: they name the column, never what stood there. */
/* What portals may show, and only natural persons have. */
static void texts_for_portals(void **state)
{
	static const struct {
		enum column column;
		const char *good, *bad;
	} rows[] = {
		{ COLUMN_GIVEN_NAME, "三", " 三" },
		{ COLUMN_PICTURE, "https://a.example/1.png", "javascript:alert(1)" },
		{ COLUMN_WEBSITE, "http://a.example", "http://a.example/\"x" },
		{ COLUMN_ZONEINFO, "Asia/Shanghai", "Asia Shanghai" },
		{ COLUMN_LOCALE, "zh-Hans-CN", "zh<CN" },
	};
	struct fixture *f = *state;
	struct subject s;
	struct error e = { 0 };
	for (size_t k = 0; k < COUNT_OF(rows); k++) {
		struct registration r = { 0 };
		r.columns[COLUMN_NUMBER] = SLICE("11010519491231002X");
		r.columns[COLUMN_NAME] = SLICE("张三");
		r.columns[rows[k].column] = slice_str(rows[k].good);
		assert_ok(registration_check(SUBJECT_NATURAL, &r, NOW, &f->arena, &s, &e));
		r.columns[rows[k].column] = slice_str(rows[k].bad);
		assert_int_equal(registration_check(SUBJECT_NATURAL, &r, NOW, &f->arena, &s, &e), ST_INVALID);
		assert_true(strstr(e.message, column_name(rows[k].column)) != NULL);
	}
	enum column unused;
	assert_int_equal(column_parse(SUBJECT_LEGAL, SLICE("given_name"), &unused), ST_INVALID);
}

static void reasons_quote_nothing(void **state)
{
	struct fixture *f = *state;
	struct subject s;
	struct error e;
	struct registration r = row();
	r.columns[COLUMN_EMAIL] = SLICE("secretive-text");
	assert_int_equal(registration_check(SUBJECT_NATURAL, &r, NOW, &f->arena, &s, &e), ST_INVALID);
	assert_null(strstr(e.message, "secretive"));
	assert_non_null(strstr(e.message, "email"));
	r = row();
	r.columns[COLUMN_NUMBER] = SLICE("110105194912310021");
	assert_int_equal(registration_check(SUBJECT_NATURAL, &r, NOW, &f->arena, &s, &e), ST_INVALID);
	assert_null(strstr(e.message, "19491231"));
}

static void legal_persons(void **state)
{
	struct fixture *f = *state;
	struct subject s;
	struct error e;
	struct registration r = { 0 };
	r.columns[COLUMN_NUMBER] = SLICE("91350100M000100Y43");
	r.columns[COLUMN_NAME] = SLICE("福建某某有限公司");
	r.columns[COLUMN_REPRESENTATIVE_NAME] = SLICE("王五");
	assert_ok(registration_check(SUBJECT_LEGAL, &r, NOW, &f->arena, &s, &e));
	assert_false(s.number_flagged);
	r.columns[COLUMN_NUMBER] = SLICE("91350211M00013FA1N");
	assert_ok(registration_check(SUBJECT_LEGAL, &r, NOW, &f->arena, &s, &e));
	assert_true(s.number_flagged);
	r.columns[COLUMN_BIRTHDATE] = SLICE("2000-01-01");
	assert_int_equal(registration_check(SUBJECT_LEGAL, &r, NOW, &f->arena, &s, &e), ST_INVALID);
}

static void batch_begin(struct fixture *f, struct registration_batch *rb)
{
	assert_ok(registration_batch_begin(rb, &f->issuer, new_batch(f), &f->arena, SUBJECT_NATURAL, NOW,
					   3));
}

static struct subject put(struct fixture *f, const struct registration *r,
			  enum registration_outcome expected)
{
	struct subject said, s;
	enum registration_outcome outcome;
	struct registration_batch rb;
	struct error e = { 0 };
	batch_begin(f, &rb);
	assert_ok(registration_batch_row(&rb, r, &outcome, &e));
	assert_int_equal(outcome, expected);
	assert_ok(commit(f, rb.batch));
	assert_ok(check(f, r, &said));
	assert_ok(subjects_find(&f->issuer, said.number_type, said.number, &f->arena, &s));
	return s;
}

static void a_number_seen_again_updates_the_same_subject(void **state)
{
	struct fixture *f = *state;
	struct registration r = row();
	r.columns[COLUMN_EMAIL] = SLICE("a@b.cn");
	r.columns[COLUMN_LOGIN_NAME] = SLICE("Zhang.San");
	struct subject first = put(f, &r, REGISTRATION_ADDED), again;
	assert_int_equal(first.level, 3);
	assert_int_equal(first.state, SUBJECT_ACTIVE);
	put(f, &r, REGISTRATION_UNCHANGED);

	r = row();
	put(f, &r, REGISTRATION_UNCHANGED); /* what is left out says nothing */
	r.columns[COLUMN_NAME] = SLICE("张三丰");
	r.columns[COLUMN_LEVEL] = SLICE("4");
	r.columns[COLUMN_STATE] = SLICE("suspended");
	again = put(f, &r, REGISTRATION_UPDATED);
	assert_true(id_equal(again.id, first.id));
	assert_slice(again.email, "a@b.cn");
	assert_slice(again.login_name, "zhang.san");
	assert_int_equal(again.level, 4);
	assert_int_equal(again.state, SUBJECT_SUSPENDED);
	r = row();
	put(f, &r, REGISTRATION_UPDATED);
	assert_ok(subjects_get(&f->issuer, first.id, &f->arena, &again));
	assert_slice(again.name, "张三");
	assert_int_equal(again.state, SUBJECT_SUSPENDED);
}

static void a_new_address_is_not_verified(void **state)
{
	struct fixture *f = *state;
	struct registration r = row();
	r.columns[COLUMN_EMAIL] = SLICE("a@b.cn");
	struct subject s = put(f, &r, REGISTRATION_ADDED);
	s.email_verified = true;
	struct batch *b = new_batch(f);
	assert_ok(subjects_put(&f->issuer, b, &f->arena, NOW, &s, VERSION_ANY));
	assert_ok(commit(f, b));
	put(f, &r, REGISTRATION_UNCHANGED);
	r.columns[COLUMN_EMAIL] = SLICE("c@d.cn");
	assert_false(put(f, &r, REGISTRATION_UPDATED).email_verified);
}

static void a_batch_has_each_person_once(void **state)
{
	struct fixture *f = *state;
	struct registration_batch rb;
	struct registration one = row(), two = row(), three = row();
	struct error e = { 0 };
	one.columns[COLUMN_LOGIN_NAME] = SLICE("zhang");
	two.columns[COLUMN_NUMBER] = SLICE("440524188001010014");
	two.columns[COLUMN_LOGIN_NAME] = SLICE("ZHANG");
	three.columns[COLUMN_NUMBER] = SLICE("nonsense");

	batch_begin(f, &rb);
	assert_ok(registration_batch_row(&rb, &one, NULL, &e));
	assert_int_equal(registration_batch_row(&rb, &one, NULL, &e), ST_BUSY);
	assert_int_equal(registration_batch_row(&rb, &two, NULL, &e), ST_BUSY);
	assert_int_equal(registration_batch_row(&rb, &three, NULL, &e), ST_INVALID);
	assert_ok(commit(f, rb.batch));

	batch_begin(f, &rb);
	assert_ok(registration_batch_row(&rb, &one, NULL, &e));
	assert_int_equal(rb.counts[REGISTRATION_UNCHANGED], 1);
	assert_int_equal(registration_batch_row(&rb, &two, NULL, &e), ST_EXISTS); /* the name is taken */
	two.columns[COLUMN_LOGIN_NAME] = SLICE("li.si");
	assert_ok(registration_batch_row(&rb, &two, NULL, &e));
	assert_ok(commit(f, rb.batch));
	struct subject s;
	assert_ok(subjects_find_login(&f->issuer, SLICE("li.si"), NOW, &f->arena, &s));
}

struct told {
	uint64_t row;
	enum index index;
};

static status tell(void *context, uint64_t row, enum index i)
{
	*(struct told *)context = (struct told){ row, i };
	return ST_OK;
}

static void build(struct fixture *f, struct records_bulk *b, const struct registration *rows, size_t n)
{
	AUTO(records_bulk_part) struct records_bulk_part *part = NULL;
	struct sealer sealer = { .left = 0 };
	assert_ok(records_bulk_part_new(b, &part));
	for (size_t k = 0; k < n; k++) {
		struct subject said;
		assert_ok(registration_check(SUBJECT_NATURAL, &rows[k], NOW, &f->arena, &said, NULL));
		assert_ok(registration_bulk_put(f->issuer.keys, part, k + 1, NOW, &said, &sealer,
						&f->arena));
	}
	assert_ok(records_bulk_part_end(part));
	sealer_done(&sealer);
}

/* Under both versions of the index key; who comes second is named by the index that says so. */
static void a_build_in_bulk_has_each_person_once(void **state)
{
	struct fixture *f = *state;
	struct told told = { 0 };
	fixture_add_secret(f, SECRET_BLIND_INDEX);
	const char *dir = (const char *)arena_format(&f->arena, "%s/bulk", f->dir).p;
	assert_int_equal(mkdir(dir, 0700), 0);
	struct registration rows[] = { row(), row(), row() };
	rows[0].columns[COLUMN_LOGIN_NAME] = SLICE("Zhang");
	rows[1].columns[COLUMN_NUMBER] = SLICE("440524188001010014");
	rows[1].columns[COLUMN_NAME] = SLICE("李四");
	rows[1].columns[COLUMN_LOGIN_NAME] = SLICE("li.si");
	const struct records_bulk_options options = { .dir = dir, .memory = 1, .refused = tell,
						      .context = &told };
	AUTO(records_bulk) struct records_bulk *b = NULL;
	assert_ok(records_bulk_open(&options, &b, NULL));
	build(f, b, rows, COUNT_OF(rows));
	assert_ok(records_bulk_finish(b, NULL));
	records_bulk_free(TAKE(b));
	assert_int_equal(told.row, 3);
	assert_int_equal(told.index, INDEX_IDENTIFIER);

	AUTO(records) struct records *records = NULL;
	assert_ok(records_open(&(struct records_options){ .dir = dir }, &records, NULL));
	struct records *other = f->issuer.records;
	f->issuer.records = records;
	struct subject s, again;
	assert_ok(subjects_find_login(&f->issuer, SLICE("zhang"), NOW, &f->arena, &s));
	assert_int_equal(s.created_at, NOW);
	assert_int_equal(s.state, SUBJECT_ACTIVE);
	assert_ok(subjects_find(&f->issuer, s.number_type, s.number, &f->arena, &again));
	assert_true(id_equal(s.id, again.id));
	assert_ok(subjects_find_login(&f->issuer, SLICE("440524188001010014"), NOW, &f->arena, &s));
	assert_slice(s.name, "李四");
	f->issuer.records = other;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_the_number_says_is_taken_over),
		TEST(a_passports_machine_readable_line),
		TEST(what_is_refused),
		TEST(texts_for_portals),
		TEST(reasons_quote_nothing),
		TEST(legal_persons),
		TEST(a_number_seen_again_updates_the_same_subject),
		TEST(a_new_address_is_not_verified),
		TEST(a_batch_has_each_person_once),
		TEST(a_build_in_bulk_has_each_person_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
