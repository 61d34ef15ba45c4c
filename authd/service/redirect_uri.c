#include "authd/service/redirect_uri.h"

#include "libauth/base/encode.h"

enum { URI_MAX = 2000, PORT_DIGITS_MAX = 5, HOST_MAX = 253 };

struct uri {
	bool https;
	struct slice authority; /* host and port */
	struct slice host;      /* an IPv6 address with its brackets */
	struct slice port;      /* absent without a colon */
	struct slice rest; /* path and query */
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}
static bool is_small(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static bool all_of(struct slice s, bool (*is)(uint8_t))
{
	for (size_t k = 0; k < s.n; k++)
		if (!is(s.p[k]))
			return false;
	return s.n > 0;
}

/* strchr() would find the NUL too. */
static bool is_one_of(uint8_t c, const char *set)
{
	return c && strchr(set, c);
}

static bool is_host_character(uint8_t c)
{
	return is_small(c) || is_digit(c) || is_one_of(c, "-.");
}
static bool is_ipv6_character(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || is_one_of(c, "[]:.");
}

/* Small letters alone: a host has one spelling here, as it has in a browser's address bar. */
static bool is_host(struct slice s)
{
	if (s.n > HOST_MAX || !s.n)
		return false;
	if (s.p[0] == '[')
		return s.n > 3 && s.p[s.n - 1] == ']' && all_of(s, is_ipv6_character);
	if (!all_of(s, is_host_character) || s.p[0] == '.' || s.p[s.n - 1] == '.')
		return false;
	for (size_t k = 1; k < s.n; k++)
		if (s.p[k] == '.' && s.p[k - 1] == '.')
			return false;
	return true;
}

static bool is_loopback(struct slice host)
{
	static const char suffix[] = ".localhost";
	size_t n = sizeof suffix - 1;
	return slice_is(host, "127.0.0.1") || slice_is(host, "[::1]") ||
	       slice_is(host, "localhost") ||
	       (host.n > n && slice_is(slice_from(host, host.n - n), suffix));
}

/* Cut the scheme and the authority off; false if this has no such form. */
static bool split(struct slice text, struct uri *ret)
{
	*ret = (struct uri){.https = slice_starts(text, SLICE("https://"))};
	if (!ret->https && !slice_starts(text, SLICE("http://")))
		return false;
	struct slice rest = slice_from(text, ret->https ? 8 : 7);
	size_t end = 0;
	while (end < rest.n && !is_one_of(rest.p[end], "/?"))
		end++;
	struct slice authority = ret->authority = slice_first(rest, end);
	ret->rest = slice_from(rest, end);

	size_t host_end = authority.n && authority.p[0] == '[' ? slice_find(authority, ']') : 0;
	size_t colon = slice_find(slice_from(authority, host_end), ':') + host_end;
	ret->host = slice_first(authority, colon);
	ret->port = colon < authority.n ? slice_from(authority, colon + 1) : NO_SLICE;
	return true;
}

static int hex_value(uint8_t c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that %XX at p stands for; -1 where it is no escape. */
static int escaped(struct slice s)
{
	if (s.n < 3)
		return -1;
	int high = hex_value(s.p[1]), low = hex_value(s.p[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* RFC 3986 §3.3, §3.4, without the asterisk. */
static bool is_path_character(uint8_t c)
{
	return is_small(c | 0x20) || is_digit(c) || is_one_of(c, "-._~!$&'()+,;=:@/?%");
}

static status check_rest(struct slice s, struct error *e)
{
	for (size_t k = 0; k < s.n; k++) {
		if (s.p[k] == '*')
			return error_set(e, ST_INVALID, "it has no wildcard");
		if (!is_path_character(s.p[k]))
			return error_set(e, ST_INVALID,
			                 "it has only the characters of RFC 3986");
		int byte = s.p[k] == '%' ? escaped(slice_from(s, k)) : 'a';
		if (byte < 0x20 || byte == 0x7f || strchr("./\\", byte))
			return error_set(e, ST_INVALID,
			                 "it does not escape dots, "
			                 "slashes or control characters");
	}
	return ST_OK;
}

static status check_segments(struct slice rest, struct error *e)
{
	struct slice path = slice_first(rest, slice_find(rest, '?'));
	while (path.n) {
		path = slice_from(path, 1);
		struct slice segment = slice_first(path, slice_find(path, '/'));
		if (slice_is(segment, ".") || slice_is(segment, ".."))
			return error_set(e, ST_INVALID, "it has no dot segments");
		path = slice_from(path, segment.n);
	}
	return ST_OK;
}

static status check_port(struct slice port, struct error *e)
{
	unsigned value = 0;
	for (size_t k = 0; k < port.n && k < PORT_DIGITS_MAX; k++)
		value = value * 10 + (unsigned)(port.p[k] - '0');
	if (port.p &&
	    (!all_of(port, is_digit) || port.n > PORT_DIGITS_MAX || value < 1 || value > 65535))
		return error_set(e, ST_INVALID, "its port is a number to 65535");
	return ST_OK;
}

status redirect_uri_check(struct slice uri, struct error *e)
{
	struct uri u;
	if (uri.n > URI_MAX)
		return error_set(e, ST_INVALID, "it has at most %d bytes", URI_MAX);
	if (slice_find(uri, '#') < uri.n)
		return error_set(e, ST_INVALID, "it has no fragment");
	if (!split(uri, &u))
		return error_set(e, ST_INVALID,
		                 "it begins with https://, or with "
		                 "http:// for a loopback address");
	if (slice_find(u.host, '@') < u.host.n || slice_find(u.port, '@') < u.port.n)
		return error_set(e, ST_INVALID, "it has no user information");
	if (slice_find(u.host, '*') < u.host.n)
		return error_set(e, ST_INVALID, "it has no wildcard");
	if (!is_host(u.host))
		return error_set(e, ST_INVALID,
		                 "its host is a name in small ASCII "
		                 "letters, or an address");
	if (!u.https && !is_loopback(u.host))
		return error_set(e, ST_INVALID,
		                 "http is for 127.0.0.1, [::1] and *.localhost; "
		                 "all others begin with https://");
	TRY(check_port(u.port, e));
	TRY(check_rest(u.rest, e));
	return check_segments(u.rest, e);
}

/* RFC 3986 §3.1, small letters alone; a period says whose it is. */
static bool is_private_scheme(struct slice s)
{
	bool period = false;
	for (size_t k = 0; k < s.n; k++) {
		if (!is_small(s.p[k]) && !is_digit(s.p[k]) && !is_one_of(s.p[k], "+-."))
			return false;
		period |= s.p[k] == '.';
	}
	return s.n && is_small(s.p[0]) && period;
}

bool redirect_uri_is_private(struct slice uri)
{
	struct slice scheme = slice_first(uri, slice_find(uri, ':')), rest = slice_from(uri, scheme.n);
	return uri.n <= URI_MAX && is_private_scheme(scheme) && slice_starts(rest, SLICE(":/")) &&
	       !slice_starts(rest, SLICE("://")) && check_rest(slice_from(rest, 1), NULL) == ST_OK &&
	       check_segments(slice_from(rest, 1), NULL) == ST_OK;
}

bool redirect_uri_same_origin(struct slice uri, struct slice other)
{
	struct uri a, b;
	return split(uri, &a) && split(other, &b) && a.https == b.https &&
	       slice_equal(a.authority, b.authority);
}

struct slice redirect_uri_host(struct slice uri)
{
	struct uri u;
	return split(uri, &u) ? u.host : NO_SLICE;
}

struct slice redirect_uri_authority(struct slice uri)
{
	struct uri u;
	return split(uri, &u) ? u.authority : NO_SLICE;
}

struct slice redirect_uri_origin(struct slice uri)
{
	struct uri u;
	return split(uri, &u) ? slice_first(uri, (size_t)(u.authority.p + u.authority.n - uri.p)) : NO_SLICE;
}

status sector_check(struct slice sector, struct error *e)
{
	if (is_host(sector))
		return ST_OK;
	return error_set(e, ST_INVALID, "sector: a host name in small letters");
}

/* ---- a client's own ------------------------------------------------------------------------- */

/* RFC 8252 §7.3: a program on a device listens on whatever port is free. */
static bool matches_but_for_port(struct slice registered, struct slice uri)
{
	struct uri a, b;
	if (!split(registered, &a) || !split(uri, &b) || a.https || b.https)
		return false;
	bool is_address = slice_is(a.host, "127.0.0.1") || slice_is(a.host, "[::1]");
	return is_address && slice_equal(a.host, b.host) && slice_equal(a.rest, b.rest) &&
	       check_port(b.port, NULL) == ST_OK;
}

bool redirect_uri_matches(const struct client *client, struct slice uri)
{
	if (client_list_has(&client->redirect_uris, uri))
		return true;
	for (size_t k = 0; k < client->redirect_uris.n; k++)
		if (matches_but_for_port(client->redirect_uris.items[k], uri))
			return true;
	return false;
}

void redirect_uri_put(struct buf *out, struct slice uri, const struct answer_param *params, size_t n)
{
	char before = slice_find(uri, '?') < uri.n ? '&' : '?';
	buf_put(out, uri);
	for (size_t k = 0; k < n; k++) {
		if (slice_empty(params[k].value))
			continue;
		buf_put_byte(out, (uint8_t)before);
		before = '&';
		buf_put_text(out, params[k].name);
		buf_put_byte(out, '=');
		buf_put_percent(out, params[k].value);
	}
}
