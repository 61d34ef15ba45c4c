#include "libauth/json.h"

#include <stdlib.h>

struct reader {
	uint8_t *at; /* a NUL stands at the end, so that looking at one byte is always allowed */
	const uint8_t *end;
	struct json *json;
	unsigned depth;
};

static void skip_space(struct reader *r)
{
	while (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')
		r->at++;
}

static bool take(struct reader *r, char c)
{
	if (*r->at != (uint8_t)c)
		return false;
	r->at++;
	return true;
}

static status grow(struct json *json)
{
	if (json->n >= json->limit)
		return ST_TOO_LARGE;
	size_t capacity = json->capacity ? json->capacity * 2 : 32;
	struct auth_value *more = malloc(capacity * sizeof *more);
	if (!more)
		return ST_NOMEM;
	if (json->n)
		memcpy(more, json->values, json->n * sizeof *more);
	if (json->owned)
		free(json->values);
	json->values = more;
	json->capacity = capacity;
	json->owned = true;
	return ST_OK;
}

static status add_value(struct reader *r, struct slice name, size_t *ret)
{
	struct json *json = r->json;
	if (json->n == json->capacity || json->n == json->limit)
		TRY(grow(json));
	json->values[json->n] = (struct auth_value){ .span = 1, .name = name };
	*ret = json->n++;
	return ST_OK;
}

/* ---- strings -------------------------------------------------------------------------------- */

static status read_hex4(struct reader *r, uint32_t *ret)
{
	uint32_t value = 0;
	for (int i = 0; i < 4; i++) {
		uint8_t c = *r->at;
		uint8_t lower = c | 0x20;
		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if (lower >= 'a' && lower <= 'f')
			value = value << 4 | (uint32_t)(lower - 'a' + 10);
		else
			return ST_INVALID;
		r->at++;
	}
	*ret = value;
	return ST_OK;
}

/* The code point of \uXXXX, or of a surrogate pair (RFC 8259 §7); `\u` has been read. */
static status read_code_point(struct reader *r, uint32_t *ret)
{
	uint32_t high, low;
	TRY(read_hex4(r, &high));
	*ret = high;
	if (high < 0xd800 || high > 0xdfff)
		return high ? ST_OK : ST_INVALID;
	if (high > 0xdbff || !take(r, '\\') || !take(r, 'u'))
		return ST_INVALID;
	TRY(read_hex4(r, &low));
	if (low < 0xdc00 || low > 0xdfff)
		return ST_INVALID;
	*ret = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return ST_OK;
}

static uint8_t *put_utf8(uint8_t *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (uint8_t)c;
		return out;
	}
	if (c < 0x800) {
		*out++ = (uint8_t)(0xc0 | c >> 6);
		*out++ = (uint8_t)(0x80 | (c & 63));
		return out;
	}
	if (c < 0x10000) {
		*out++ = (uint8_t)(0xe0 | c >> 12);
	} else {
		*out++ = (uint8_t)(0xf0 | c >> 18);
		*out++ = (uint8_t)(0x80 | (c >> 12 & 63));
	}
	*out++ = (uint8_t)(0x80 | (c >> 6 & 63));
	*out++ = (uint8_t)(0x80 | (c & 63));
	return out;
}

/* What one escape stands for, written to *out, which is never ahead of the reader. */
static status read_escape(struct reader *r, uint8_t **out)
{
	static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	uint8_t c = *r->at++;
	if (c == 'u') {
		uint32_t code_point;
		TRY(read_code_point(r, &code_point));
		*out = put_utf8(*out, code_point);
		return ST_OK;
	}
	const char *letter = c ? strchr(letters, c) : NULL;
	if (!letter)
		return ST_INVALID;
	*(*out)++ = (uint8_t)meanings[letter - letters];
	return ST_OK;
}

/* The rest of a string from its first escape on; out is where the reader stands. */
static status read_escaped(struct reader *r, uint8_t **ret_end)
{
	uint8_t *out = r->at;
	while (*r->at != '"') {
		uint8_t c = *r->at;
		if (c < 0x20)
			return ST_INVALID;
		r->at++;
		if (c == '\\')
			TRY(read_escape(r, &out));
		else
			*out++ = c;
	}
	*ret_end = out;
	return ST_OK;
}

/* The high bit of each byte of x that is zero. Behind the first such byte it may say yes wrongly. */
static uint64_t zero_bytes(uint64_t x)
{
	return (x - UINT64_C(0x0101010101010101)) & ~x & UINT64_C(0x8080808080808080);
}

/* Skip plain ASCII eight at a time: no control character, quote, backslash, nor a byte above 0x7f. */
static uint8_t *skip_plain(uint8_t *p, const uint8_t *end)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	for (; end - p >= 8; p += 8) {
		uint64_t x;
		memcpy(&x, p, sizeof x);
		uint64_t control = zero_bytes(x & ones * 0xe0);
		uint64_t quote = zero_bytes(x ^ ones * '"'), backslash = zero_bytes(x ^ ones * '\\');
		if (control | quote | backslash | (x & ones * 0x80))
			break;
	}
	return p;
}

