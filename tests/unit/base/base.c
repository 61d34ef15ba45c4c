/* The helpers that everything stands on: slices, buffers, arenas, encodings, JSON out. */
#include "libauth/base/arena.h"
#include "libauth/base/big_endian.h"
#include "libauth/base/encode.h"
#include "libauth/base/json_writer.h"
#include "libauth/base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define assert_text(buf_, text) \
	do { \
		assert_false((buf_).failed); \
		assert_int_equal((buf_).n, strlen(text)); \
		assert_memory_equal((buf_).p, (text), strlen(text)); \
	} while (0)

/* ---- slices ---------------------------------------------------------------------------------- */

static void words_are_separated_by_spaces(void **state)
{
	(void)state;
	struct slice rest = SLICE("  openid  profile "), word;
	assert_true(slice_next_word(&rest, &word));
	assert_true(slice_is(word, "openid"));
	assert_true(slice_next_word(&rest, &word));
	assert_true(slice_is(word, "profile"));
	assert_false(slice_next_word(&rest, &word));

	assert_true(slice_has_word(SLICE("openid profile"), SLICE("profile")));
	assert_false(slice_has_word(SLICE("openid profiles"), SLICE("profile")));
	assert_false(slice_has_word(SLICE(""), SLICE("profile")));
}

static void utf8_is_strict(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		bool valid;
	} cases[] = {
		{ "", true },
		{ "plain", true },
		{ "\xe7\xbb\x9f\xe4\xb8\x80", true },
		{ "\xf0\x9f\x98\x80", true },
		{ "\xc0\xaf", false },         /* overlong */
		{ "\xe0\x80\x80", false },     /* overlong */
		{ "\xed\xa0\x80", false },     /* surrogate */
		{ "\xf4\x90\x80\x80", false }, /* above U+10FFFF */
		{ "\xe7\xbb", false },         /* cut */
		{ "\x80", false },
		{ "a\xff", false },
		{ "1234567\xe7\xbb\x9f\xe4\xb8\x80", true },
		{ "12345678\xbb", false },
		{ "1234567890123456\xff", false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(slice_is_utf8(slice_str(cases[i].bytes)), cases[i].valid);
}

static void slices_compare(void **state)
{
	(void)state;
	assert_true(slice_equal(NO_SLICE, SLICE("")));
	assert_true(slice_compare(SLICE("a"), SLICE("ab")) < 0);
	assert_true(slice_compare(SLICE("b"), SLICE("ab")) > 0);
	assert_int_equal(slice_compare(SLICE("ab"), SLICE("ab")), 0);
	assert_true(slice_equal_secret(SLICE("secret"), SLICE("secret")));
	assert_false(slice_equal_secret(SLICE("secret"), SLICE("secreT")));
	assert_false(slice_equal_secret(SLICE("secret"), SLICE("secre")));
	assert_int_equal(slice_from(SLICE("abc"), 9).n, 0);
	assert_null(slice_from(NO_SLICE, 1).p);
	assert_int_equal(slice_find(SLICE("abc"), 'x'), 3);
}

/* ---- buffers and arenas ---------------------------------------------------------------------- */

static void a_buffer_stays_failed(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = { .limit = 8 };
	buf_put_text(&b, "12345678");
	assert_int_equal(buf_status(&b), ST_OK);
	buf_put_byte(&b, '9');
	assert_int_equal(buf_status(&b), ST_NOMEM);
	assert_int_equal(b.n, 8);
	buf_put_text(&b, "");
	assert_true(b.failed);
	buf_reset(&b);
	buf_put_integer(&b, -42);
	assert_text(b, "-42");
}

static void a_buffer_grows(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = { 0 };
	for (int i = 0; i < 10000; i++)
		buf_format(&b, "%04d,", i);
	assert_int_equal(b.n, 50000);
	assert_memory_equal(b.p + 49995, "9999,", 5);
}

static void a_buffer_ends_in_an_arena(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct buf b = { .limit = 4 };
	buf_put_text(&b, "text");
	assert_true(slice_is(buf_finish(&b, &a), "text"));
	assert_null(b.p);
	buf_put_text(&b, "longer");
	assert_null(buf_finish(&b, &a).p);
	assert_false(b.failed); /* it may be used again */
}

static void numbers_sort_as_bytes(void **state)
{
	(void)state;
	uint8_t bytes[8];
	put_u64(bytes, UINT64_C(0x0102030405060708));
	assert_memory_equal(bytes, "\1\2\3\4\5\6\7\10", 8);
	assert_int_equal(get_u64(bytes), UINT64_C(0x0102030405060708));
	put_u32(bytes, 0xfffefdfc);
	assert_memory_equal(bytes, "\xff\xfe\xfd\xfc\5", 5);
	assert_int_equal(get_u32(bytes), 0xfffefdfc);
}

static void an_arena_zeroes_and_ends(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { .limit = 1 << 20 };
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++) {
			uint8_t *p = arena_alloc(&a, 999);
			assert_non_null(p);
			for (size_t k = 0; k < 999; k++)
				assert_int_equal(p[k], 0);
			memset(p, 0xaa, 999);
		}
		arena_reset(&a);
	}
	assert_null(arena_alloc(&a, (1 << 20) + 1));
	assert_null(arena_array(&a, uint64_t, SIZE_MAX / 4));
	assert_non_null(arena_alloc(&a, 1 << 20));
	assert_null(arena_alloc(&a, 1));
}

