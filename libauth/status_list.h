/*
 * A status list: for each token of an issuer that names it, one small number that says whether the
 * token is still valid.                       Token Status List (draft-ietf-oauth-status-list) §4, §5
 *
 * Threads: immutable and counted.
 */
#pragma once

#include "libauth/jws.h"

#include <stdatomic.h>

enum { STATUS_VALID = 0 }; /* §7.1: all others end the token, for a while or for good */

struct status_list {
	atomic_uint shares;
	struct slice uri;       /* its `sub` */
	struct slice kid;       /* of the key that signed it */
	struct slice issuer;    /* of that key; NO_SLICE: the key set does not say */
	int64_t issued, expires; /* INT64_MAX: never */
	int64_t ttl;            /* -1: it does not say */
	unsigned bits;          /* per token: 1, 2, 4 or 8 */
	size_t n;               /* bytes */
	uint8_t *bytes;
};

/*
 * Read a statuslist+jwt whose signature has been verified with `key`. issuer: what its `iss` must be
 * if it has one; NO_SLICE: any.
 *
 * Returns AUTH_OK; AUTH_BAD_LIST, AUTH_WRONG_ISSUER, AUTH_EXPIRED, AUTH_NOT_YET_VALID, AUTH_MALFORMED
 *   or AUTH_TOO_LARGE with a message; or a fault.
 */
enum auth_status status_list_read(const struct jws *jws, const struct key *key, struct slice issuer,
				  int64_t now, int64_t leeway_s, struct status_list **ret,
				  struct error *e);

struct status_list *status_list_share(struct status_list *list);
void status_list_free(struct status_list *list);
DEFINE_AUTO(status_list, struct status_list *, status_list_free)

/* The status of one token; false if the list is not so long. */
bool status_list_get(const struct status_list *list, int64_t index, unsigned *ret);
