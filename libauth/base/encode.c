#include "libauth/base/encode.h"

static const char BASE64URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of each character, 0xff for all that are not in the alphabet. */
static const uint8_t BASE64URL_VALUE[256] = {
	[0 ... 255] = 0xff,
	['A'] = 0,  ['B'] = 1,  ['C'] = 2,  ['D'] = 3,  ['E'] = 4,  ['F'] = 5,  ['G'] = 6,
	['H'] = 7,  ['I'] = 8,  ['J'] = 9,  ['K'] = 10, ['L'] = 11, ['M'] = 12, ['N'] = 13,
	['O'] = 14, ['P'] = 15, ['Q'] = 16, ['R'] = 17, ['S'] = 18, ['T'] = 19, ['U'] = 20,
	['V'] = 21, ['W'] = 22, ['X'] = 23, ['Y'] = 24, ['Z'] = 25, ['a'] = 26, ['b'] = 27,
	['c'] = 28, ['d'] = 29, ['e'] = 30, ['f'] = 31, ['g'] = 32, ['h'] = 33, ['i'] = 34,
	['j'] = 35, ['k'] = 36, ['l'] = 37, ['m'] = 38, ['n'] = 39, ['o'] = 40, ['p'] = 41,
	['q'] = 42, ['r'] = 43, ['s'] = 44, ['t'] = 45, ['u'] = 46, ['v'] = 47, ['w'] = 48,
	['x'] = 49, ['y'] = 50, ['z'] = 51, ['0'] = 52, ['1'] = 53, ['2'] = 54, ['3'] = 55,
	['4'] = 56, ['5'] = 57, ['6'] = 58, ['7'] = 59, ['8'] = 60, ['9'] = 61, ['-'] = 62,
	['_'] = 63,
};

void base64url_encode(struct slice in, char *out)
{
	size_t i = 0;
	for (; i + 3 <= in.n; i += 3) {
		uint32_t v = (uint32_t)in.p[i] << 16 | (uint32_t)in.p[i + 1] << 8 | in.p[i + 2];
		*out++ = BASE64URL[v >> 18];
		*out++ = BASE64URL[v >> 12 & 63];
		*out++ = BASE64URL[v >> 6 & 63];
		*out++ = BASE64URL[v & 63];
	}
	if (in.n - i == 1) {
		*out++ = BASE64URL[in.p[i] >> 2];
		*out++ = BASE64URL[(in.p[i] & 3) << 4];
	} else if (in.n - i == 2) {
		*out++ = BASE64URL[in.p[i] >> 2];
		*out++ = BASE64URL[(in.p[i] & 3) << 4 | in.p[i + 1] >> 4];
		*out++ = BASE64URL[(in.p[i + 1] & 15) << 2];
	}
}

void buf_put_base64url(struct buf *b, struct slice bytes)
{
	size_t n = base64url_length(bytes.n);
	char *room = (char *)buf_room(b, n);
	if (!room)
		return;
	base64url_encode(bytes, room);
	buf_grown(b, n);
}

struct slice arena_base64url(struct arena *a, struct slice bytes)
{
	size_t n = base64url_length(bytes.n);
	char *text = arena_alloc(a, n + 1);
	if (!text)
		return NO_SLICE;
	base64url_encode(bytes, text);
	return slice_of(text, n);
}

typedef uint8_t bytes16 __attribute__((vector_size(16)));

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
typedef uint16_t pairs8 __attribute__((vector_size(16)));
typedef uint32_t quads4 __attribute__((vector_size(16)));

/* All bits of each byte that is within low and high. */
static inline bytes16 within(bytes16 c, uint8_t low, uint8_t high)
{
	return (bytes16)(c - low <= (bytes16){ 0 } + (uint8_t)(high - low));
}

