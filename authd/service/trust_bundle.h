/*
 * What a root signs so that verifiers without a network can go by it: this issuer's metadata, its keys
 * with their time, and its status lists. libauth reads it (auth_verifier_load_bundle()).
 *                                                                            Threads: all may call.
 */
#pragma once

#include "authd/service/issuer.h"

struct trust_bundle {
	struct slice issuer;
	int64_t version, issued_at, expires_at;
	struct slice metadata, jwks;   /* JSON objects */
	const struct slice *lists;     /* each a statuslist+jwt */
	size_t lists_n;
};

/* Append the payload as JSON. ST_NOMEM. */
status trust_bundle_encode(const struct trust_bundle *b, struct buf *json);

/* How long a bundle made now may serve: what is asked for, a duration such as 30d, or keys.bundle.
 * ST_INVALID with a reason, also if keys that nobody knows yet could sign before `until`. */
status trust_bundle_expiry(const struct conf *conf, struct slice asked, int64_t until, int64_t now,
			   int64_t *ret, struct error *e);

/*
 * The next version, which the batch records: that of two exports at once one fails, with ST_CONFLICT.
 * It is the time in seconds, or one more than the last where that is higher; so it rises even when the
 * records come from a backup.
 */
status trust_bundle_next(struct records *r, struct batch *b, int64_t now, struct arena *a,
			 int64_t *ret_version);