/* The opening quote has been read. */
static status read_string(struct reader *r, struct slice *ret)
{
	uint8_t *start = r->at, *p = skip_plain(start, r->end);
	uint8_t high = 0;
	while (*p >= 0x20 && *p != '"' && *p != '\\')
		high |= *p++;
	r->at = p;
	if (*p == '\\') {
		TRY(read_escaped(r, &p));
		high = 0x80;
	} else if (*p != '"') {
		return ST_INVALID;
	}
	struct slice s = slice_of(start, (size_t)(p - start));
	/* An escape gives a whole character, so what it gives cannot mend a broken one beside it. */
	if ((high & 0x80) && !slice_is_utf8(s))
		return ST_INVALID;
	*p = '\0';
	r->at++;
	*ret = s;
	return ST_OK;
}

/* ---- numbers and words ---------------------------------------------------------------------- */

static bool skip_digits(struct reader *r)
{
	const uint8_t *start = r->at;
	while (*r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > start;
}

/* RFC 8259 §6 */
static status read_number(struct reader *r, struct slice *ret)
{
	const uint8_t *start = r->at;
	take(r, '-');
	if (!take(r, '0') && !skip_digits(r))
		return ST_INVALID;
	if (take(r, '.') && !skip_digits(r))
		return ST_INVALID;
	if (take(r, 'e') || take(r, 'E')) {
		if (!take(r, '+'))
			take(r, '-');
		if (!skip_digits(r))
			return ST_INVALID;
	}
	*ret = slice_of(start, (size_t)(r->at - start));
	return ret->n <= JSON_NUMBER_MAX ? ST_OK : ST_INVALID;
}

static status read_word(struct reader *r, struct slice word)
{
	if ((size_t)(r->end - r->at) < word.n || memcmp(r->at, word.p, word.n) != 0)
		return ST_INVALID;
	r->at += word.n;
	return ST_OK;
}

/* ---- arrays and objects --------------------------------------------------------------------- */

static status read_value(struct reader *r, struct slice name);

static status read_array(struct reader *r, size_t self)
{
	uint32_t count = 0;
	skip_space(r);
	while (!take(r, ']')) {
		if (count++ && !take(r, ','))
			return ST_INVALID;
		TRY(read_value(r, NO_SLICE));
		skip_space(r);
	}
	r->json->values[self].count = count;
	return ST_OK;
}

/* Most names of equal length differ in their first byte (the NUL of an empty one counts as such). */
static bool same_name(struct slice a, struct slice b)
{
	return a.n == b.n && a.p[0] == b.p[0] && slice_equal(a, b);
}

/* The member of that name among the first `count`; name ends with a NUL. */
static const struct auth_value *find_member(const struct auth_value *object, uint32_t count,
					    struct slice name)
{
	const struct auth_value *member = object + 1;
	for (uint32_t i = 0; i < count; i++, member += member->span)
		if (same_name(member->name, name))
			return member;
	return NULL;
}

static status read_member(struct reader *r, size_t self, uint32_t count)
{
	struct slice name;
	skip_space(r);
	if (!take(r, '"'))
		return ST_INVALID;
	TRY(read_string(r, &name));
	if (count >= JSON_MEMBERS_MAX)
		return ST_TOO_LARGE;
	if (find_member(&r->json->values[self], count, name))
		return ST_INVALID;
	skip_space(r);
	if (!take(r, ':'))
		return ST_INVALID;
	return read_value(r, name);
}

static status read_object(struct reader *r, size_t self)
{
	uint32_t count = 0;
	skip_space(r);
	while (!take(r, '}')) {
		if (count && !take(r, ','))
			return ST_INVALID;
		TRY(read_member(r, self, count++));
		skip_space(r);
	}
	r->json->values[self].count = count;
	return ST_OK;
}

static status read_container(struct reader *r, size_t self)
{
	if (r->depth == JSON_DEPTH_MAX)
		return ST_INVALID;
	r->depth++;
	bool object = *r->at++ == '{';
	r->json->values[self].type = object ? AUTH_TYPE_OBJECT : AUTH_TYPE_ARRAY;
	TRY(object ? read_object(r, self) : read_array(r, self));
	r->json->values[self].span = (uint32_t)(r->json->n - self);
	r->depth--;
	return ST_OK;
}

static status read_value(struct reader *r, struct slice name)
{
	size_t self;
	TRY(add_value(r, name, &self));
	skip_space(r);
	struct auth_value *v = &r->json->values[self];
	switch (*r->at) {
	case '"':
		r->at++;
		v->type = AUTH_TYPE_STRING;
		return read_string(r, &v->text);
	case '{':
	case '[': return read_container(r, self);
	case 't':
		v->type = AUTH_TYPE_BOOLEAN;
		v->truth = true;
		return read_word(r, SLICE("true"));
	case 'f': v->type = AUTH_TYPE_BOOLEAN; return read_word(r, SLICE("false"));
	case 'n': v->type = AUTH_TYPE_NULL; return read_word(r, SLICE("null"));
	default: v->type = AUTH_TYPE_NUMBER; return read_number(r, &v->text);
	}
}

status json_read(struct json *json, uint8_t *text, size_t n)
{
	struct reader r = { .at = text, .end = text + n, .json = json };
	text[n] = '\0';
	json->n = 0;
	TRY(read_value(&r, NO_SLICE));
	skip_space(&r);
	return r.at == r.end ? ST_OK : ST_INVALID;
}

void json_done(struct json *json)
{
	if (json->owned)
		free(json->values);
	*json = (struct json){ .limit = json->limit };
}

const struct auth_value *json_member(const struct auth_value *object, struct slice name)
{
	if (!object || object->type != AUTH_TYPE_OBJECT)
		return NULL;
	return find_member(object, object->count, name.n ? name : SLICE(""));
}
