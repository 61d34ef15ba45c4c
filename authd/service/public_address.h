/*
 * May authd connect to this address on behalf of somebody who merely named it? Only where it is
 * public: neither this machine nor its neighbours (OWASP's server-side request forgery).
 *                                                                        Threads: pure functions.
 */
#pragma once

#include "conf/conf.h"

#include <sys/socket.h>

/*
 * False for what IANA's registries of special purposes hold (RFC 6890 and its updates): loopback,
 * private, link-local, shared, multicast, documentation, IPv6 that carries an IPv4 address within
 * (mapped, NAT64, 6to4, Teredo), and each address that nobody has assigned.
 */
bool address_is_public(const struct sockaddr *address);
/* Is it within one of these networks? */
bool address_is_within(const struct sockaddr *address, const struct conf_network *networks, size_t n);
/* 443 and what servers of people's own listen on; not the ports of other protocols. */
bool port_is_fetched(int port);
