#include "authd/model/number.h"

#include "authd/model/number_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

static const int64_t TODAY = 1750000000; /* 2025-06-15T15:06:40Z */

struct answer {
	status status;
	char number[NUMBER_LENGTH_MAX + 1];
	struct number_facts facts;
	struct error error;
};

static struct answer check_at(enum number_type t, struct slice text, bool allow_15, int64_t today)
{
	AUTO_ARENA struct arena a = {0};
	struct slice normalised = NO_SLICE;
	struct answer r = {0};
	r.status = number_check(t, text, allow_15, today, &a, &normalised, &r.facts, &r.error);
	if (r.status == ST_OK)
		memcpy(r.number, normalised.p, normalised.n);
	return r;
}

static struct answer check(enum number_type t, const char *text)
{
	return check_at(t, slice_str(text), false, TODAY);
}

static void assert_good(enum number_type t, const char *text, unsigned doubts)
{
	struct answer r = check(t, text);
	assert_int_equal(r.status, ST_OK);
	assert_string_equal(r.number, text);
	assert_int_equal(r.facts.doubts, doubts);
	assert_int_equal(r.facts.flagged, doubts != 0);
}

/* Refused, with a reason that has `reason` in it and not the number. */
static void assert_bad(enum number_type t, const char *text, const char *reason)
{
	struct answer r = check(t, text);
	assert_int_equal(r.status, ST_INVALID);
	assert_int_equal(r.error.status, ST_INVALID);
	if (!strstr(r.error.message, reason))
		fail_msg("%s: \"%s\" does not say \"%s\"", text, r.error.message, reason);
	if (strlen(text) > 2)
		assert_null(strstr(r.error.message, text));
}

static void resident_vectors(void **)
{
	static const char *const good[] = {
	        "11010519491231002X",
	        "440524188001010014",
	        "360426199101010071",
	        "230306196304054513",
	        "310230199104010311",
	        "31023019910401075X",
	        "511181199409084218",
	        "610104196209276908",
	        /* residence permits of Hong Kong, Taiwan and Macao */
	        "810000199408230021",
	        "830000199201300022",
	        "820000199001010010",
	};
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_good(NUMBER_RESIDENT, good[i], 0);

	assert_bad(NUMBER_RESIDENT, "230307196304054513", "is 3, but X follows");
	assert_bad(NUMBER_RESIDENT, "110105194912310021", "check character");
	assert_bad(NUMBER_RESIDENT, "440524189001010014", "check character");
	assert_bad(NUMBER_RESIDENT, "820000199001010014", "check character");
	assert_bad(NUMBER_RESIDENT, "110105194902300020", "not in the calendar");
	assert_bad(NUMBER_RESIDENT, "110105194913320027", "birth month");
}

static void resident_form(void **)
{
	assert_bad(NUMBER_RESIDENT, "", "empty");
	assert_bad(NUMBER_RESIDENT, "1101051949123100", "16 characters");
	assert_bad(NUMBER_RESIDENT, "11010519491231002Y", "neither a digit nor X");
	assert_bad(NUMBER_RESIDENT, "1101051949123100XX", "position 17");
	assert_bad(NUMBER_RESIDENT, "A1010519491231002X", "position 1 ");
	assert_bad(NUMBER_RESIDENT, " 11010519491231002X", "blank at position 1");
	assert_bad(NUMBER_RESIDENT, "11010519491231002X ", "blank at position 19");
	assert_bad(NUMBER_RESIDENT, "11010519491231002\n", "blank");
	assert_bad(NUMBER_RESIDENT, "11010519491231002\x7f", "control character");
	assert_bad(NUMBER_RESIDENT, "１1010519491231002X", "full-width");
	assert_bad(NUMBER_RESIDENT, "911840199001010018", "foreign_pr");
	assert_int_equal(
	        check_at(NUMBER_RESIDENT, slice_of("11010519491231002\0", 18), false, TODAY).status,
	        ST_INVALID);
}

