/* What the pages are made of: escaping, templates, the choice of a language. */
#include "authd/page/page.h"
#include "authd/page/template.h"
#include "libauth/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* ---- escaping ------------------------------------------------------------------------------- */

static void check_exact(struct slice in, const char *expected)
{
	AUTO_BUF struct buf b = {};
	escape_exact(&b, in);
	assert_true(slice_is(buf_slice(&b), expected));
}

static void check_shown(struct slice in, size_t limit, enum cut cut, const char *expected)
{
	AUTO_BUF struct buf b = {};
	escape_shown(&b, in, limit, cut);
	assert_true(slice_is(buf_slice(&b), expected));
	assert_true(slice_is_utf8(buf_slice(&b)));
}

static void escape_exact_keeps_all(void **state)
{
	(void)state;
	check_exact(SLICE("\"'<>&"), "&quot;&#39;&lt;&gt;&amp;");
	check_exact(SLICE("a\r\n\tb"), "a&#13;&#10;&#9;b");
	check_exact(SLICE("&amp;"), "&amp;amp;");
	check_exact(SLICE("张\xe2\x80\xae"), "张\xe2\x80\xae");
	check_exact(NO_SLICE, "");
}

static void escape_shown_cleans(void **state)
{
	(void)state;
	check_shown(SLICE("<b>'\"&"), 80, CUT_END, "&lt;b&gt;&#39;&quot;&amp;");
	/* Each bidirectional control of UAX #9, and what cannot be seen. */
	check_shown(SLICE("a\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
			  "\u2066\u2067\u2068\u2069z"), 80, CUT_END, "az");
	check_shown(SLICE("a\u00ad\u200b\u200d\u2060\ufeff\U000e0041z"), 80, CUT_END, "az");
	check_shown(SLICE("a\r\nb\x7f\xc2\x85\u2028z"), 80, CUT_END, "a  b   z");
	/* Scripts of China keep their shape: Mongolian selectors, rare ideographs. */
	check_shown(SLICE("\u1820\u180b \U0002f81a"), 80, CUT_END, "\u1820\u180b \U0002f81a");
}

static void escape_shown_replaces_what_is_no_text(void **state)
{
	(void)state;
	static const char *const bad[] = { "\xff", "\x80", "\xc0\xaf", "\xe2\x82", "\xed\xa0\x80",
					   "\xf5\x80\x80\x80", "\uffff", "\ufdd0" };
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		AUTO_BUF struct buf b = {};
		escape_shown(&b, slice_str(bad[i]), 80, CUT_END);
		assert_true(slice_is_utf8(buf_slice(&b)));
		assert_true(slice_starts(buf_slice(&b), SLICE("\ufffd")));
	}
	check_shown(SLICE("a\xe4\xbd"), 80, CUT_END, "a\ufffd\ufffd");
}

static void escape_shown_cuts(void **state)
{
	(void)state;
	check_shown(SLICE("abcdef"), 6, CUT_END, "abcdef");
	check_shown(SLICE("abcdefg"), 6, CUT_END, "abcdef…");
	check_shown(SLICE("一二三四"), 3, CUT_END, "一二三…");
	check_shown(SLICE("<<<<"), 3, CUT_END, "&lt;&lt;&lt;…");
	/* The end of a host name says whose it is. */
	check_shown(SLICE("www.gov.cn.evil.example"), 12, CUT_START, "…evil.example");
	check_shown(SLICE("evil.example"), 12, CUT_START, "evil.example");
	check_shown(NO_SLICE, 3, CUT_END, "");
}

/* Whatever the bytes: text without markup. */
static void escape_shown_takes_any_bytes(void **state)
{
	(void)state;
	static const char alphabet[] = "<>\"'&a \r\x80\xbf\xc2\xe2\xe0\xed\xf0\xf4\xff\xae";
	uint32_t random = 716;
	for (int round = 0; round < 20000; round++) {
		uint8_t bytes[24];
		for (size_t i = 0; i < sizeof bytes; i++) {
			random = random * 1664525 + 1013904223;
			bytes[i] = (uint8_t)alphabet[(random >> 16) % (sizeof alphabet - 1)];
		}
		AUTO_BUF struct buf b = {};
		escape_shown(&b, slice_of(bytes, sizeof bytes), 16, round & 1 ? CUT_END : CUT_START);
		assert_true(slice_is_utf8(buf_slice(&b)));
		for (size_t i = 0; i < b.n; i++)
			assert_null(memchr("<>\"'\r", b.p[i], 5));
	}
}

static void escape_is_blank_sees_nothing(void **state)
{
	(void)state;
	assert_true(escape_is_blank(NO_SLICE));
	assert_true(escape_is_blank(SLICE(" \t\u200b\u202e\u00a0")));
	assert_false(escape_is_blank(SLICE(" \u202e.")));
}

/* ---- templates ------------------------------------------------------------------------------ */

