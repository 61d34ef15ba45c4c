#include "authd/server/strict.h"

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

bool slice_equal_caseless(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

struct slice head_field(const struct head *h, const char *name)
{
	struct slice wanted = slice_str(name);
	for (size_t i = 0; i < h->n; i++)
		if (slice_equal_caseless(h->fields[i].name, wanted))
			return h->fields[i].value;
	return NO_SLICE;
}

static size_t count_fields(const struct head *h, struct slice name)
{
	size_t n = 0;
	for (size_t i = 0; i < h->n; i++)
		n += slice_equal_caseless(h->fields[i].name, name);
	return n;
}

struct slice head_field_joined(const struct head *h, const char *name)
{
	return count_fields(h, slice_str(name)) > 1 ? SLICE(",") : head_field(h, name);
}

/* ---- the alphabet of each part -------------------------------------------------------------- */

static bool is_alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

/* RFC 9110 §5.6.2 */
static bool is_token(struct slice s)
{
	static const bool allowed[256] = {
		['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['!'] = true,
		['#'] = true,         ['$'] = true,         ['%'] = true,         ['&'] = true,
		['\''] = true,        ['*'] = true,         ['+'] = true,         ['-'] = true,
		['.'] = true,         ['^'] = true,         ['_'] = true,         ['`'] = true,
		['|'] = true,         ['~'] = true,
	};
	for (size_t i = 0; i < s.n; i++)
		if (!allowed[s.p[i]])
			return false;
	return s.n > 0;
}

/* RFC 9110 §5.5: visible characters, spaces, tabs, and bytes beyond ASCII. Without a way out of the
 * loop, compilers make vector instructions of it. */
static bool is_field_value(struct slice s)
{
	uint8_t refused = 0;
	for (size_t i = 0; i < s.n; i++)
		refused |= (s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f;
	return !refused;
}

/* Host and port, RFC 3986 §3.2.2, without user info. */
static bool is_host(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_alphanumeric(s.p[i]) && (!s.p[i] || !strchr("-._~%!$&'()*+,;=:[]", s.p[i])))
			return false;
	return s.n > 0;
}

static bool is_decimal(struct slice s, uint64_t *ret)
{
	uint64_t value = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || value > UINT64_MAX / 10 - 1)
			return false;
		value = value * 10 + (s.p[i] - '0');
	}
	*ret = value;
	return s.n > 0;
}

/* ---- fields --------------------------------------------------------------------------------- */

/* Fields that decide something. Two of them leave it to chance which one a server or a proxy obeys;
 * browsers send one Cookie (RFC 6265 §5.4). */
static const struct slice ONCE[] = {
	SLICE_INIT("host"),           SLICE_INIT("content-length"),   SLICE_INIT("transfer-encoding"),
	SLICE_INIT("content-type"),   SLICE_INIT("content-encoding"), SLICE_INIT("expect"),
	SLICE_INIT("authorization"),  SLICE_INIT("cookie"),           SLICE_INIT("origin"),
	SLICE_INIT("sec-fetch-site"), SLICE_INIT("if-none-match"),    SLICE_INIT("user-agent"),
};

static struct refusal check_spelling(const struct head *h)
{
	for (size_t i = 0; i < h->n; i++) {
		if (!is_token(h->fields[i].name))
			return (struct refusal){ 400, "malformed header name" };
		if (!is_field_value(h->fields[i].value))
			return (struct refusal){ 400, "malformed header value" };
	}
	for (size_t i = 0; i < COUNT_OF(ONCE); i++)
		if (count_fields(h, ONCE[i]) > 1)
			return (struct refusal){ 400, "repeated header" };
	return NO_REFUSAL;
}

/* RFC 9112 §3.2: exactly one Host from HTTP/1.1 on. */
static struct refusal check_host(const struct head *h)
{
	struct slice host = head_field(h, "host");
	if (!host.p && slice_is(h->version, "HTTP/1.0"))
		return NO_REFUSAL;
	if (!host.p)
		return (struct refusal){ 400, "no Host" };
	return is_host(host) ? NO_REFUSAL : (struct refusal){ 400, "malformed Host" };
}