static void resident_facts(void **)
{
	struct answer r = check(NUMBER_RESIDENT, "11010519491231002x");
	assert_int_equal(r.status, ST_OK);
	assert_string_equal(r.number, "11010519491231002X");
	assert_string_equal(r.facts.birthdate, "1949-12-31");
	assert_int_equal(r.facts.gender, 'f');
	assert_int_equal(check(NUMBER_RESIDENT, "360426199101010071").facts.gender, 'm');
}

/* 17 digits and the right check character. */
static const char *numbered(const char *digits, char *out)
{
	memcpy(out, digits, 17);
	out[17] = number_mod_11_2(digits);
	out[18] = '\0';
	return out;
}

static void resident_dates(void **)
{
	char n[19];
	assert_bad(NUMBER_RESIDENT, numbered("11010517991231002", n), "before 1800");
	assert_good(NUMBER_RESIDENT, numbered("11010518000101002", n), 0);
	assert_good(NUMBER_RESIDENT, numbered("11010520000229002", n), 0);
	assert_bad(NUMBER_RESIDENT, numbered("11010519000229002", n), "calendar");
	assert_bad(NUMBER_RESIDENT, numbered("11010519990229002", n), "calendar");
	assert_bad(NUMBER_RESIDENT, numbered("11010519990431002", n), "calendar");
	assert_bad(NUMBER_RESIDENT, numbered("11010519990400002", n), "calendar");
	assert_bad(NUMBER_RESIDENT, numbered("11010519990032002", n), "month");
	assert_good(NUMBER_RESIDENT, numbered("11010520250615002", n), 0);
	assert_bad(NUMBER_RESIDENT, numbered("11010520250616002", n), "future");
	assert_bad(NUMBER_RESIDENT, numbered("11010599990616002", n), "future");
}

/* A day begins in China eight hours before it does in UTC. */
static void the_date_is_that_of_china(void **)
{
	char n[19];
	const int64_t midnight = 1750003200; /* 2025-06-16T00:00:00+08:00 */
	struct slice born = slice_str(numbered("11010520250616002", n));
	assert_int_equal(check_at(NUMBER_RESIDENT, born, false, midnight).status, ST_OK);
	assert_int_equal(check_at(NUMBER_RESIDENT, born, false, midnight - 1).status, ST_INVALID);
	assert_int_equal(check_at(NUMBER_RESIDENT, born, false, INT64_MAX).status, ST_OK);
	assert_int_equal(check_at(NUMBER_RESIDENT, born, false, INT64_MIN / 2).status, ST_INVALID);
}

static void an_unknown_area_is_a_doubt(void **)
{
	char n[19];
	assert_good(NUMBER_RESIDENT, numbered("66010520000229002", n), NUMBER_DOUBT_AREA);
	assert_good(NUMBER_RESIDENT, numbered("00010520000229002", n), NUMBER_DOUBT_AREA);
	assert_good(NUMBER_RESIDENT, numbered("71010520000229002", n), 0);
}

static void fifteen_digits(void **)
{
	assert_bad(NUMBER_RESIDENT, "610104620927690", "no longer in use");
	struct answer r = check_at(NUMBER_RESIDENT, SLICE("610104620927690"), true, TODAY);
	assert_int_equal(r.status, ST_OK);
	assert_string_equal(r.number, "610104196209276908");
	assert_string_equal(r.facts.birthdate, "1962-09-27");

	r = check_at(NUMBER_RESIDENT, SLICE("110105950101997"), true, TODAY);
	assert_int_equal(r.status, ST_OK);
	assert_string_equal(r.facts.birthdate, "1895-01-01");

	r = check_at(NUMBER_RESIDENT, SLICE("110105950101996"), true, TODAY);
	assert_string_equal(r.facts.birthdate, "1895-01-01");
	r = check_at(NUMBER_RESIDENT, SLICE("110105950101995"), true, TODAY);
	assert_string_equal(r.facts.birthdate, "1995-01-01");

	assert_int_equal(check_at(NUMBER_RESIDENT, SLICE("61010462092769X"), true, TODAY).status,
	                 ST_INVALID);
	assert_int_equal(check_at(NUMBER_RESIDENT, SLICE("610104621327690"), true, TODAY).status,
	                 ST_INVALID);
	assert_int_equal(check_at(NUMBER_RESIDENT, SLICE("910199001010018"), true, TODAY).status,
	                 ST_INVALID); /* would become what is no resident's number */
	/* 18 characters stay as they are. */
	r = check_at(NUMBER_RESIDENT, SLICE("610104196209276908"), true, TODAY);
	assert_string_equal(r.number, "610104196209276908");
}

