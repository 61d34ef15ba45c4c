/* One-time passwords: the vectors of the RFCs, and what a try leaves in the record. */
#include "fixture.h"

#include "authd/service/credentials.h"
#include "authd/service/totp.h"
#include "libauth/base/mem.h"

static const struct slice SECRET = SLICE_INIT("12345678901234567890");
static const struct id PERSON = { { 9 } };

/* RFC 4226, appendix D; RFC 6238, appendix B, SHA-1. */
static void vectors_of_the_standards(void **state)
{
	static const struct {
		int64_t step;
		int digits;
		const char *code;
	} CASES[] = {
		{ 0, 6, "755224" }, { 1, 6, "287082" }, { 2, 6, "359152" }, { 3, 6, "969429" }, { 4, 6, "338314" },
		{ 5, 6, "254676" }, { 6, 6, "287922" }, { 7, 6, "162583" }, { 8, 6, "399871" }, { 9, 6, "520489" },
		{ 59 / 30, 8, "94287082" }, { 1111111109 / 30, 8, "07081804" }, { 1111111111 / 30, 8, "14050471" },
		{ 1234567890 / 30, 8, "89005924" }, { 2000000000 / 30, 8, "69279037" },
		{ 20000000000 / 30, 8, "65353130" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		char code[16];
		assert_ok(totp_code(SECRET, CASES[i].step, CASES[i].digits, code));
		assert_string_equal(code, CASES[i].code);
	}
}

/* RFC 4648 §10, without the padding. */
static void base32_of_the_standard(void **state)
{
	static const char *const CASES[][2] = { { "", "" }, { "f", "MY" }, { "fo", "MZXQ" }, { "foo", "MZXW6" },
		{ "foob", "MZXW6YQ" }, { "fooba", "MZXW6YTB" }, { "foobar", "MZXW6YTBOI" } };
	struct fixture *f = *state;
	struct slice back;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		assert_slice(base32_text(slice_str(CASES[i][0]), &f->arena), CASES[i][1]);
		assert_ok(base32_read(slice_str(CASES[i][1]), &f->arena, &back));
		assert_slice(back, CASES[i][0]);
	}
	assert_int_equal(base32_read(SLICE("MZ1W"), &f->arena, &back), ST_INVALID);
}

static enum totp_answer try_code(struct fixture *f, struct totp *t, int64_t now, int64_t step)
{
	char code[16];
	enum totp_answer answer;
	assert_ok(totp_code(SECRET, step, TOTP_DIGITS, code));
	assert_ok(totp_try(&f->conf, PERSON, slice_str(code), now, &f->arena, t, &answer));
	return answer;
}

static enum totp_answer try_text(struct fixture *f, struct totp *t, int64_t now, struct slice text)
{
	enum totp_answer answer;
	assert_ok(totp_try(&f->conf, PERSON, text, now, &f->arena, t, &answer));
	return answer;
}

static void no_code_counts_twice(void **state)
{
	struct fixture *f = *state;
	struct totp t = { .secret = SECRET };
	int64_t step = NOW / TOTP_PERIOD_S;
	assert_int_equal(try_code(f, &t, NOW, step), TOTP_RIGHT);
	assert_int_equal(try_code(f, &t, NOW, step), TOTP_WRONG);
	assert_int_equal(try_code(f, &t, NOW, step - 1), TOTP_WRONG); /* nor one before it */
	assert_int_equal(try_code(f, &t, NOW, step + 1), TOTP_RIGHT);
	assert_int_equal(t.failures, 0);
}

static void a_clock_may_be_one_step_off(void **state)
{
	struct fixture *f = *state;
	int64_t step = NOW / TOTP_PERIOD_S;
	for (int off = -2; off <= 2; off++) {
		struct totp t = { .secret = SECRET };
		bool near = off >= -1 && off <= 1;
		assert_int_equal(try_code(f, &t, NOW, step + off), near ? TOTP_RIGHT : TOTP_WRONG);
	}
}

static void failures_lock(void **state)
{
	struct fixture *f = *state;
	struct totp t = { .secret = SECRET };
	int64_t after = NOW + f->conf.throttle.window_s;
	for (int i = 0; i < f->conf.throttle.account_failures; i++)
		assert_int_equal(try_text(f, &t, NOW, SLICE("12345")), TOTP_WRONG);
	assert_int_equal(try_code(f, &t, after - 1, (after - 1) / TOTP_PERIOD_S), TOTP_LOCKED);
	/* Then one try at a time, until one is right. */
	assert_int_equal(try_text(f, &t, after, SLICE("x")), TOTP_WRONG);
	assert_int_equal(try_text(f, &t, after, SLICE("x")), TOTP_LOCKED);
	after += f->conf.throttle.window_s;
	assert_int_equal(try_code(f, &t, after, after / TOTP_PERIOD_S), TOTP_RIGHT);
	assert_int_equal(t.failures, 0);
}

static void a_hundred_failures_leave_recovery_codes_alone(void **state)
{
	struct fixture *f = *state;
	struct totp t = { .secret = SECRET, .failures = TOTP_FAILURES_MAX, .failed_at = 1 };
	struct slice codes[RECOVERY_CODES];
	assert_ok(recovery_codes_make(PERSON, &f->arena, &t, codes));
	assert_int_equal(try_code(f, &t, NOW, NOW / TOTP_PERIOD_S), TOTP_LOCKED);
	assert_int_equal(try_text(f, &t, NOW, codes[0]), TOTP_RECOVERED);
}