static void an_arena_copies_text(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	assert_string_equal(arena_string(&a, SLICE("text")), "text");
	assert_null(arena_string(&a, slice_of("te\0xt", 5)));
	assert_true(slice_is(arena_format(&a, "%s-%d", "a", 7), "a-7"));
}

/* ---- encodings ------------------------------------------------------------------------------- */

static void base64url_goes_both_ways(void **state)
{
	(void)state;
	uint8_t bytes[67], back[70];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 37 + 11);
	for (size_t n = 0; n <= sizeof bytes; n++) {
		AUTO_BUF struct buf text = { 0 };
		size_t back_n = 99;
		buf_put_base64url(&text, slice_of(bytes, n));
		assert_int_equal(text.n, base64url_length(n));
		assert_int_equal(base64url_decode(buf_slice(&text), back, &back_n), ST_OK);
		assert_int_equal(back_n, n);
		assert_memory_equal(back, bytes, n);
	}
}

/* Long runs are decoded sixteen characters at a time: each byte value at each place of one. */
static void base64url_looks_at_each_place(void **state)
{
	(void)state;
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	for (size_t place = 0; place < 44; place++) {
		for (int c = 0; c < 256; c++) {
			char text[45] = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZn", again[45];
			uint8_t out[33];
			size_t n = 0;
			text[place] = (char)c;
			bool allowed = c && strchr(alphabet, c);
			status s = base64url_decode(slice_of(text, 44), out, &n);
			assert_int_equal(s, allowed ? ST_OK : ST_INVALID);
			if (!allowed)
				continue;
			assert_int_equal(n, 33);
			base64url_encode(slice_of(out, n), again);
			assert_memory_equal(again, text, 44);
		}
	}
}

static void base64url_is_strict(void **state)
{
	(void)state;
	/* RFC 4648 §5 alphabet; no padding, no blanks, no bits behind the last byte */
	static const char *const bad[] = { "A", "AAAAA", "AA==", "AAA=", "AB", "AAB", "A+AA", "A/AA",
					   "AA A", "AA\n", "AAAA\n", "\xc3\xa9", "AA.A" };
	uint8_t out[16];
	size_t n;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(base64url_decode(slice_str(bad[i]), out, &n), ST_INVALID);
}

static void hex_and_percent_and_forms(void **state)
{
	(void)state;
	uint8_t out[8];
	struct slice decoded;
	AUTO_BUF struct buf b = { 0 };
	buf_put_hex(&b, slice_of("\x00\xab\xff", 3));
	assert_text(b, "00abff");
	assert_int_equal(hex_decode(SLICE("00ABff"), out, 3), ST_OK);
	assert_memory_equal(out, "\x00\xab\xff", 3);
	assert_int_equal(hex_decode(SLICE("00abf"), out, 3), ST_INVALID);
	assert_int_equal(hex_decode(SLICE("00abfg"), out, 3), ST_INVALID);

	buf_reset(&b);
	buf_put_percent(&b, SLICE("a b&c=\xe4\xb8\x80~-._"));
	assert_text(b, "a%20b%26c%3D%E4%B8%80~-._");

	assert_int_equal(form_decode(SLICE("a+b%26%E4"), out, &decoded), ST_INVALID); /* cut UTF-8 */
	assert_int_equal(form_decode(SLICE("a+b%26"), out, &decoded), ST_OK);
	assert_true(slice_is(decoded, "a b&"));
	assert_int_equal(form_decode(SLICE("%00"), out, &decoded), ST_INVALID);
	assert_int_equal(form_decode(SLICE("%4"), out, &decoded), ST_INVALID);
	assert_int_equal(form_decode(SLICE("%"), out, &decoded), ST_INVALID);
	assert_int_equal(form_decode(SLICE("%zz"), out, &decoded), ST_INVALID);
}