static void foreign_pr(void **)
{
	assert_good(NUMBER_FOREIGN_PR, "911840199001010018", 0);
	assert_string_equal(check(NUMBER_FOREIGN_PR, "911840199001010018").facts.birthdate,
	                    "1990-01-01");
	assert_bad(NUMBER_FOREIGN_PR, "911840199001010010", "is 0, but 8 follows");
	assert_bad(NUMBER_FOREIGN_PR, "11010519491231002X", "begin with 9");
	assert_bad(NUMBER_FOREIGN_PR, "9118401990010100", "16 characters");
	char n[19];
	assert_good(NUMBER_FOREIGN_PR, numbered("91184019900230001", n), NUMBER_DOUBT_BIRTHDATE);
	assert_string_equal(check(NUMBER_FOREIGN_PR, n).facts.birthdate, "");

	assert_good(NUMBER_FOREIGN_PR, "USA110199001011", 0);
	assert_bad(NUMBER_FOREIGN_PR, "US1110199001011", "three characters");
	assert_bad(NUMBER_FOREIGN_PR, "usa110199001011", "three characters");
	assert_bad(NUMBER_FOREIGN_PR, "USA11019900101X", "digits");
}

/* One range with the residents' numbers: the document is told by its area. */
static void residence_permits(void **)
{
	static const char *const good[] = {"810000199408230021", "830000199201300022",
	                                   "820000199001010010"};
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_good(NUMBER_RESIDENCE_PERMIT, good[i], 0);
		assert_int_equal(number_type_exact(NUMBER_RESIDENT, slice_str(good[i])),
		                 NUMBER_RESIDENCE_PERMIT);
	}
	assert_string_equal(check(NUMBER_RESIDENCE_PERMIT, good[1]).facts.birthdate, "1992-01-30");
	assert_bad(NUMBER_RESIDENCE_PERMIT, "820000199001010014", "is 4, but 0 follows");
	assert_bad(NUMBER_RESIDENCE_PERMIT, "11010519491231002X", "810000 (Hong Kong)");
	assert_bad(NUMBER_RESIDENCE_PERMIT, "81000019940823002", "17 characters");
	assert_bad(NUMBER_RESIDENCE_PERMIT, "810000940823002", "15 characters");
	assert_int_equal(number_type_exact(NUMBER_RESIDENT, SLICE("11010519491231002X")),
	                 NUMBER_RESIDENT);
	assert_int_equal(number_type_exact(NUMBER_CREDIT, SLICE("810000199408230021")),
	                 NUMBER_CREDIT);
	assert_int_equal(number_type_range(NUMBER_RESIDENCE_PERMIT), NUMBER_RESIDENT);
	assert_int_equal(number_type_range(NUMBER_PASSPORT), NUMBER_PASSPORT);
}

static void travel_documents(void **)
{
	assert_good(NUMBER_HM_TRAVEL, "H12345678", 0);
	assert_good(NUMBER_HM_TRAVEL, "M00000001", 0);
	assert_string_equal(check(NUMBER_HM_TRAVEL, "H1234567802").number, "H12345678");
	assert_bad(NUMBER_HM_TRAVEL, "T12345678", "H (Hong Kong)");
	assert_bad(NUMBER_HM_TRAVEL, "h12345678", "H (Hong Kong)");
	assert_bad(NUMBER_HM_TRAVEL, "H1234567", "8 characters");
	assert_bad(NUMBER_HM_TRAVEL, "H123456780", "10 characters");
	assert_bad(NUMBER_HM_TRAVEL, "H1234567X", "digits");

	assert_good(NUMBER_TW_TRAVEL, "01234567", 0);
	assert_bad(NUMBER_TW_TRAVEL, "0123456", "7 characters");
	assert_bad(NUMBER_TW_TRAVEL, "0123456A", "digits");
}

