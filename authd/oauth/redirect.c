#include "authd/oauth/redirect.h"

#include "libauth/base/encode.h"

static const struct slice LOOPBACKS[] = { SLICE_INIT("http://127.0.0.1"), SLICE_INIT("http://[::1]") };

/* Splits a loopback URI behind its host: "" | ":port" is cut out, *ret_rest is the path and on. */
static bool loopback_split(struct slice uri, struct slice *ret_host, struct slice *ret_rest)
{
	for (size_t i = 0; i < sizeof LOOPBACKS / sizeof LOOPBACKS[0]; i++) {
		if (!slice_starts(uri, LOOPBACKS[i]))
			continue;
		struct slice rest = slice_from(uri, LOOPBACKS[i].n);
		if (rest.n && rest.p[0] == ':') {
			size_t digits = 1;
			while (digits < rest.n && rest.p[digits] >= '0' && rest.p[digits] <= '9')
				digits++;
			enum { PORT_DIGITS_MAX = 5 };
			if (digits == 1 || digits > 1 + PORT_DIGITS_MAX)
				return false;
			rest = slice_from(rest, digits);
		}
		if (rest.n && rest.p[0] != '/' && rest.p[0] != '?')
			return false;
		*ret_host = LOOPBACKS[i];
		*ret_rest = rest;
		return true;
	}
	return false;
}

static bool loopback_matches(struct slice registered, struct slice uri)
{
	struct slice host_a, rest_a, host_b, rest_b;
	return loopback_split(registered, &host_a, &rest_a) && loopback_split(uri, &host_b, &rest_b) &&
	       slice_equal(host_a, host_b) && slice_equal(rest_a, rest_b);
}

bool redirect_uri_matches(const struct client *client, struct slice uri)
{
	if (client_list_has(&client->redirect_uris, uri))
		return true;
	for (size_t i = 0; i < client->redirect_uris.n; i++)
		if (loopback_matches(client->redirect_uris.items[i], uri))
			return true;
	return false;
}

bool post_logout_redirect_uri_matches(const struct client *client, struct slice uri)
{
	return client_list_has(&client->post_logout_redirect_uris, uri);
}

void redirect_uri_put(struct buf *out, struct slice uri, const struct answer_param *params, size_t n)
{
	bool has_query = slice_find(uri, '?') < uri.n;
	buf_put(out, uri);
	for (size_t i = 0; i < n; i++) {
		if (slice_empty(params[i].value))
			continue;
		buf_put_byte(out, has_query ? '&' : '?');
		has_query = true;
		buf_put_text(out, params[i].name);
		buf_put_byte(out, '=');
		buf_put_percent(out, params[i].value);
	}
}

struct slice uri_host(struct slice uri)
{
	size_t colon = slice_find(uri, ':');
	struct slice rest = slice_from(uri, colon + 3 < uri.n ? colon + 3 : uri.n);
	size_t end = 0;
	while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?' && rest.p[end] != '#')
		end++;
	return slice_first(rest, end);
}
