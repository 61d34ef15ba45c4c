#include "authd/service/public_address.h"

#include "libauth/base/mem.h"

#include <netinet/in.h>

/* As it is connected to: an IPv4 address in the form in which IPv6 maps it. False: of neither. */
static bool bytes_of(const struct sockaddr *address, uint8_t ret[16])
{
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, address, sizeof v6);
		memcpy(ret, &v6.sin6_addr, 16);
		return true;
	}
	if (address->sa_family != AF_INET)
		return false;
	struct sockaddr_in v4;
	memcpy(&v4, address, sizeof v4);
	memset(ret, 0, 10);
	memset(ret + 10, 0xff, 2);
	memcpy(ret + 12, &v4.sin_addr, 4);
	return true;
}

#define V4(a, b, c, d, n) \
	{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, (a), (b), (c), (d) }, 96 + (n) }

/* IANA IPv4 Special-Purpose Address Registry; multicast; what is reserved. */
static const struct conf_network SPECIAL_V4[] = {
	V4(0, 0, 0, 0, 8),        /* this network */
	V4(10, 0, 0, 0, 8),       /* private */
	V4(100, 64, 0, 0, 10),    /* shared by carriers, RFC 6598 */
	V4(127, 0, 0, 0, 8),      /* loopback */
	V4(169, 254, 0, 0, 16),   /* link-local, where clouds keep their metadata */
	V4(172, 16, 0, 0, 12),    /* private */
	V4(192, 0, 0, 0, 24),     /* protocol assignments */
	V4(192, 0, 2, 0, 24),     /* documentation */
	V4(192, 31, 196, 0, 24),  /* AS112 */
	V4(192, 52, 193, 0, 24),  /* AMT */
	V4(192, 88, 99, 0, 24),   /* 6to4 relays, once */
	V4(192, 168, 0, 0, 16),   /* private */
	V4(192, 175, 48, 0, 24),  /* AS112 */
	V4(198, 18, 0, 0, 15),    /* benchmarks */
	V4(198, 51, 100, 0, 24),  /* documentation */
	V4(203, 0, 113, 0, 24),   /* documentation */
	V4(224, 0, 0, 0, 4),      /* multicast */
	V4(240, 0, 0, 0, 4),      /* reserved; broadcast */
};

/* Of the IPv6 addresses, only 2000::/3 is assigned to the Internet; this is what is not, within. */
static const struct conf_network GLOBAL_V6 = { { 0x20 }, 3 };
static const struct conf_network SPECIAL_V6[] = {
	{ { 0x20, 0x01 }, 23 },                        /* protocol assignments; Teredo, ORCHID */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },            /* documentation */
	{ { 0x20, 0x02 }, 16 },                        /* 6to4: an IPv4 address within */
	{ { 0x26, 0x20, 0x00, 0x4f, 0x80 }, 48 },      /* AS112 */
	{ { 0x3f, 0xff }, 20 },                        /* documentation, RFC 9637 */
};

static bool is_within(const uint8_t bytes[16], const struct conf_network *networks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (conf_network_has(&networks[i], bytes))
			return true;
	return false;
}

bool address_is_public(const struct sockaddr *address)
{
	uint8_t bytes[16];
	if (!bytes_of(address, bytes))
		return false;
	if (address->sa_family == AF_INET)
		return !is_within(bytes, SPECIAL_V4, COUNT_OF(SPECIAL_V4));
	return conf_network_has(&GLOBAL_V6, bytes) && !is_within(bytes, SPECIAL_V6, COUNT_OF(SPECIAL_V6));
}

bool address_is_within(const struct sockaddr *address, const struct conf_network *networks, size_t n)
{
	uint8_t bytes[16];
	return bytes_of(address, bytes) && is_within(bytes, networks, n);
}

bool port_is_fetched(int port)
{
	/* From 1024 up, what the Fetch standard blocks (WHATWG Fetch §2.9), and stores that answer
	 * whoever reaches them. */
	static const uint16_t BLOCKED[] = { 1719, 1720, 1723, 2049, 2375, 2379, 3306, 3659, 4045,
					    4190, 5060, 5061, 5432, 6000, 6379, 6443, 6566, 6665,
					    6666, 6667, 6668, 6669, 6679, 6697, 9200, 10080, 10250,
					    11211, 27017 };
	for (size_t i = 0; i < COUNT_OF(BLOCKED); i++)
		if (BLOCKED[i] == port)
			return false;
	return port == 443 || (port >= 1024 && port <= 65535);
}