static void template_refuses_a_value_not_set(void **state)
{
	(void)state;
	static const struct template_op ops[] = {
		{ .kind = TEMPLATE_IF, .field = 0, .skip = 1 },
		{ .kind = TEMPLATE_VALUE, .field = 1 },
	};
	const struct template t = { ops, COUNT_OF(ops) };
	struct value values[2] = { value_flag(false) };
	AUTO_BUF struct buf b = {};
	assert_int_equal(template_render(&b, &t, values), ST_BUG);
	values[1] = value_flag(true); /* a flag is not a text */
	assert_int_equal(template_render(&b, &t, values), ST_OK);
	values[0] = value_flag(true);
	assert_int_equal(template_render(&b, &t, values), ST_BUG);
	values[1] = value_integer(-7);
	assert_int_equal(template_render(&b, &t, values), ST_OK);
	assert_true(slice_is(buf_slice(&b), "-7"));
}

static void template_takes_lists_only_from_lists(void **state)
{
	(void)state;
	static const struct template_op ops[] = {
		{ .kind = TEMPLATE_EACH, .field = 0, .skip = 1 },
		{ .kind = TEMPLATE_VALUE, .field = 1 },
	};
	const struct template t = { ops, COUNT_OF(ops) };
	struct value values[2] = { value_flag(true) };
	AUTO_BUF struct buf b = {};
	assert_int_equal(template_render(&b, &t, values), ST_BUG);
}

/* ---- language ------------------------------------------------------------------------------- */

static void language_is_chosen(void **state)
{
	(void)state;
	static const struct {
		const char *ui_locales, *accept_language;
		enum language expected;
	} rows[] = {
		{ NULL, NULL, LANGUAGE_ZH },
		{ "", "", LANGUAGE_ZH },
		{ "en", NULL, LANGUAGE_EN },
		{ "en-GB", "zh-CN", LANGUAGE_EN },
		{ "fr EN-us zh", "zh", LANGUAGE_EN },
		{ "fr  zh-Hans-CN en", "en", LANGUAGE_ZH },
		{ "eng", "en", LANGUAGE_EN }, /* a tag that nobody knows: the header decides */
		{ "eng", NULL, LANGUAGE_ZH },
		{ NULL, "en", LANGUAGE_EN },
		{ NULL, "EN-gb", LANGUAGE_EN },
		{ NULL, "fr, de;q=0.5", LANGUAGE_ZH },
		{ NULL, "zh-CN,zh;q=0.9,en;q=0.8", LANGUAGE_ZH },
		{ NULL, "en-US,en;q=0.9,zh-CN;q=0.8", LANGUAGE_EN },
		{ NULL, "en;q=0.8,zh;q=0.9", LANGUAGE_ZH },
		{ NULL, "zh;q=0.8 , en ; q=0.801", LANGUAGE_EN },
		{ NULL, "zh;q=0.1,zh-TW;q=0.9,en;q=0.5", LANGUAGE_ZH },
		{ NULL, "en,zh", LANGUAGE_EN }, /* a tie: what comes first */
		{ NULL, "zh,en", LANGUAGE_ZH },
		{ NULL, "en;q=0", LANGUAGE_ZH },
		{ NULL, "en;q=0, *;q=0.1", LANGUAGE_ZH },
		{ NULL, "en;q=0.5, *", LANGUAGE_ZH },
		{ NULL, "zh;q=0, *", LANGUAGE_EN },
		{ NULL, "zh;q=0.2, *;q=0.5", LANGUAGE_EN },
		{ NULL, "*", LANGUAGE_ZH },
		{ NULL, "en;q=2, zh;q=0.1", LANGUAGE_ZH }, /* malformed weights count for nothing */
		{ NULL, "en;q=1.001, zh;q=0.1", LANGUAGE_ZH },
		{ NULL, "en;q=, zh;q=0.1", LANGUAGE_ZH },
		{ NULL, "en;q=0.1234, zh;q=0.1", LANGUAGE_ZH },
		{ NULL, "en;v=1, zh;q=0.1", LANGUAGE_ZH },
		{ NULL, ",,;;q,en", LANGUAGE_EN },
		{ NULL, "en;Q=0.7,zh;Q=0.3", LANGUAGE_EN },
		{ NULL, "e,z,-,en-", LANGUAGE_EN },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum language is = page_language(slice_str(rows[i].ui_locales),
						 slice_str(rows[i].accept_language));
		if (is != rows[i].expected)
			fail_msg("row %zu: %s | %s", i, rows[i].ui_locales, rows[i].accept_language);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escape_exact_keeps_all),
		cmocka_unit_test(escape_shown_cleans),
		cmocka_unit_test(escape_shown_replaces_what_is_no_text),
		cmocka_unit_test(escape_shown_cuts),
		cmocka_unit_test(escape_shown_takes_any_bytes),
		cmocka_unit_test(escape_is_blank_sees_nothing),
		cmocka_unit_test(template_refuses_a_value_not_set),
		cmocka_unit_test(template_takes_lists_only_from_lists),
		cmocka_unit_test(language_is_chosen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
