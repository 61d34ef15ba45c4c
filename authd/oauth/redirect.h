/* Redirect URIs: which are a client's own, and how an answer is put on one. */
#pragma once

#include "authd/model/client.h"
#include "libauth/base/buf.h"

/*
 * Exact string comparison (RFC 9700 §4.1.3), with the one exception of RFC 8252 §7.3: a registered
 * http URI on 127.0.0.1 or [::1] matches with any port.
 */
bool redirect_uri_matches(const struct client *client, struct slice uri);
/* Exact, without exception. */
bool post_logout_redirect_uri_matches(const struct client *client, struct slice uri);

/* One parameter of an answer; left out where value is absent or empty. */
struct answer_param {
	const char *name;
	struct slice value;
};
/* uri, with the parameters added to its query. */
void redirect_uri_put(struct buf *out, struct slice uri, const struct answer_param *params, size_t n);

/* The host of a URI, with its port if it has one. For people to read. */
struct slice uri_host(struct slice uri);
