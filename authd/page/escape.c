#include "authd/page/escape.h"

#include "authd/model/visible.h"

/* Take the next character that is to be seen; false at the end. */
static bool take_visible(struct slice *rest, uint32_t *ret)
{
	while (rest->n) {
		uint32_t c = character_take(rest);
		if (character_is_hidden(c))
			continue;
		*ret = character_is_blank(c) ? ' ' : c;
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