/* Sixteen characters to twelve bytes; a thirteenth is written too. False if one is not allowed. */
static bool decode16(const uint8_t *in, uint8_t *out)
{
	bytes16 c;
	memcpy(&c, in, sizeof c);
	bytes16 upper = within(c, 'A', 'Z'), lower = within(c, 'a', 'z'), digit = within(c, '0', '9');
	bytes16 dash = within(c, '-', '-'), low_line = within(c, '_', '_');
	bytes16 allowed = upper | lower | digit | dash | low_line;
	bytes16 value = (upper & (c - (uint8_t)'A')) | (lower & (c - (uint8_t)('a' - 26))) |
			(digit & (c + (uint8_t)(52 - '0'))) | (dash & (uint8_t)62) |
			(low_line & (uint8_t)63);
	pairs8 pair = ((pairs8)value & (uint16_t)0xff) << 6 | (pairs8)value >> 8;
	quads4 quad = ((quads4)pair & (uint32_t)0xffff) << 12 | (quads4)pair >> 16;
	for (int i = 0; i < 4; i++) {
		uint32_t word = __builtin_bswap32(quad[i] << 8);
		memcpy(out + 3 * i, &word, sizeof word);
	}
	uint64_t halves[2];
	memcpy(halves, &allowed, sizeof halves);
	return (halves[0] & halves[1]) == UINT64_MAX;
}
#else
static bool decode16(const uint8_t *in, uint8_t *out)
{
	size_t n;
	return base64url_decode(slice_of(in, 12), out, &n) == ST_OK &&
	       base64url_decode(slice_of(in + 12, 4), out + 9, &n) == ST_OK;
}
#endif

status base64url_decode(struct slice text, uint8_t *out, size_t *ret_n)
{
	if (text.n % 4 == 1)
		return ST_INVALID;
	uint8_t *const start = out;
	uint8_t seen = 0; /* the high bits of any character outside the alphabet stay here */
	size_t i = 0;
	for (; text.n - i >= 20; i += 16, out += 12) /* so that there is room for the thirteenth */
		if (!decode16(text.p + i, out))
			return ST_INVALID;
	for (; i + 4 <= text.n; i += 4) {
		uint8_t a = BASE64URL_VALUE[text.p[i]], b = BASE64URL_VALUE[text.p[i + 1]];
		uint8_t c = BASE64URL_VALUE[text.p[i + 2]], d = BASE64URL_VALUE[text.p[i + 3]];
		seen |= a | b | c | d;
		*out++ = (uint8_t)(a << 2 | b >> 4);
		*out++ = (uint8_t)(b << 4 | c >> 2);
		*out++ = (uint8_t)(c << 6 | d);
	}
	uint8_t left_over = 0;
	if (text.n - i >= 2) {
		uint8_t a = BASE64URL_VALUE[text.p[i]], b = BASE64URL_VALUE[text.p[i + 1]];
		seen |= a | b;
		*out++ = (uint8_t)(a << 2 | b >> 4);
		left_over = b & 15;
		if (text.n - i == 3) {
			uint8_t c = BASE64URL_VALUE[text.p[i + 2]];
			seen |= c;
			*out++ = (uint8_t)(b << 4 | c >> 2);
			left_over = c & 3;
		}
	}
	if ((seen & 0xc0) || left_over)
		return ST_INVALID;
	*ret_n = (size_t)(out - start);
	return ST_OK;
}

status arena_base64url_decode(struct arena *a, struct slice text, struct slice *ret)
{
	uint8_t *out = arena_alloc(a, text.n / 4 * 3 + 3);
	if (!out)
		return ST_NOMEM;
	size_t n;
	TRY(base64url_decode(text, out, &n));
	*ret = slice_of(out, n);
	return ST_OK;
}

static const char HEX[] = "0123456789abcdef";

void buf_put_hex(struct buf *b, struct slice bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		buf_put_byte(b, (uint8_t)HEX[bytes.p[i] >> 4]);
		buf_put_byte(b, (uint8_t)HEX[bytes.p[i] & 15]);
	}
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

