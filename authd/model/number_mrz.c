/* The second line of a passport's machine readable zone: ICAO 9303-4 §4.2.2, its digits 9303-3 §4.9. */
#include "authd/model/number_form.h"

enum { LENGTH = 44, SEX_AT = 20 };

/* A field, and where its check digit stands. */
struct checked {
	const char *name;
	size_t at, n, digit_at;
	bool may_be_filler; /* an empty field may have < for 0 */
};

static const struct checked NUMBER = {"number", 0, 9, 9};
static const struct checked BIRTHDATE = {"birth date", 13, 6, 19};
static const struct checked EXPIRY = {"date of expiry", 21, 6, 27};
static const struct checked PERSONAL = {"personal number", 28, 14, 42, .may_be_filler = true};

static int value_of(uint8_t c)
{
	if (is_digit(c))
		return c - '0';
	return is_capital(c) ? c - 'A' + 10 : c == '<' ? 0 : -1;
}

char number_mrz_digit(struct slice field)
{
	static const uint8_t weights[] = {7, 3, 1};
	unsigned sum = 0;
	for (size_t i = 0; i < field.n; i++) {
		int value = value_of(field.p[i]);
		if (value < 0)
			return 0;
		sum += (unsigned)value * weights[i % 3];
	}
	return (char)('0' + sum % 10);
}

static struct slice part(struct slice line, size_t at, size_t n)
{
	return slice_first(slice_from(line, at), n);
}

static bool is_filler(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '<')
			return false;
	return true;
}

static status check_field(struct slice line, const struct checked *c, struct error *e)
{
	struct slice field = part(line, c->at, c->n);
	uint8_t digit = line.p[c->digit_at];
	if (c->may_be_filler && digit == '<' && is_filler(field))
		return ST_OK;
	if (digit == (uint8_t)number_mrz_digit(field))
		return ST_OK;
	return error_set(e, ST_INVALID, "the check digit of the %s, position %zu, is wrong", c->name,
	                 c->digit_at + 1);
}

/* Over number, birth date, expiry and personal number with their check digits. */
static status check_whole(struct slice line, struct error *e)
{
	uint8_t all[39];
	memcpy(all, line.p, 10);
	memcpy(all + 10, line.p + 13, 7);
	memcpy(all + 17, line.p + 21, 22);
	if (line.p[LENGTH - 1] == (uint8_t)number_mrz_digit(slice_of(all, sizeof all)))
		return ST_OK;
	return error_set(e, ST_INVALID, "the check digit of the whole, position 44, is wrong");
}

static status check_characters(struct slice line, struct error *e)
{
	if (line.n != LENGTH)
		return error_set(e, ST_INVALID, "it has %zu characters instead of 44: give the second "
		                                "line of a passport's", line.n);
	for (size_t i = 0; i < line.n; i++)
		if (value_of(line.p[i]) < 0)
			return error_set(e, ST_INVALID, "the character at position %zu is none of "
			                                "0-9, A-Z and <", i + 1);
	return ST_OK;
}

status number_mrz_check(struct slice line, struct number_mrz *ret, struct error *e)
{
	TRY(check_characters(line, e));
	TRY(check_field(line, &NUMBER, e));
	TRY(check_field(line, &BIRTHDATE, e));
	TRY(check_field(line, &EXPIRY, e));
	TRY(check_field(line, &PERSONAL, e));
	TRY(check_whole(line, e));

	struct slice number = part(line, NUMBER.at, NUMBER.n), born = part(line, BIRTHDATE.at, 6);
	while (number.n && number.p[number.n - 1] == '<')
		number.n--;
	if (!number.n || slice_find(number, '<') < number.n)
		return error_set(e, ST_INVALID, "there is a filler inside the number");
	struct number_mrz mrz = {.gender = line.p[SEX_AT] == 'M'   ? 'm'
	                                   : line.p[SEX_AT] == 'F' ? 'f'
	                                                           : 0};
	memcpy(mrz.number, number.p, number.n);
	if (all_digits(born))
		memcpy(mrz.birthdate, born.p, born.n);
	*ret = mrz;
	return ST_OK;
}
