#include "authd/service/login_name.h"

enum { LOGIN_NAME_MIN = 3, LOGIN_NAME_MAX = 64 };

static uint8_t small(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}
static uint8_t capital(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c & ~0x20) : c;
}

static struct slice mapped(struct arena *a, struct slice s, uint8_t (*map)(uint8_t))
{
	struct slice copy = arena_copy(a, s);
	uint8_t *p = (uint8_t *)copy.p;
	for (size_t k = 0; p && k < copy.n; k++)
		p[k] = map(p[k]);
	return copy;
}

/* A blank at the start of s: ASCII, or the ideographic space that Chinese input methods type. */
static size_t blank_at_start(struct slice s)
{
	if (s.n && (s.p[0] == ' ' || (s.p[0] >= '\t' && s.p[0] <= '\r')))
		return 1;
	return slice_starts(s, SLICE("\xe3\x80\x80")) ? 3 : 0;
}

static size_t blank_at_end(struct slice s)
{
	if (s.n && (s.p[s.n - 1] == ' ' || (s.p[s.n - 1] >= '\t' && s.p[s.n - 1] <= '\r')))
		return 1;
	return s.n >= 3 && blank_at_start(slice_from(s, s.n - 3)) == 3 ? 3 : 0;
}

static struct slice trimmed(struct slice s)
{
	size_t n;
	while ((n = blank_at_start(s)))
		s = slice_from(s, n);
	while ((n = blank_at_end(s)))
		s = slice_first(s, s.n - n);
	return s;
}

static bool is_letter(uint8_t c)
{
	return small(c) >= 'a' && small(c) <= 'z';
}

/* Letters of any script, digits and . _ - @ ; what could hide or confuse is left out. */
static bool has_login_form(struct slice s)
{
	if (!slice_is_utf8(s) || (s.p[0] < 0x80 && !is_letter(s.p[0])))
		return false;
	for (size_t k = 0; k < s.n; k++) {
		uint8_t c = s.p[k];
		if (c < 0x80 && !is_letter(c) && !(c >= '0' && c <= '9') &&
		    !(c && strchr("._-@", c)))
			return false;
	}
	return true;
}

/* Blanks, controls and other invisible characters outside ASCII. */
static bool has_invisible(struct slice s)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
	        {0x80, 0xa0},     {0xad, 0xad},     {0x1680, 0x1680}, {0x180e, 0x180e},
	        {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000},
	        {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff0, 0xffff}, {0xe0000, 0xe0fff},
	};
	for (size_t k = 0; k < s.n;) {
		size_t n = s.p[k] < 0x80 ? 1 : s.p[k] < 0xe0 ? 2 : s.p[k] < 0xf0 ? 3 : 4;
		uint32_t c = n == 1 ? s.p[k] : s.p[k] & (0x7fu >> n);
		for (size_t j = 1; j < n; j++)
			c = c << 6 | (s.p[k + j] & 0x3f);
		for (size_t r = 0; r < COUNT_OF(ranges); r++)
			if (c >= ranges[r].first && c <= ranges[r].last)
				return true;
		k += n;
	}
	return false;
}

status login_name_check(struct slice name, struct arena *a, struct slice *ret, struct error *e)
{
	if (name.n < LOGIN_NAME_MIN || name.n > LOGIN_NAME_MAX)
		return error_set(e, ST_INVALID, "login_name: %d to %d bytes",
		                 LOGIN_NAME_MIN, LOGIN_NAME_MAX);
	if (!has_login_form(name) || has_invisible(name))
		return error_set(e, ST_INVALID,
		                 "login_name: begins with a letter and has only "
		                 "letters, digits and . _ - @");
	struct slice capitals = mapped(a, name, capital);
	struct slice folded = mapped(a, name, small);
	if (!capitals.p || !folded.p)
		return ST_NOMEM;
	if (number_guess(capitals) != NUMBER_NONE)
		return error_set(e, ST_INVALID, "login_name: has the form of a document number");
	*ret = folded;
	return ST_OK;
}

/* The types whose numbers may look alike: 18 characters beginning with 9 can be either. */
static const enum number_type ALIKE[] = {NUMBER_RESIDENT, NUMBER_CREDIT, NUMBER_FOREIGN_PR};
enum { ALIKE_LENGTH = 18 };

static status find_as(struct issuer *is, enum number_type type, struct slice text, int64_t now,
                      struct arena *a, struct subject *ret)
{
	struct slice number;
	struct number_facts facts;
	status s = number_check(type, text, true, now, a, &number, &facts, NULL);
	if (s == ST_INVALID)
		return ST_NOT_FOUND;
	TRY(s);
	return subjects_find(is, type, number, a, ret);
}

static status find_number(struct issuer *is, enum number_type guess, struct slice text, int64_t now,
                          struct arena *a, struct subject *ret)
{
	status s = find_as(is, guess, text, now, a, ret);
	for (size_t k = 0; k < COUNT_OF(ALIKE) && s == ST_NOT_FOUND; k++)
		if (text.n == ALIKE_LENGTH && ALIKE[k] != guess)
			s = find_as(is, ALIKE[k], text, now, a, ret);
	return s;
}

/* A document number that was typed, as it is in the register; as it stands where it is none. */
static status number_spelling(enum number_type guess, struct slice capitals, int64_t now,
                              struct arena *a, struct slice *ret)
{
	struct number_facts facts;
	status s = number_check(guess, capitals, true, now, a, ret, &facts, NULL);
	if (s == ST_INVALID)
		*ret = capitals;
	return is_fault(s) ? s : ST_OK;
}

status login_spelling(struct slice typed, int64_t now, struct arena *a, struct slice *ret)
{
	struct slice text = trimmed(typed);
	struct slice capitals = mapped(a, text, capital);
	struct slice folded = mapped(a, text, small);
	if (!capitals.p || !folded.p)
		return ST_NOMEM;
	enum number_type guess = number_guess(capitals);
	if (guess != NUMBER_NONE)
		return number_spelling(guess, capitals, now, a, ret);
	*ret = folded;
	return ST_OK;
}

status subjects_find_login(struct issuer *is, struct slice typed, int64_t now, struct arena *a,
                           struct subject *ret)
{
	struct slice text = trimmed(typed);
	if (!text.n || text.n > LOGIN_NAME_MAX)
		return ST_NOT_FOUND;
	struct slice capitals = mapped(a, text, capital);
	struct slice folded = mapped(a, text, small);
	if (!capitals.p || !folded.p)
		return ST_NOMEM;
	enum number_type guess = number_guess(capitals);
	if (guess != NUMBER_NONE)
		return find_number(is, guess, capitals, now, a, ret);
	return subjects_find_login_name(is, folded, a, ret);
}
