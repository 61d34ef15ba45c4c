#include "authd/model/visible.h"

#include "libauth/base/mem.h"

enum { REPLACEMENT = 0xfffd };

struct range {
	uint32_t first, last;
};

/* Characters that nobody sees, or that change the order in which others are seen. */
static const struct range HIDDEN[] = {
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x034f, 0x034f },   /* combining grapheme joiner */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x115f, 0x1160 },   /* Hangul fillers */
	{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
	{ 0x200b, 0x200f },   /* zero width; left-to-right and right-to-left marks */
	{ 0x202a, 0x202e },   /* embeddings and overrides */
	{ 0x2060, 0x206f },   /* joiners, isolates, deprecated format characters */
	{ 0x3164, 0x3164 },   /* Hangul filler */
	{ 0xfe00, 0xfe0f },   /* variation selectors */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xffa0, 0xffa0 },   /* halfwidth Hangul filler */
	{ 0xfff9, 0xfffb },   /* interlinear annotation */
	{ 0xe0000, 0xe0fff }, /* tags, variation selectors */
};
/* Controls and line ends: seen as a space. */
static const struct range BLANK[] = { { 0x00, 0x20 }, { 0x7f, 0xa0 }, { 0x2028, 0x2029 } };

static bool is_in(uint32_t c, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

uint32_t character_take(struct slice *rest)
{
	uint8_t first = rest->p[0];
	size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	struct slice bytes = slice_first(*rest, n);
	if (bytes.n < n || !slice_is_utf8(bytes)) {
		*rest = slice_from(*rest, 1);
		return REPLACEMENT;
	}
	static const uint8_t masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = first & masks[n];
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (bytes.p[i] & 0x3f);
	*rest = slice_from(*rest, n);
	/* Noncharacters may not stand in HTML. */
	return (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef) ? REPLACEMENT : c;
}

bool character_is_hidden(uint32_t c) { return is_in(c, HIDDEN, COUNT_OF(HIDDEN)); }

bool character_is_blank(uint32_t c) { return is_in(c, BLANK, COUNT_OF(BLANK)); }

bool text_is_plain(struct slice text)
{
	while (text.n) {
		uint32_t c = character_take(&text);
		if (character_is_hidden(c) || c == REPLACEMENT || (character_is_blank(c) && c != ' '))
			return false;
	}
	return true;
}
