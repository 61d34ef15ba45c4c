#include "authd/service/throttle.h"

#include <arpa/inet.h>

enum { IPV4_SIZE = 4, IPV6_SIZE = 16, IPV6_NETWORK_SIZE = 8 };

/* The bytes of an address that count: all of IPv4, also where it is mapped into IPv6 (RFC 4291
 * §2.5.5.2), and the network of IPv6. So one address has one spelling. */
static struct slice network_of(struct slice peer, uint8_t room[IPV6_SIZE])
{
	static const uint8_t MAPPED[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	char text[INET6_ADDRSTRLEN];
	if (!peer.n || peer.n >= sizeof text)
		return peer;
	memcpy(text, peer.p, peer.n);
	text[peer.n] = '\0';
	if (inet_pton(AF_INET, text, room) == 1)
		return slice_of(room, IPV4_SIZE);
	if (inet_pton(AF_INET6, text, room) != 1)
		return peer;
	if (slice_equal(slice_of(room, sizeof MAPPED), slice_of(MAPPED, sizeof MAPPED)))
		return slice_of(room + sizeof MAPPED, IPV4_SIZE);
	return slice_of(room, IPV6_NETWORK_SIZE);
}

/* What counts by address is never what counts by account, whatever somebody calls himself. */
static struct slice key_of(unsigned by, struct slice what, struct arena *a)
{
	uint8_t *key = arena_alloc(a, 1 + what.n);
	if (!key)
		return NO_SLICE;
	key[0] = (uint8_t)by;
	if (what.n)
		memcpy(key + 1, what.p, what.n);
	return slice_of(key, 1 + what.n);
}

status throttle_begin(struct slice account, struct slice peer, struct arena *a, struct throttle *ret)
{
	uint8_t room[IPV6_SIZE];
	struct throttle t = { .keys = {
		[THROTTLE_ADDRESS] = key_of(THROTTLE_ADDRESS, network_of(peer, room), a),
		[THROTTLE_ACCOUNT] = key_of(THROTTLE_ACCOUNT, account, a),
	} };
	if (!t.keys[THROTTLE_ADDRESS].p || !t.keys[THROTTLE_ACCOUNT].p)
		return ST_NOMEM;
	*ret = t;
	return ST_OK;
}

status throttle_count(const struct issuer *is, enum throttle_what what, struct slice peer, struct arena *a,
		      struct cache_command *ret)
{
	uint8_t room[IPV6_SIZE];
	struct slice key = key_of(what, network_of(peer, room), a);
	if (!key.p)
		return ST_NOMEM;
	*ret = (struct cache_command){ .verb = CACHE_INCREMENT,
				       .kind = CACHE_THROTTLE,
				       .key = key,
				       .delta = 1,
				       .expires_in_s = is->conf->throttle.window_s };
	return ST_OK;
}

static void increment(const struct issuer *is, enum throttle_by by, int64_t delta, struct throttle *t)
{
	t->commands[by] = (struct cache_command){ .verb = CACHE_INCREMENT,
						  .kind = CACHE_THROTTLE,
						  .key = t->keys[by],
						  .delta = delta,
						  .expires_in_s = is->conf->throttle.window_s };
}

void throttle_try(const struct issuer *is, enum throttle_by by, struct throttle *t)
{
	increment(is, by, 1, t);
}

status throttle_check(const struct issuer *is, enum throttle_by by, const struct throttle *t)
{
	int64_t most = by == THROTTLE_ADDRESS ? is->conf->throttle.address_failures
					      : is->conf->throttle.account_failures;
	return t->commands[by].count > most ? ST_FORBIDDEN : ST_OK;
}

void throttle_take_back(const struct issuer *is, enum throttle_by by, struct throttle *t)
{
	increment(is, by, -1, t);
}

void throttle_forgive(const struct issuer *is, struct throttle *t)
{
	increment(is, THROTTLE_ADDRESS, -1, t);
	t->commands[THROTTLE_ACCOUNT] = (struct cache_command){ .verb = CACHE_DELETE,
								.kind = CACHE_THROTTLE,
								.key = t->keys[THROTTLE_ACCOUNT] };
}