static void passports(void **)
{
	static const char *const good[] = {"E12345678", "G12345678", "EA1234567",
	                                   "DE1234567", "SE1234567", "PE1234567",
	                                   "L898902C3", "1",         "ABCDEFGHIJ0123456789"};
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_good(NUMBER_PASSPORT, good[i], 0);
	assert_bad(NUMBER_PASSPORT, "", "empty");
	assert_bad(NUMBER_PASSPORT, "ABCDEFGHIJ01234567890", "21 characters");
	assert_bad(NUMBER_PASSPORT, "L898902C<", "position 9");
	assert_bad(NUMBER_PASSPORT, "l898902C3", "position 1 ");
}

static void credit_vectors(void **)
{
	static const char *const good[] = {"91350100M000100Y43", "91310115591693856A",
	                                   "91310110666007217T", "91350200MA2YJ1XR9G",
	                                   "91110000600037341L", "91330106673959654P"};
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_good(NUMBER_CREDIT, good[i], 0);

	/* Issued in reality with a failing check character; or just wrong: ask the register. */
	static const char *const doubtful[] = {"91350211M00013FA1N", "91350203M0001QAY9B",
	                                       "911100006000373412", "12345678901234567X"};
	for (size_t i = 0; i < COUNT_OF(doubtful); i++) {
		struct answer r = check(NUMBER_CREDIT, doubtful[i]);
		assert_int_equal(r.status, ST_OK);
		assert_true(r.facts.flagged);
		assert_true(r.facts.doubts & NUMBER_DOUBT_CHECK);
	}
	assert_int_equal(number_credit_check("91350211M00013FA1N"), '3');
	assert_int_equal(number_credit_check("91350203M0001QAY9B"), '9');
}

static void credit_form(void **)
{
	assert_bad(NUMBER_CREDIT, "91350100M000100Y4", "17 characters");
	for (const char *c = "IOSVZ"; *c; c++) {
		char code[] = "91350100M000100Y43";
		code[8] = *c;
		assert_bad(NUMBER_CREDIT, code, "position 9 ");
	}
	assert_bad(NUMBER_CREDIT, "91350100m000100Y43", "not a capital");
	assert_bad(NUMBER_CREDIT, "9135010AM000100Y43", "area code");
	assert_bad(NUMBER_CREDIT, "91350100M000100Y4-", "position 18");
}

/* The organisation code inside has a check of its own, told apart from the outer one. */
static void organisation_codes(void **)
{
	/* 11 - sum mod 11: eleven is 0, ten is X, and the rest are digits. */
	assert_int_equal(number_organisation_check("00000000"), '0');
	assert_int_equal(number_organisation_check("40000000"), 'X');
	assert_int_equal(number_organisation_check("80000000"), '9');
	assert_int_equal(number_organisation_check("A0000000"), '3');

	char code[] = "91350100M000100Y43";
	code[16] = '5';
	code[17] = number_credit_check(code);
	assert_good(NUMBER_CREDIT, code, NUMBER_DOUBT_ORGANISATION);
	code[17] = code[17] == '0' ? '1' : '0';
	assert_good(NUMBER_CREDIT, code, NUMBER_DOUBT_ORGANISATION | NUMBER_DOUBT_CHECK);
}

/* ---- names and guesses ---------------------------------------------------------------------- */

static void names(void **)
{
	for (int t = NUMBER_RESIDENT; t <= NUMBER_TYPE_LAST; t++) {
		enum number_type back;
		assert_int_equal(
		        number_type_parse(slice_str(number_type_name((enum number_type)t)), &back),
		        ST_OK);
		assert_int_equal(back, t);
	}
	enum number_type kept = NUMBER_CREDIT;
	assert_int_equal(number_type_parse(SLICE("none"), &kept), ST_INVALID);
	assert_int_equal(number_type_parse(SLICE(""), &kept), ST_INVALID);
	assert_int_equal(number_type_parse(SLICE("Resident"), &kept), ST_INVALID);
	assert_int_equal(kept, NUMBER_CREDIT);
	assert_string_equal(number_type_name((enum number_type)99), "none");
	assert_int_equal(check((enum number_type)99, "1").status, ST_INVALID);
	assert_int_equal(check(NUMBER_NONE, "1").status, ST_INVALID);
}