static void a_recovery_code_counts_once(void **state)
{
	struct fixture *f = *state;
	struct totp t = { .secret = SECRET };
	struct slice codes[RECOVERY_CODES];
	assert_ok(recovery_codes_make(PERSON, &f->arena, &t, codes));
	assert_int_equal(recovery_codes_left(&t), RECOVERY_CODES);
	for (size_t i = 0; i < RECOVERY_CODES; i++)
		for (size_t k = 0; k < i; k++)
			assert_false(slice_equal(codes[i], codes[k]));
	assert_int_equal(try_text(f, &t, NOW, codes[3]), TOTP_RECOVERED);
	assert_int_equal(try_text(f, &t, NOW, codes[3]), TOTP_WRONG);
	assert_int_equal(recovery_codes_left(&t), RECOVERY_CODES - 1);
	/* As people type it. */
	AUTO_BUF struct buf typed = { 0 };
	for (size_t i = 0; i < codes[9].n; i++)
		if (codes[9].p[i] != '-')
			buf_format(&typed, "%c ", codes[9].p[i] >= 'A' ? codes[9].p[i] | 0x20 : codes[9].p[i]);
	assert_int_equal(try_text(f, &t, NOW, buf_slice(&typed)), TOTP_RECOVERED);

	struct totp other = t;
	enum totp_answer answer;
	assert_ok(totp_try(&f->conf, (struct id){ { 1 } }, codes[0], NOW, &f->arena, &other, &answer));
	assert_int_equal(answer, TOTP_WRONG);
}

/* What was used stays used when the cache is lost: it is in the records, sealed. */
static void the_record_keeps_it(void **state)
{
	struct fixture *f = *state;
	struct totp t = { .secret = SECRET, .created_at = NOW }, got;
	uint64_t version;
	bool enrolled = true;
	assert_ok(totp_enrolled(&f->issuer, PERSON, &enrolled));
	assert_false(enrolled);
	assert_int_equal(try_code(f, &t, NOW, NOW / TOTP_PERIOD_S), TOTP_RIGHT);
	struct batch *b = new_batch(f);
	assert_ok(totp_put(&f->issuer, b, &f->arena, PERSON, &t, VERSION_NONE));
	assert_ok(commit(f, b));
	fixture_reopen(f);
	assert_ok(totp_get(&f->issuer, PERSON, &f->arena, &got, &version));
	assert_slice(got.secret, "12345678901234567890");
	assert_int_equal(try_code(f, &got, NOW, NOW / TOTP_PERIOD_S), TOTP_WRONG);
	assert_ok(totp_enrolled(&f->issuer, PERSON, &enrolled));
	assert_true(enrolled);

	/* Of two who have read the same version, one is in time. */
	struct batch *first = new_batch(f), *second = new_batch(f);
	assert_ok(totp_put(&f->issuer, first, &f->arena, PERSON, &got, version));
	assert_ok(totp_put(&f->issuer, second, &f->arena, PERSON, &got, version));
	assert_ok(commit(f, first));
	assert_int_equal(commit(f, second), ST_CONFLICT);
}

/* Who has the store alone can make no code, and moves no record to another kind. */
static void the_store_alone_makes_no_code(void **state)
{
	struct fixture *f = *state;
	struct totp t = { .secret = SECRET, .created_at = NOW };
	struct slice codes[RECOVERY_CODES], plain;
	struct record_row *rows;
	struct credential password;
	size_t n;
	uint64_t version;
	assert_ok(recovery_codes_make(PERSON, &f->arena, &t, codes));
	struct batch *b = new_batch(f);
	assert_ok(totp_put(&f->issuer, b, &f->arena, PERSON, &t, VERSION_NONE));
	assert_ok(commit(f, b));
	assert_ok(records_rows(f->issuer.records, TABLE_CREDENTIALS, id_slice(&PERSON), NO_SLICE, 9, &f->arena,
			       &rows, &n));
	assert_int_equal(n, 1);
	struct slice sealed = rows[0].record.value;
	assert_null(memmem(sealed.p, sealed.n, SECRET.p, SECRET.n));
	assert_null(memmem(sealed.p, sealed.n, t.recovery.p, 16));

	uint8_t key[17];
	memcpy(key, PERSON.bytes, 16);
	key[16] = CREDENTIAL_PASSWORD;
	b = new_batch(f);
	batch_put(b, TABLE_CREDENTIALS, slice_of(key, sizeof key), VERSION_NONE, sealed);
	assert_ok(commit(f, b));
	assert_int_equal(credentials_get(&f->issuer, PERSON, &f->arena, &password, &version), ST_CORRUPT);
	assert_ok(credential_record_get(&f->issuer, PERSON, CREDENTIAL_TOTP, &f->arena, &plain, &version));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(vectors_of_the_standards),
		TEST(base32_of_the_standard),
		TEST(no_code_counts_twice),
		TEST(a_clock_may_be_one_step_off),
		TEST(failures_lock),
		TEST(a_hundred_failures_leave_recovery_codes_alone),
		TEST(a_recovery_code_counts_once),
		TEST(the_record_keeps_it),
		TEST(the_store_alone_makes_no_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
