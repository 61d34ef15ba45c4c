/*
 * A trust bundle: keys and status lists of an issuer under the signature of a root.
 *
 *	{ "iss", "version", "iat", "exp", "metadata": {...}, "jwks": {...}, "status_lists": ["..."] }
 *
 * Threads: nothing is kept.
 */
#pragma once

#include "libauth/json.h"
#include "libauth/keyset.h"

struct bundle {
	struct auth_keyset *keys;             /* its arena holds the text of the bundle */
	const struct auth_value *lists;       /* an array of strings, or NULL */
	int64_t version, issued, expires;
	struct json json;
};
void bundle_done(struct bundle *b);
#define AUTO_BUNDLE __attribute__((cleanup(bundle_done)))

/*
 * Follow the roots, verify the bundle and read it. *ret starts as { 0 } and is the caller's to finish.
 * Returns what auth_verifier_load_bundle() does but for options and state, with a message where more
 * can be said than the answer does.
 */
enum auth_status bundle_read(struct slice text, const struct auth_keyset *roots, struct slice issuer,
			     int64_t now, struct bundle *ret, struct error *e);

/* What has been seen of an issuer's bundles, kept in a file. */
struct bundle_state {
	int64_t version, issued;
};
/* A file that is not there: nothing has been seen. Return ST_INVALID, ST_IO or ST_NOMEM. */
status bundle_state_read(const char *path, struct bundle_state *ret, struct error *e);
status bundle_state_write(const char *path, const struct bundle_state *state, struct error *e);