static void guesses(void **)
{
	static const struct {
		const char *text;
		enum number_type type;
	} table[] = {
	        {"11010519491231002X", NUMBER_RESIDENT},
	        {"11010519491231002x", NUMBER_RESIDENT},
	        {"230307196304054513", NUMBER_RESIDENT}, /* a slip */
	        {"610104620927690", NUMBER_RESIDENT},
	        {"911840199001010018", NUMBER_FOREIGN_PR},
	        {"USA110199001011", NUMBER_FOREIGN_PR},
	        {"91350100M000100Y43", NUMBER_CREDIT},
	        {"91350211M00013FA1N", NUMBER_CREDIT},
	        {"91310115591693856A", NUMBER_CREDIT},
	        {"H12345678", NUMBER_HM_TRAVEL},
	        {"M1234567801", NUMBER_HM_TRAVEL},
	        {"01234567", NUMBER_TW_TRAVEL},
	        {"E12345678", NUMBER_PASSPORT},
	        {"EA1234567", NUMBER_PASSPORT},
	        {"DE1234567", NUMBER_PASSPORT},
	        {"L898902C3", NUMBER_PASSPORT},
	        {"", NUMBER_NONE},
	        {"zhang.san", NUMBER_NONE},
	        {"13800138000", NUMBER_NONE},
	        {"ZHANGSAN", NUMBER_NONE},
	        {"ABCDEFGHIJKLMNOPQR", NUMBER_NONE},
	        {"一二三四五六", NUMBER_NONE},
	        {"zhang.san.12345678", NUMBER_NONE},
	};
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (number_guess(slice_str(table[i].text)) != table[i].type)
			fail_msg("%s is guessed as %s", table[i].text,
			         number_type_name(number_guess(slice_str(table[i].text))));
	char digits[] = "911100006000373420";
	digits[16] = '6'; /* any will do, as long as the code's own check passes with a digit */
	for (char c = '0'; c <= '9'; c++) {
		digits[15] = c;
		char last = number_credit_check(digits);
		if (!is_digit((uint8_t)last) || number_mod_11_2(digits) == last)
			continue;
		digits[17] = last;
		assert_int_equal(number_guess(slice_str(digits)), NUMBER_CREDIT);
	}
}

static void without_memory(void **)
{
	AUTO_ARENA struct arena a = {.limit = 4};
	struct slice kept = SLICE("kept");
	struct number_facts facts = {.gender = 'k'};
	assert_int_equal(number_check(NUMBER_PASSPORT, SLICE("E12345678"), false, TODAY, &a, &kept,
	                              &facts, NULL),
	                 ST_NOMEM);
	assert_true(slice_is(kept, "kept"));
	assert_int_equal(
	        number_check(NUMBER_PASSPORT, SLICE("<"), false, TODAY, &a, &kept, &facts, NULL),
	        ST_INVALID);
	assert_int_equal(facts.gender, 'k');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(resident_vectors),
	        cmocka_unit_test(resident_form),
	        cmocka_unit_test(resident_facts),
	        cmocka_unit_test(resident_dates),
	        cmocka_unit_test(the_date_is_that_of_china),
	        cmocka_unit_test(an_unknown_area_is_a_doubt),
	        cmocka_unit_test(fifteen_digits),
	        cmocka_unit_test(foreign_pr),
	        cmocka_unit_test(residence_permits),
	        cmocka_unit_test(travel_documents),
	        cmocka_unit_test(passports),
	        cmocka_unit_test(credit_vectors),
	        cmocka_unit_test(credit_form),
	        cmocka_unit_test(organisation_codes),
	        cmocka_unit_test(names),
	        cmocka_unit_test(guesses),
	        cmocka_unit_test(without_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
