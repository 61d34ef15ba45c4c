/*
 * What each check character promises, tried on ten thousand numbers of each kind: every single
 * character changed, and every two neighbours swapped.
 */
#include "authd/model/number.h"

#include "authd/model/number_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MANY = 10000 };
static const int64_t TODAY = 1750000000; /* 2025-06-15T15:06:40Z */

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* The beginning, a date, a sequence and the right check character. */
static void make_dated(uint64_t *seed, const char *beginning, char *out)
{
	uint64_t r = next_random(seed);
	char digits[64];
	snprintf(digits, sizeof digits, "%s%04d%02d%02d%03d", beginning,
	         1900 + (int)(r >> 24 & 0x7f) % 125, 1 + (int)(r >> 32 & 0xff) % 12,
	         1 + (int)(r >> 40 & 0xff) % 28, (int)(r >> 48 & 0xffff) % 1000);
	memcpy(out, digits, 17);
	out[17] = number_mod_11_2(digits);
	out[18] = '\0';
}

static void make_credit(uint64_t *seed, char *out)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	for (size_t i = 0; i < 17; i++)
		out[i] = alphabet[next_random(seed) % (i >= 2 && i < 8 ? 10 : 31)];
	out[16] = number_organisation_check(out + 8);
	out[17] = number_credit_check(out);
	out[18] = '\0';
}

/* Changed by one error, the number must be refused, or flagged by its check character. */
static bool is_caught(enum number_type t, const char *text)
{
	AUTO_ARENA struct arena a = {0};
	struct slice number;
	struct number_facts facts = {0};
	status s = number_check(t, slice_str(text), false, TODAY, &a, &number, &facts, NULL);
	return s != ST_OK || (facts.doubts & NUMBER_DOUBT_CHECK);
}

static size_t errors_missed(enum number_type t, const char *number, const char *alphabet)
{
	size_t missed = 0;
	char text[19];
	memcpy(text, number, sizeof text);
	for (size_t i = 0; i < 18; i++) {
		for (const char *c = alphabet; *c; c++) {
			text[i] = *c;
			missed += *c != number[i] && !is_caught(t, text);
		}
		text[i] = number[i];
	}
	for (size_t i = 0; i + 1 < 18; i++) {
		text[i] = number[i + 1];
		text[i + 1] = number[i];
		missed += text[i] != text[i + 1] && !is_caught(t, text);
		text[i] = number[i];
		text[i + 1] = number[i + 1];
	}
	return missed;
}

/* ISO 7064 MOD 11-2 promises all of both, the check character included. */
static void all_caught_by_mod_11_2(enum number_type t, const char *const *beginnings, size_t n)
{
	uint64_t seed = t;
	char number[19];
	for (size_t i = 0; i < MANY; i++) {
		make_dated(&seed, beginnings[i % n], number);
		assert_false(is_caught(t, number));
		assert_int_equal(errors_missed(t, number, "0123456789X"), 0);
	}
}

static void every_slip_in_a_resident_number_is_caught(void **)
{
	static const char *const areas[] = {"110105", "310230", "440524", "659001"};
	all_caught_by_mod_11_2(NUMBER_RESIDENT, areas, COUNT_OF(areas));
}

static void every_slip_in_a_residence_permit_is_caught(void **)
{
	static const char *const areas[] = {"810000", "820000", "830000"};
	all_caught_by_mod_11_2(NUMBER_RESIDENCE_PERMIT, areas, COUNT_OF(areas));
}

static void every_slip_in_a_foreign_permanent_residents_number_is_caught(void **)
{
	static const char *const areas[] = {"911840", "931392", "944156"};
	all_caught_by_mod_11_2(NUMBER_FOREIGN_PR, areas, COUNT_OF(areas));
}

/* GB 32100, MOD 31 over the alphabet of 31: all of both. */
static void every_slip_in_a_credit_code_is_caught(void **)
{
	uint64_t seed = 2;
	char number[19];
	for (size_t i = 0; i < MANY; i++) {
		make_credit(&seed, number);
		assert_false(is_caught(NUMBER_CREDIT, number));
		assert_int_equal(
		        errors_missed(NUMBER_CREDIT, number, "0123456789ABCDEFGHJKLMNPQRTUWXY"), 0);
	}
}

/*
 * GB 11714, MOD 11: of digits, every single error, and every swap of neighbours, the check digit
 * included. Letters are not promised: their values, 10 to 35, repeat modulo 11.
 */
static void every_slip_in_the_digits_of_an_organisation_code_is_caught(void **)
{
	uint64_t seed = 3;
	for (size_t i = 0; i < MANY; i++) {
		char code[10];
		snprintf(code, sizeof code, "%08u", (unsigned)(next_random(&seed) % 100000000));
		code[8] = number_organisation_check(code);
		for (size_t k = 0; k < 9; k++) {
			char kept = code[k];
			for (char c = '0'; c <= '9'; c++) {
				code[k] = c;
				assert_true(c == kept || number_organisation_check(code) != code[8]);
			}
			code[k] = kept;
		}
		for (size_t k = 0; k < 8; k++) {
			char swapped[10];
			memcpy(swapped, code, sizeof swapped);
			swapped[k] = code[k + 1];
			swapped[k + 1] = code[k];
			assert_true(swapped[k] == code[k] || swapped[k] == 'X' ||
			            number_organisation_check(swapped) != swapped[8]);
		}
	}
	/* What is not promised: P has the value 25, E 14. */
	assert_int_equal(number_organisation_check("E0000000"), number_organisation_check("P0000000"));
}

