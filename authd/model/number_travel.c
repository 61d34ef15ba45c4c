/* Travel documents have a form, and no check character in the bare number. */
#include "authd/model/number_form.h"

static size_t take(const struct number_request *r, size_t n, char *out)
{
	memcpy(out, r->text.p, n);
	return n;
}

size_t number_hm_travel(const struct number_request *r, char *out, struct number_facts *)
{
	if (r->text.n != 9 && r->text.n != 11)
		return number_refuse(r, "it has %zu characters instead of 9", r->text.n);
	if (r->text.p[0] != 'H' && r->text.p[0] != 'M')
		return number_refuse(r, "it does not begin with H (Hong Kong) or M (Macao)");
	if (!all_digits(slice_from(r->text, 1)))
		return number_refuse(r, "there is something else than digits behind the letter");
	/* Older prints add two digits that count the issues; the person's number is the first nine.
	 */
	return take(r, 9, out);
}

size_t number_tw_travel(const struct number_request *r, char *out, struct number_facts *)
{
	if (r->text.n != 8)
		return number_refuse(r, "it has %zu characters instead of 8", r->text.n);
	if (!all_digits(r->text))
		return number_refuse(r, "there is something else than digits");
	return take(r, 8, out);
}

/* Chinese passports have stricter forms (a letter or two, seven or eight digits), foreign ones do
 * not, and the bare number does not tell which it is. */
size_t number_passport(const struct number_request *r, char *out, struct number_facts *)
{
	if (r->text.n > NUMBER_LENGTH_MAX)
		return number_refuse(r, "it has %zu characters; a passport number has at most %d",
		                     r->text.n, NUMBER_LENGTH_MAX);
	for (size_t i = 0; i < r->text.n; i++)
		if (!is_digit(r->text.p[i]) && !is_capital(r->text.p[i]))
			return number_refuse(
			        r,
			        "the character at position %zu is neither a digit nor a "
			        "capital letter",
			        i + 1);
	return take(r, r->text.n, out);
}
