#include "libauth/base/slice.h"

int slice_compare(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	if (order)
		return order;
	return (a.n > b.n) - (a.n < b.n);
}

bool slice_equal_secret(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	uint8_t difference = 0;
	for (size_t i = 0; i < a.n; i++)
		difference |= (uint8_t)(a.p[i] ^ b.p[i]);
	/* Without this, a compiler may leave the loop at the first difference. */
	__asm__ volatile("" : "+r"(difference));
	return difference == 0;
}

bool slice_next_word(struct slice *rest, struct slice *ret_word)
{
	while (rest->n && rest->p[0] == ' ')
		*rest = slice_from(*rest, 1);
	if (!rest->n)
		return false;
	size_t n = slice_find(*rest, ' ');
	*ret_word = slice_first(*rest, n);
	*rest = slice_from(*rest, n);
	return true;
}

bool slice_has_word(struct slice list, struct slice word)
{
	struct slice one;
	while (slice_next_word(&list, &one))
		if (slice_equal(one, word))
			return true;
	return false;
}

/* The length of the UTF-8 sequence at p, or 0 if it is not one. */
static size_t utf8_length(const uint8_t *p, size_t n)
{
	static const struct {
		uint8_t first_low, first_high, second_low, second_high;
		size_t length;
	} forms[] = {
		/* RFC 3629 §4 */
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	if (p[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		if (p[0] < forms[i].first_low || p[0] > forms[i].first_high)
			continue;
		if (n < forms[i].length || p[1] < forms[i].second_low || p[1] > forms[i].second_high)
			return 0;
		for (size_t k = 2; k < forms[i].length; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].length;
	}
	return 0;
}

/* Eight bytes at once, since most text is ASCII. */
static bool is_ascii8(const uint8_t *p)
{
	uint64_t eight;
	memcpy(&eight, p, sizeof eight);
	return !(eight & UINT64_C(0x8080808080808080));
}

bool slice_is_utf8(struct slice s)
{
	for (size_t i = 0; i < s.n;) {
		if (s.n - i >= 8 && is_ascii8(s.p + i)) {
			i += 8;
			continue;
		}
		size_t length = utf8_length(s.p + i, s.n - i);
		if (!length)
			return false;
		i += length;
	}
	return true;
}
