/*
 * Redirect URIs: which may be registered, which are a client's own, and how an answer is put on one.
 *                                                                         Threads: pure functions.
 */
#pragma once

#include "authd/model/client.h"
#include "libauth/base/buf.h"

/*
 * May this be registered (RFC 6749 §3.1.2, RFC 8252 §7.3, RFC 9700 §2.1)? Absolute, https; or http on
 * 127.0.0.1, [::1], localhost or *.localhost; no fragment, no user information, no wildcard, no dot
 * segment, no backslash, no blank, no character beyond ASCII, at most 2000 bytes.
 * ST_INVALID with the reason in e.
 */
status redirect_uri_check(struct slice uri, struct error *e);
/* RFC 8252 §7.1: a native program's own scheme, the name of a domain backwards: com.example.app:/cb. */
bool redirect_uri_is_private(struct slice uri);
/* Have two that were checked scheme, host and port in common? */
bool redirect_uri_same_origin(struct slice uri, struct slice other);
/* A sector is a host in small letters. ST_INVALID. */
status sector_check(struct slice sector, struct error *e);

/* The host of a URI that was checked, without its port; and with it, for people to read. */
struct slice redirect_uri_host(struct slice uri);
struct slice redirect_uri_authority(struct slice uri);
/* Scheme and authority. */
struct slice redirect_uri_origin(struct slice uri);

/*
 * Is this one of the client's? Exact string comparison (RFC 9700 §4.1.3), with the one exception of
 * RFC 8252 §7.3: a registered http URI on 127.0.0.1 or [::1] matches with any port.
 */
bool redirect_uri_matches(const struct client *client, struct slice uri);

/* One parameter of an answer; left out where value is absent or empty. */
struct answer_param {
	const char *name;
	struct slice value;
};
/* Append uri, with the parameters added to its query. */
void redirect_uri_put(struct buf *out, struct slice uri, const struct answer_param *params, size_t n);