status hex_decode(struct slice text, uint8_t *out, size_t n)
{
	if (text.n != 2 * n)
		return ST_INVALID;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(text.p[2 * i]), low = hex_value(text.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return ST_INVALID;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return ST_OK;
}

/* Sixteen bytes at once, of a form: none of them stands for another. */
static bool is_plain16(const uint8_t *p)
{
	bytes16 c;
	memcpy(&c, p, sizeof c);
	bytes16 special = (bytes16)((c == '%') | (c == '+') | (c == 0));
	uint64_t halves[2];
	memcpy(halves, &special, sizeof halves);
	return !(halves[0] | halves[1]);
}

status form_decode(struct slice text, uint8_t *out, struct slice *ret)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.n - i >= 16 && is_plain16(text.p + i)) {
			memcpy(out + n, text.p + i, 16);
			n += 16;
			i += 15;
			continue;
		}
		uint8_t c = text.p[i] == '+' ? ' ' : text.p[i];
		if (text.p[i] == '%') {
			TRY(hex_decode(slice_first(slice_from(text, i + 1), 2), &c, 1));
			i += 2;
		}
		if (!c)
			return ST_INVALID;
		out[n++] = c;
	}
	if (!slice_is_utf8(slice_of(out, n)))
		return ST_INVALID;
	*ret = slice_of(out, n);
	return ST_OK;
}

void buf_put_percent(struct buf *b, struct slice s)
{
	static const char DIGITS[] = "0123456789ABCDEF";
	while (s.n) {
		size_t plain = 0;
		while (plain < s.n && is_unreserved(s.p[plain]))
			plain++;
		buf_put(b, slice_first(s, plain));
		s = slice_from(s, plain);
		if (!s.n)
			return;
		const char escaped[3] = { '%', DIGITS[s.p[0] >> 4], DIGITS[s.p[0] & 15] };
		buf_put(b, slice_of(escaped, sizeof escaped));
		s = slice_from(s, 1);
	}
}

size_t decimal_encode(int64_t value, char out[DECIMAL_MAX])
{
	char digits[DECIMAL_MAX];
	size_t n = 0, at = 0;
	uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
	do
		digits[n++] = (char)('0' + left % 10);
	while (left /= 10);
	if (value < 0)
		out[at++] = '-';
	while (n)
		out[at++] = digits[--n];
	return at;
}

void buf_put_integer(struct buf *b, int64_t value)
{
	char text[DECIMAL_MAX];
	buf_put(b, slice_of(text, decimal_encode(value, text)));
}

/* Of sixteen bytes at once. */
static bool needs_escape16(const uint8_t *p)
{
	bytes16 c;
	memcpy(&c, p, sizeof c);
	bytes16 escape = (bytes16)((c < 0x20) | (c == '"') | (c == '\\') | (c == 0x7f));
	uint64_t halves[2];
	memcpy(halves, &escape, sizeof halves);
	return halves[0] | halves[1];
}

/* How many bytes at the beginning stand in a JSON string as they are. */
static size_t json_plain(struct slice s)
{
	size_t n = 0;
	while (s.n - n >= 16 && !needs_escape16(s.p + n))
		n += 16;
	while (n < s.n && s.p[n] >= 0x20 && s.p[n] != '"' && s.p[n] != '\\' && s.p[n] != 0x7f)
		n++;
	return n;
}

static void put_json_escape(struct buf *b, uint8_t c)
{
	if (c == '"' || c == '\\')
		buf_put(b, slice_of((const char[]){ '\\', (char)c }, 2));
	else
		buf_format(b, "\\u%04x", c);
}

void buf_put_json_string(struct buf *b, struct slice s)
{
	buf_put_byte(b, '"');
	for (;;) {
		size_t plain = json_plain(s);
		buf_put(b, slice_first(s, plain));
		s = slice_from(s, plain);
		if (!s.n)
			break;
		put_json_escape(b, s.p[0]);
		s = slice_from(s, 1);
	}
	buf_put_byte(b, '"');
}
