/* Unified social credit codes, GB 32100-2015, with the organisation code of GB 11714 inside. */
#include "authd/model/number_form.h"

enum { LENGTH = 18, AREA_AT = 2, ORGANISATION_AT = 8, ORGANISATION_CHECK_AT = 16, CHECK_AT = 17 };

/* 0 to 9 and the capitals but for I O S V Z, which are too like 1 0 5 U 2. */
static const char ALPHABET[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
enum { MODULUS = sizeof ALPHABET - 1 };

static int value_of(char c)
{
	const char *at = c ? strchr(ALPHABET, c) : NULL;
	return at ? (int)(at - ALPHABET) : -1;
}

char number_credit_check(const char *code)
{
	/* 3^i mod 31 */
	static const uint8_t weights[] = {1,  3,  9,  27, 19, 26, 16, 17, 20,
	                                  29, 25, 13, 8,  24, 10, 30, 28};
	unsigned sum = 0;
	for (size_t i = 0; i < CHECK_AT; i++) {
		int value = value_of(code[i]);
		if (value < 0)
			return 0;
		sum += (unsigned)value * weights[i];
	}
	return ALPHABET[(MODULUS - sum % MODULUS) % MODULUS];
}

char number_organisation_check(const char *code)
{
	static const uint8_t weights[] = {3, 7, 9, 10, 5, 8, 4, 2};
	unsigned sum = 0;
	for (size_t i = 0; i < sizeof weights; i++) {
		char c = code[i];
		sum += (unsigned)(c >= 'A' ? c - 'A' + 10 : c - '0') * weights[i];
	}
	return "0X987654321"[sum % 11]; /* 11 - sum mod 11; ten is X, eleven is 0 */
}

static bool has_characters(const struct number_request *r)
{
	for (size_t i = 0; i < LENGTH; i++) {
		uint8_t c = r->text.p[i];
		if (c >= 'a' && c <= 'z')
			return number_refuse(r, "the letter at position %zu is not a capital",
			                     i + 1);
		if (value_of((char)c) < 0)
			return number_refuse(
			        r,
			        "the character at position %zu is none of a credit code's: "
			        "0-9 and A-Z but for I, O, S, V, Z",
			        i + 1);
		if (i >= AREA_AT && i < ORGANISATION_AT && !is_digit(c))
			return number_refuse(r,
			                     "the area code, positions 3 to 8, is not all digits");
	}
	return true;
}

/* Some codes were lawfully issued with a failing check character, so this is a doubt, no refusal.
 */
size_t number_credit(const struct number_request *r, char *out, struct number_facts *facts)
{
	if (r->text.n != LENGTH)
		return number_refuse(r, "it has %zu characters instead of 18", r->text.n);
	if (!has_characters(r))
		return 0;
	memcpy(out, r->text.p, LENGTH);
	if (out[CHECK_AT] != number_credit_check(out))
		facts->doubts |= NUMBER_DOUBT_CHECK;
	if (out[ORGANISATION_CHECK_AT] != number_organisation_check(out + ORGANISATION_AT))
		facts->doubts |= NUMBER_DOUBT_ORGANISATION;
	return LENGTH;
}
