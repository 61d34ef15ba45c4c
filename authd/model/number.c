#include "authd/model/number.h"

#include "authd/model/number_form.h"
#include "libauth/base/mem.h"

#include <stdio.h>

static const struct {
	const char *name;
	number_form_fn *check;
} types[] = {
        [NUMBER_NONE] = {"none", NULL},
        [NUMBER_RESIDENT] = {"resident", number_resident},
        [NUMBER_CREDIT] = {"credit", number_credit},
        [NUMBER_FOREIGN_PR] = {"foreign_pr", number_foreign_pr},
        [NUMBER_HM_TRAVEL] = {"hm_travel", number_hm_travel},
        [NUMBER_TW_TRAVEL] = {"tw_travel", number_tw_travel},
        [NUMBER_PASSPORT] = {"passport", number_passport},
        [NUMBER_RESIDENCE_PERMIT] = {"residence_permit", number_residence_permit},
};

static bool is_type(enum number_type t)
{
	return t > NUMBER_NONE && t < COUNT_OF(types);
}

const char *number_type_name(enum number_type t)
{
	return types[is_type(t) ? t : NUMBER_NONE].name;
}

status number_type_parse(struct slice name, enum number_type *ret)
{
	for (size_t t = NUMBER_NONE + 1; t < COUNT_OF(types); t++) {
		if (slice_is(name, types[t].name)) {
			*ret = (enum number_type)t;
			return ST_OK;
		}
	}
	return ST_INVALID;
}

size_t number_refuse(const struct number_request *r, const char *format, ...)
{
	if (!r->e)
		return 0;
	r->e->status = ST_INVALID;
	va_list args;
	va_start(args, format);
	vsnprintf(r->e->message, sizeof r->e->message, format, args);
	va_end(args);
	return 0;
}

/* What no form allows, said once and so that a registrar sees what was typed. */
static bool has_only_characters(const struct number_request *r)
{
	for (size_t i = 0; i < r->text.n; i++) {
		uint8_t c = r->text.p[i];
		if (c >= 0x80)
			return number_refuse(r, "there is a character other than 0-9 and A-Z: "
			                        "full-width digits and letters are not accepted");
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			return number_refuse(r, "there is a blank at position %zu", i + 1);
		if (c < 0x20 || c == 0x7f)
			return number_refuse(r, "there is a control character at position %zu",
			                     i + 1);
	}
	return true;
}

status number_check(enum number_type t, struct slice text, bool allow_15, int64_t today,
                    struct arena *a, struct slice *ret_normalised, struct number_facts *ret_facts,
                    struct error *e)
{
	if (!is_type(t))
		return error_set(e, ST_INVALID, "there is no such type of number");
	if (!text.n)
		return error_set(e, ST_INVALID, "the number is empty");

	const struct number_request r = {text, allow_15, today, e};
	char out[NUMBER_LENGTH_MAX];
	struct number_facts facts = {0};
	size_t n = has_only_characters(&r) ? types[t].check(&r, out, &facts) : 0;
	if (!n)
		return ST_INVALID;

	struct slice normalised = arena_copy(a, slice_of(out, n));
	if (!normalised.p)
		return ST_NOMEM;
	facts.flagged = facts.doubts != 0;
	*ret_normalised = normalised;
	*ret_facts = facts;
	return ST_OK;
}

/* `form` has one character for each of the text: 0 a digit, A a capital, any other itself. */
static bool has_form(struct slice text, const char *form)
{
	if (text.n != strlen(form))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		bool fits = form[i] == '0'   ? is_digit(text.p[i])
		            : form[i] == 'A' ? is_capital(text.p[i])
		                             : text.p[i] == (uint8_t)form[i];
		if (!fits)
			return false;
	}
	return true;
}

static bool passes(number_form_fn *check, struct slice text, unsigned allowed_doubts)
{
	const struct number_request r = {text, false, INT64_MAX, NULL};
	char out[NUMBER_LENGTH_MAX];
	struct number_facts facts = {0};
	return check(&r, out, &facts) && !(facts.doubts & ~allowed_doubts);
}

/*
 * 18 characters: a credit code may have digits alone, so the check characters decide; where
 * neither does, it is a resident's with a slip in it.
 */
static enum number_type guess_18(struct slice text)
{
	bool digits = all_digits(slice_first(text, 17));
	uint8_t last = text.p[17];
	bool personal = digits && (is_digit(last) || last == 'X' || last == 'x');
	if (personal && passes(number_foreign_pr, text, NUMBER_DOUBT_BIRTHDATE))
		return NUMBER_FOREIGN_PR;
	if (personal && passes(number_resident, text, NUMBER_DOUBT_AREA))
		return NUMBER_RESIDENT;
	if (passes(number_credit, text, NUMBER_DOUBT_ORGANISATION))
		return NUMBER_CREDIT;
	if (personal)
		return text.p[0] == '9' ? NUMBER_FOREIGN_PR : NUMBER_RESIDENT;
	return passes(number_credit, text, ~0u) ? NUMBER_CREDIT : NUMBER_NONE;
}

/* Passports of the world have no common form: 7 to 9 capitals and digits, five of them digits. */
static bool looks_like_passport(struct slice text)
{
	size_t digits = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (!is_digit(text.p[i]) && !is_capital(text.p[i]))
			return false;
		digits += is_digit(text.p[i]);
	}
	return text.n >= 7 && text.n <= 9 && digits >= 5;
}

enum number_type number_guess(struct slice text)
{
	static const struct {
		const char *form;
		enum number_type type;
	} forms[] = {
	        {"000000000000000", NUMBER_RESIDENT}, {"AAA000000000000", NUMBER_FOREIGN_PR},
	        {"H00000000", NUMBER_HM_TRAVEL},      {"M00000000", NUMBER_HM_TRAVEL},
	        {"H0000000000", NUMBER_HM_TRAVEL},    {"M0000000000", NUMBER_HM_TRAVEL},
	        {"00000000", NUMBER_TW_TRAVEL},
	};
	if (text.n == 18)
		return guess_18(text);
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		if (has_form(text, forms[i].form))
			return forms[i].type;
	return looks_like_passport(text) ? NUMBER_PASSPORT : NUMBER_NONE;
}
