#include "authd/page/page.h"

enum { Q_MAX = 1000 }; /* a weight in thousandths: RFC 9110 §12.4.2 has three decimals */

/* A language range of RFC 4647: its primary subtag, without regard to case. */
static bool is_primary(struct slice tag, const char *code)
{
	size_t n = slice_find(tag, '-');
	if (n != 2)
		return false;
	return (tag.p[0] | 0x20) == code[0] && (tag.p[1] | 0x20) == code[1];
}

static struct slice trim(struct slice s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = slice_from(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* "0", "1", "0.85"; -1 if it is no weight. */
static int parse_weight(struct slice s)
{
	if (!s.n || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
		return -1;
	int weight = (s.p[0] - '0') * Q_MAX;
	for (size_t i = 2, unit = 100; i < s.n; i++, unit /= 10) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		weight += (s.p[i] - '0') * (int)unit;
	}
	return weight <= Q_MAX ? weight : -1;
}

/* Split "en-GB;q=0.8" into tag and weight; -1 if it is malformed. */
static int split_range(struct slice element, struct slice *ret_tag)
{
	size_t semicolon = slice_find(element, ';');
	*ret_tag = trim(slice_first(element, semicolon));
	if (semicolon == element.n)
		return Q_MAX;
	struct slice parameter = trim(slice_from(element, semicolon + 1));
	if (parameter.n < 2 || (parameter.p[0] | 0x20) != 'q' || parameter.p[1] != '=')
		return -1;
	return parse_weight(slice_from(parameter, 2));
}

static void raise(int *weight, int to)
{
	if (to > *weight)
		*weight = to;
}

static enum language from_header(struct slice rest)
{
	int zh = -1, en = -1, any = -1;
	bool en_first = false;
	while (rest.n) {
		size_t comma = slice_find(rest, ',');
		struct slice tag;
		int weight = split_range(slice_first(rest, comma), &tag);
		rest = slice_from(rest, comma + 1);
		if (is_primary(tag, "en")) {
			en_first = en_first || zh < 0;
			raise(&en, weight);
		}
		if (is_primary(tag, "zh"))
			raise(&zh, weight);
		if (slice_is(tag, "*"))
			raise(&any, weight);
	}
	zh = zh < 0 ? any : zh;
	en = en < 0 ? any : en;
	/* The standard leaves a tie open; the order is what browsers mean. */
	return en > 0 && (en > zh || (en == zh && en_first)) ? LANGUAGE_EN : LANGUAGE_ZH;
}

enum language page_language(struct slice ui_locales, struct slice accept_language)
{
	struct slice tag;
	while (slice_next_word(&ui_locales, &tag)) {
		if (is_primary(tag, "zh"))
			return LANGUAGE_ZH;
		if (is_primary(tag, "en"))
			return LANGUAGE_EN;
	}
	return from_header(accept_language);
}
