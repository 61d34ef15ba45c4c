/* Numbers of GB 11643-1999 and those laid out like them: 17 digits and a MOD 11-2 check character.
 */
#include "authd/model/number_form.h"

#include <stdio.h>
#include <time.h>

enum { BIRTHDATE_AT = 6, SEQUENCE_AT = 14, CHECK_AT = 17 };

char number_mod_11_2(const char *digits)
{
	/* 2^(17-i) mod 11 */
	static const uint8_t weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	unsigned sum = 0;
	for (size_t i = 0; i < CHECK_AT; i++)
		sum += (unsigned)(digits[i] - '0') * weights[i];
	return "10X98765432"[sum % 11];
}

static int digits_value(const char *p, size_t n)
{
	int value = 0;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (p[i] - '0');
	return value;
}

static int days_in(int year, int month)
{
	static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

/* The calendar date in China, as yyyymmdd. */
static int date_in_china(int64_t now)
{
	const int64_t offset_s = 8 * 3600, last = INT64_C(253402300799) - offset_s; /* 9999-12-31 */
	time_t t = (time_t)((now > last ? last : now) + offset_s);
	struct tm tm;
	if (!gmtime_r(&t, &tm))
		return 0;
	return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

/* What is wrong with a birth date yyyymmdd; NULL: nothing. */
static const char *birthdate_fault(const char *p, int64_t today)
{
	int year = digits_value(p, 4), month = digits_value(p + 4, 2), day = digits_value(p + 6, 2);
	if (year < 1800)
		return "the birth year is before 1800";
	if (month < 1 || month > 12)
		return "the birth month is not between 01 and 12";
	if (day < 1 || day > days_in(year, month))
		return "the birth date is not in the calendar";
	if (digits_value(p, 8) > date_in_china(today))
		return "the birth date is in the future";
	return NULL;
}

static void read_facts(const char *number, struct number_facts *facts)
{
	const char *d = number + BIRTHDATE_AT;
	snprintf(facts->birthdate, sizeof facts->birthdate, "%.4s-%.2s-%.2s", d, d + 4, d + 6);
	facts->gender = (number[SEQUENCE_AT + 2] - '0') % 2 ? 'm' : 'f';
}

/* Copy 17 digits and a check character to out, x as X. */
static bool read_18(const struct number_request *r, char *out)
{
	for (size_t i = 0; i < CHECK_AT; i++)
		if (!is_digit(r->text.p[i]))
			return number_refuse(r, "the character at position %zu is not a digit",
			                     i + 1);
	uint8_t last = r->text.p[CHECK_AT];
	if (!is_digit(last) && last != 'X' && last != 'x')
		return number_refuse(r, "the last character is neither a digit nor X");
	memcpy(out, r->text.p, CHECK_AT);
	out[CHECK_AT] = last == 'x' ? 'X' : (char)last;

	char expected = number_mod_11_2(out);
	if (out[CHECK_AT] != expected)
		return number_refuse(r, "the check character is %c, but %c follows from the rest",
		                     out[CHECK_AT], expected);
	return true;
}

/* The first two digits of GB/T 2260, and of residence permits of Hong Kong, Macao and Taiwan. */
static bool is_province(int code)
{
	return (code >= 11 && code <= 15) || (code >= 21 && code <= 23) ||
	       (code >= 31 && code <= 37) || (code >= 41 && code <= 46) ||
	       (code >= 50 && code <= 54) || (code >= 61 && code <= 65) || code == 71 ||
	       (code >= 81 && code <= 83);
}

/* Of 18 characters from 15 digits: "19" before the year, or "18" for the sequences 996 to 999,
 * which were kept for those born before 1900; and the check character. */
static bool upgrade_15(const struct number_request *r, char *out)
{
	if (!r->allow_15)
		return number_refuse(
		        r, "numbers of 15 digits are no longer in use: give all 18 characters");
	if (!all_digits(r->text))
		return number_refuse(r, "a number of 15 characters has digits only");
	const char *text = (const char *)r->text.p;
	bool before_1900 = digits_value(text + 12, 3) >= 996;
	memcpy(out, text, BIRTHDATE_AT);
	memcpy(out + BIRTHDATE_AT, before_1900 ? "18" : "19", 2);
	memcpy(out + BIRTHDATE_AT + 2, text + BIRTHDATE_AT, 9);
	out[CHECK_AT] = number_mod_11_2(out);
	return true;
}

static bool read_resident(const struct number_request *r, char *out)
{
	if (r->text.p[0] == '9')
		return number_refuse(r, "it begins with 9, as those of foreign permanent residents "
		                        "do: its type is foreign_pr");
	if (r->text.n == 15)
		return upgrade_15(r, out);
	if (r->text.n != 18)
		return number_refuse(r, "it has %zu characters instead of 18", r->text.n);
	return read_18(r, out);
}

size_t number_resident(const struct number_request *r, char *out, struct number_facts *facts)
{
	if (!read_resident(r, out))
		return 0;
	const char *fault = birthdate_fault(out + BIRTHDATE_AT, r->today);
	if (fault)
		return number_refuse(r, "%s", fault);
	if (!is_province(digits_value(out, 2)))
		facts->doubts |= NUMBER_DOUBT_AREA;
	read_facts(out, facts);
	return 18;
}

/* ---- residence permits of Hong Kong, Macao and Taiwan ---------------------------------------- */

static bool is_permit(struct slice number)
{
	return number.n == 18 && (slice_starts(number, SLICE("810000")) ||
	                          slice_starts(number, SLICE("820000")) ||
	                          slice_starts(number, SLICE("830000")));
}

size_t number_residence_permit(const struct number_request *r, char *out,
                               struct number_facts *facts)
{
	if (r->text.n != 18)
		return number_refuse(r, "it has %zu characters instead of 18", r->text.n);
	if (!is_permit(r->text))
		return number_refuse(r, "it does not begin with 810000 (Hong Kong), 820000 (Macao) "
		                        "or 830000 (Taiwan)");
	return number_resident(r, out, facts);
}

enum number_type number_type_range(enum number_type t)
{
	return t == NUMBER_RESIDENCE_PERMIT ? NUMBER_RESIDENT : t;
}

enum number_type number_type_exact(enum number_type t, struct slice normalised)
{
	return t == NUMBER_RESIDENT && is_permit(normalised) ? NUMBER_RESIDENCE_PERMIT : t;
}

/* ---- foreign permanent residents ------------------------------------------------------------- */

/* The number before 2023-12-01: three letters and twelve digits. */
static size_t foreign_pr_15(const struct number_request *r, char *out)
{
	for (size_t i = 0; i < 3; i++)
		if (!is_capital(r->text.p[i]))
			return number_refuse(r,
			                     "the first three characters are not capital letters");
	if (!all_digits(slice_from(r->text, 3)))
		return number_refuse(
		        r, "there is something else than digits behind the three letters");
	memcpy(out, r->text.p, 15);
	return 15;
}

size_t number_foreign_pr(const struct number_request *r, char *out, struct number_facts *facts)
{
	if (r->text.n == 15)
		return foreign_pr_15(r, out);
	if (r->text.n != 18)
		return number_refuse(r, "it has %zu characters instead of 18 or 15", r->text.n);
	if (r->text.p[0] != '9')
		return number_refuse(r, "it does not begin with 9");
	if (!read_18(r, out))
		return 0;
	/* Where the date stands is not published by the register: do not refuse over it. */
	if (birthdate_fault(out + BIRTHDATE_AT, r->today)) {
		facts->doubts |= NUMBER_DOUBT_BIRTHDATE;
		return 18;
	}
	read_facts(out, facts);
	return 18;
}