/* Bytes are looked at sixteen at once: what stands for another is seen at each place. */
static void forms_are_decoded_at_each_place(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} cases[] = { { "+", " " }, { "%2B", "+" }, { "%e4%B8%80", "\xe4\xb8\x80" }, { "%", NULL },
		      { "%00", NULL }, { "%4", NULL }, { "\xe4\xb8", NULL } };
	static const char xs[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"; /* 39 */
	for (size_t place = 0; place < sizeof xs; place++)
		for (size_t i = 0; i < COUNT_OF(cases); i++) {
			AUTO_BUF struct buf in = { 0 }, expected = { 0 };
			uint8_t room[64];
			struct slice decoded;
			buf_format(&in, "%.*s%s%s", (int)place, xs, cases[i].in, xs + place);
			status s = form_decode(buf_slice(&in), room, &decoded);
			assert_int_equal(s, cases[i].out ? ST_OK : ST_INVALID);
			if (!cases[i].out)
				continue;
			buf_format(&expected, "%.*s%s%s", (int)place, xs, cases[i].out, xs + place);
			assert_true(slice_equal(decoded, buf_slice(&expected)));
		}
	uint8_t room[32];
	struct slice decoded;
	for (size_t place = 0; place < 32; place++) {
		uint8_t in[32];
		memset(in, 'x', sizeof in);
		in[place] = 0;
		assert_int_equal(form_decode(slice_of(in, sizeof in), room, &decoded), ST_INVALID);
	}
}

static void numbers_are_decimal(void **state)
{
	(void)state;
	static const struct {
		int64_t value;
		const char *text;
	} cases[] = { { 0, "0" },
		      { -1, "-1" },
		      { 1700000000, "1700000000" },
		      { INT64_MAX, "9223372036854775807" },
		      { INT64_MIN, "-9223372036854775808" } };
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_BUF struct buf b = { 0 };
		buf_put_integer(&b, cases[i].value);
		assert_text(b, cases[i].text);
	}
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Bytes are looked at sixteen at once: each kind of byte, at each place. */
static void json_escapes_at_each_place(void **state)
{
	(void)state;
	static const struct {
		const char *byte, *written;
	} cases[] = { { "\"", "\\\"" },     { "\\", "\\\\" }, { "\x7f", "\\u007f" },
		      { "\x01", "\\u0001" }, { "\x1f", "\\u001f" }, { " ", " " },
		      { "!", "!" },          { "#", "#" },	     { "[", "[" },
		      { "]", "]" },          { "~", "~" },	     { "\xff", "\xff" } };
	static const char xs[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"; /* 39 */
	for (size_t place = 0; place < sizeof xs; place++)
		for (size_t i = 0; i < COUNT_OF(cases); i++) {
			AUTO_BUF struct buf in = { 0 }, expected = { 0 }, out = { 0 };
			buf_format(&in, "%.*s%s%s", (int)place, xs, cases[i].byte, xs + place);
			buf_format(&expected, "\"%.*s%s%s\"", (int)place, xs, cases[i].written, xs + place);
			buf_put_json_string(&out, buf_slice(&in));
			assert_true(slice_equal(buf_slice(&out), buf_slice(&expected)));
		}
}

static void json_is_written(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = { 0 };
	struct json_writer w = json_writer(&b);
	json_begin_object(&w, NULL);
	json_text(&w, "quoted", SLICE("a\"b\\c\n\x7f\x01"));
	json_text(&w, "absent", NO_SLICE);
	json_text(&w, "empty", SLICE(""));
	json_number(&w, "n", -7);
	json_bool(&w, "yes", true);
	json_words(&w, "none", SLICE("  "));
	json_words(&w, "words", SLICE("a  b"));
	json_begin_array(&w, "list");
	json_begin_object(&w, NULL);
	json_text(&w, "in", SLICE("it"));
	json_end(&w);
	json_number(&w, NULL, 2);
	json_end(&w);
	json_end(&w);
	assert_text(b, "{\"quoted\":\"a\\\"b\\\\c\\u000a\\u007f\\u0001\",\"empty\":\"\",\"n\":-7,"
		       "\"yes\":true,\"words\":[\"a\",\"b\"],\"list\":[{\"in\":\"it\"},2]}");
}

static void json_has_a_depth(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = { 0 };
	struct json_writer w = json_writer(&b);
	for (int i = 0; i < JSON_WRITER_DEPTH; i++)
		json_begin_array(&w, NULL);
	assert_false(b.failed);
	json_begin_array(&w, NULL);
	assert_true(b.failed);

	buf_reset(&b);
	w = json_writer(&b);
	json_end(&w);
	assert_true(b.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_separated_by_spaces),
		cmocka_unit_test(utf8_is_strict),
		cmocka_unit_test(slices_compare),
		cmocka_unit_test(a_buffer_stays_failed),
		cmocka_unit_test(a_buffer_grows),
		cmocka_unit_test(a_buffer_ends_in_an_arena),
		cmocka_unit_test(numbers_sort_as_bytes),
		cmocka_unit_test(an_arena_zeroes_and_ends),
		cmocka_unit_test(an_arena_copies_text),
		cmocka_unit_test(base64url_goes_both_ways),
		cmocka_unit_test(base64url_is_strict),
		cmocka_unit_test(base64url_looks_at_each_place),
		cmocka_unit_test(hex_and_percent_and_forms),
		cmocka_unit_test(forms_are_decoded_at_each_place),
		cmocka_unit_test(numbers_are_decimal),
		cmocka_unit_test(json_escapes_at_each_place),
		cmocka_unit_test(json_is_written),
		cmocka_unit_test(json_has_a_depth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