/* RFC 9112 §6.1, §6.3: one length and one only. */
static struct refusal check_length(const struct head *h, struct framing *f)
{
	struct slice coding = head_field(h, "transfer-encoding");
	struct slice length = head_field(h, "content-length");
	if (coding.p && length.p)
		return (struct refusal){ 400, "Transfer-Encoding with Content-Length" };
	if (coding.p && slice_is(h->version, "HTTP/1.0"))
		return (struct refusal){ 400, "Transfer-Encoding in HTTP/1.0" };
	if (coding.p && !slice_equal_caseless(coding, SLICE("chunked")))
		return (struct refusal){ 400, "unknown transfer coding" };
	if (length.p && !is_decimal(length, &f->content_length))
		return (struct refusal){ 400, "malformed Content-Length" };
	f->chunked = coding.p != NULL;
	return NO_REFUSAL;
}

static struct refusal check_expectations(const struct head *h, struct framing *f)
{
	struct slice expect = head_field(h, "expect");
	f->expects_continue = expect.p != NULL;
	if (expect.p && !slice_equal_caseless(expect, SLICE("100-continue")))
		return (struct refusal){ 417, "unknown expectation" };
	struct slice coding = head_field(h, "content-encoding");
	if (coding.p && !slice_equal_caseless(coding, SLICE("identity")))
		return (struct refusal){ 415, "encoded content" };
	return NO_REFUSAL;
}

struct refusal strict_check_fields(const struct head *h, struct framing *ret)
{
	struct framing framing = { 0 };
	struct refusal refusal = is_token(h->method) ? check_spelling(h)
	                                             : (struct refusal){ 400, "malformed method" };
	if (!refusal.status)
		refusal = check_host(h);
	if (!refusal.status)
		refusal = check_length(h, &framing);
	if (!refusal.status)
		refusal = check_expectations(h, &framing);
	*ret = framing;
	return refusal;
}

/* ---- the target ----------------------------------------------------------------------------- */

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One decoded byte at offset *at, which is moved on; -1 for a bad escape or a control character. */
static int decode_byte(struct slice s, size_t *at)
{
	int c = s.p[(*at)++];
	if (c == '%') {
		int high = *at + 1 < s.n ? hex_value(s.p[*at]) : -1;
		int low = *at + 1 < s.n ? hex_value(s.p[*at + 1]) : -1;
		*at += 2;
		c = high < 0 || low < 0 ? -1 : high << 4 | low;
	}
	return c < 0x20 || c == 0x7f ? -1 : c;
}

status strict_decode_segment(struct slice segment, struct arena *a, struct slice *ret)
{
	uint8_t *out = arena_alloc(a, segment.n + 1);
	if (!out)
		return ST_NOMEM;
	size_t n = 0;
	for (size_t i = 0; i < segment.n;) {
		int c = decode_byte(segment, &i);
		if (c < 0)
			return ST_INVALID;
		out[n++] = (uint8_t)c;
	}
	*ret = slice_of(out, n);
	return slice_is_utf8(*ret) ? ST_OK : ST_INVALID;
}

/* Nothing but visible ASCII stands in a target (RFC 3986 §2). */
static bool is_visible(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f || s.p[i] == '#')
			return false;
	return true;
}

/* http://host/path -> /path; host must be the Host field's. */
static bool strip_authority(const struct head *h, struct slice *target)
{
	size_t scheme = slice_starts(*target, SLICE("http://"))    ? 7
	                : slice_starts(*target, SLICE("https://")) ? 8
	                                                           : 0;
	if (!scheme)
		return true;
	struct slice rest = slice_from(*target, scheme);
	size_t n = slice_find(rest, '/');
	*target = slice_from(rest, n);
	return slice_equal_caseless(slice_first(rest, n), head_field(h, "host"));
}

static bool is_decodable(struct slice path)
{
	uint8_t bytes[256];
	size_t n = 0;
	for (size_t i = 0; i < path.n;) {
		int c = decode_byte(path, &i);
		if (c < 0 || n == sizeof bytes)
			return false;
		bytes[n++] = (uint8_t)c;
	}
	return slice_is_utf8(slice_of(bytes, n));
}

struct refusal strict_split_target(const struct head *h, struct slice *ret_path,
                                   struct slice *ret_query)
{
	struct slice target = h->target;
	if (!is_visible(target))
		return (struct refusal){ 400, "malformed target" };
	if (!strip_authority(h, &target))
		return (struct refusal){ 400, "target of another host" };
	size_t end = slice_find(target, '?');
	struct slice path = slice_first(target, end);
	if (!path.n || path.p[0] != '/')
		return (struct refusal){ 400, "malformed target" };
	if (path.n > 3 * 256)
		return (struct refusal){ 414, "long path" };
	if (!is_decodable(path))
		return (struct refusal){ 400, "malformed path" };
	*ret_path = path;
	*ret_query = slice_from(target, end + 1);
	return NO_REFUSAL;
}