/* ---- ICAO 9303: 7-3-1 modulo 10 -------------------------------------------------------------- */

static const char SPECIMEN[] = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";

static bool is_mrz(const char *line)
{
	struct number_mrz mrz;
	return number_mrz_check(slice_str(line), &mrz, NULL) == ST_OK;
}

static void machine_readable_line(void **)
{
	struct number_mrz mrz;
	struct error e = {0};
	assert_int_equal(number_mrz_digit(SLICE("L898902C3")), '6');
	assert_int_equal(number_mrz_digit(SLICE("740812")), '2');
	assert_int_equal(number_mrz_digit(SLICE("120415")), '9');
	assert_int_equal(number_mrz_digit(SLICE("12a")), 0);
	assert_int_equal(number_mrz_check(slice_str(SPECIMEN), &mrz, NULL), ST_OK);
	assert_string_equal(mrz.number, "L898902C3");
	assert_string_equal(mrz.birthdate, "740812");
	assert_int_equal(mrz.gender, 'f');

	static const char *const bad[] = {"", "L898902C36UTO7408122F1204159ZE184226B<<<<<1",
	                                  "l898902C36UTO7408122F1204159ZE184226B<<<<<10",
	                                  "L898902C3 UTO7408122F1204159ZE184226B<<<<<10"};
	for (size_t k = 0; k < COUNT_OF(bad); k++) {
		memset(&e, 0, sizeof e);
		assert_int_equal(number_mrz_check(slice_str(bad[k]), &mrz, &e), ST_INVALID);
		assert_true(e.message[0]);
		assert_null(strstr(e.message, "898902"));
	}
}

static void empty_personal_number(void **)
{
	char line[] = "D231458907UTO7408122F3408122<<<<<<<<<<<<<<<0";
	char whole[40];
	for (int with_digit = 0; with_digit < 2; with_digit++) {
		line[9] = number_mrz_digit(slice_of(line, 9));
		line[27] = number_mrz_digit(slice_of(line + 21, 6));
		line[42] = with_digit ? '0' : '<';
		snprintf(whole, sizeof whole, "%.10s%.7s%.22s", line, line + 13, line + 21);
		line[43] = number_mrz_digit(slice_of(whole, 39));
		assert_true(is_mrz(line));
	}
	line[42] = '1';
	assert_false(is_mrz(line));
}

/* Each of ten thousand fields of nine digits. Of swaps, all but those of digits that differ by 5. */
static void every_slip_in_the_digits_of_a_machine_readable_line_is_caught(void **)
{
	uint64_t seed = 4;
	for (size_t i = 0; i < MANY; i++) {
		char field[10];
		snprintf(field, sizeof field, "%09u", (unsigned)(next_random(&seed) % 1000000000));
		const char right = number_mrz_digit(slice_of(field, 9));
		for (size_t k = 0; k < 9; k++) {
			char kept = field[k];
			for (char c = '0'; c <= '9'; c++) {
				field[k] = c;
				assert_true(c == kept || number_mrz_digit(slice_of(field, 9)) != right);
			}
			field[k] = kept;
		}
		for (size_t k = 0; k + 1 < 9; k++) {
			char a = field[k], b = field[k + 1];
			field[k] = b;
			field[k + 1] = a;
			bool promised = a != b && abs(a - b) != 5;
			assert_int_equal(number_mrz_digit(slice_of(field, 9)) != right, promised);
			field[k] = a;
			field[k + 1] = b;
		}
	}
}

/* In a whole line: each digit of what is checked, by its own check digit and by that of the whole. */
static void every_wrong_digit_of_the_specimen_is_caught(void **)
{
	char line[sizeof SPECIMEN];
	memcpy(line, SPECIMEN, sizeof line);
	for (size_t k = 0; k < 44; k++) {
		bool checked = k < 10 || (k >= 13 && k < 20) || k >= 21;
		for (char c = '0'; checked && is_digit((uint8_t)SPECIMEN[k]) && c <= '9'; c++) {
			line[k] = c;
			assert_int_equal(is_mrz(line), c == SPECIMEN[k]);
		}
		line[k] = SPECIMEN[k];
	}
	line[7] = 'M'; /* for C: 22 for 12, which is not promised */
	assert_true(is_mrz(line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_slip_in_a_resident_number_is_caught),
	        cmocka_unit_test(every_slip_in_a_residence_permit_is_caught),
	        cmocka_unit_test(every_slip_in_a_foreign_permanent_residents_number_is_caught),
	        cmocka_unit_test(every_slip_in_a_credit_code_is_caught),
	        cmocka_unit_test(every_slip_in_the_digits_of_an_organisation_code_is_caught),
	        cmocka_unit_test(machine_readable_line),
	        cmocka_unit_test(empty_personal_number),
	        cmocka_unit_test(every_slip_in_the_digits_of_a_machine_readable_line_is_caught),
	        cmocka_unit_test(every_wrong_digit_of_the_specimen_is_caught),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
