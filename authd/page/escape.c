#include "authd/page/escape.h"

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

/* Take one character; a byte that begins none is U+FFFD. */
static uint32_t take_character(struct slice *rest)
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

/* Take the next character that is to be seen; false at the end. */
static bool take_visible(struct slice *rest, uint32_t *ret)
{
	while (rest->n) {
		uint32_t c = take_character(rest);
		if (is_in(c, HIDDEN, COUNT_OF(HIDDEN)))
			continue;
		*ret = is_in(c, BLANK, COUNT_OF(BLANK)) ? ' ' : c;
		return true;
	}
	return false;
}

static void put_byte(struct buf *out, uint8_t c)
{
	switch (c) {
	case '&': buf_put(out, SLICE("&amp;")); return;
	case '<': buf_put(out, SLICE("&lt;")); return;
	case '>': buf_put(out, SLICE("&gt;")); return;
	case '"': buf_put(out, SLICE("&quot;")); return;
	case '\'': buf_put(out, SLICE("&#39;")); return;
	case '\t': buf_put(out, SLICE("&#9;")); return;
	/* Unescaped, a parser would turn CR LF into one LF (HTML §13.2.3.5). */
	case '\n': buf_put(out, SLICE("&#10;")); return;
	case '\r': buf_put(out, SLICE("&#13;")); return;
	default: buf_put_byte(out, c);
	}
}

static void put_character(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		put_byte(out, (uint8_t)c);
		return;
	}
	int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const uint8_t leads[] = { 0, 0xc0, 0xe0, 0xf0 };
	buf_put_byte(out, (uint8_t)(leads[more] | c >> (6 * more)));
	while (more-- > 0)
		buf_put_byte(out, (uint8_t)(0x80 | (c >> (6 * more) & 0x3f)));
}

void escape_exact(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		put_byte(out, text.p[i]);
}

static size_t count_visible(struct slice text)
{
	size_t n = 0;
	for (uint32_t c; take_visible(&text, &c);)
		n++;
	return n;
}

void escape_shown(struct buf *out, struct slice text, size_t limit, enum cut cut)
{
	size_t n = count_visible(text);
	size_t from = cut == CUT_START && n > limit ? n - limit : 0;
	if (from)
		buf_put_text(out, "…");
	uint32_t c;
	for (size_t at = 0; at < from + limit && take_visible(&text, &c); at++)
		if (at >= from)
			put_character(out, c);
	if (!from && n > limit)
		buf_put_text(out, "…");
}

bool escape_is_blank(struct slice text)
{
	uint32_t c;
	while (take_visible(&text, &c))
		if (c != ' ')
			return false;
	return true;
}
