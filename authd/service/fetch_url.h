/*
 * Which URLs are fetched at all, as far as can be told without looking their host up: https, with a port of
 * the web and without credentials. Of localhost, http too, if the issuer itself is http.
 *                                                                        Threads: pure functions.
 */
#pragma once

#include <stdbool.h>

/* NULL, and the host, to be freed with curl_free(); or why this is none. http: the issuer's scheme. */
const char *fetch_url_read(const char *text, bool http, char **ret_host);

/* localhost, or a name below it (RFC 6761 §6.3). */
bool fetch_url_is_local(const char *host);
