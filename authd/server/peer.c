#include "authd/server/exchange.h"

#include <arpa/inet.h>

bool peer_is_trusted(const struct server_options *o, struct slice address)
{
	for (size_t i = 0; i < o->trusted_proxies_n; i++)
		if (slice_is(address, o->trusted_proxies[i]))
			return true;
	return false;
}

static bool is_address(struct slice s)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	if (s.n >= sizeof text)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* Cut the last element off a comma-separated list. */
static struct slice take_last(struct slice *list)
{
	size_t at = list->n;
	while (at && list->p[at - 1] != ',')
		at--;
	struct slice last = slice_from(*list, at);
	*list = slice_first(*list, at ? at - 1 : 0);
	while (last.n && (last.p[0] == ' ' || last.p[0] == '\t'))
		last = slice_from(last, 1);
	while (last.n && (last.p[last.n - 1] == ' ' || last.p[last.n - 1] == '\t'))
		last.n--;
	return last;
}

/* Each proxy appends whom it got the request from, so the list is read from its end, as long as the
 * one who wrote an element is trusted. What a client put in front is never reached. */
struct slice peer_of(const struct connection *c, const struct head *h)
{
	const struct server_options *o = c->worker->options;
	struct slice peer = slice_str(c->address);
	for (size_t i = h->n; i-- > 0 && o->trusted_proxies_n;) {
		struct slice list = h->fields[i].value;
		if (!slice_equal_caseless(h->fields[i].name, SLICE("x-forwarded-for")))
			continue;
		while (list.n && peer_is_trusted(o, peer)) {
			struct slice last = take_last(&list);
			if (!is_address(last))
				return peer;
			peer = last;
		}
	}
	return peer;
}
