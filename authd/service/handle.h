/*
 * The handle of an access token: its `jti` (RFC 9068 §2.2).
 *
 * For everybody else it is a unique random text. This issuer reads in it what the token hangs on,
 * so that introspection, revocation and userinfo need no look-up in the cache, and no claim links
 * a person across tokens.
 */
#pragma once

#include "authd/model/state.h"
#include "authd/service/issuer.h"

struct handle {
	struct id grant_id;
	struct id session_id; /* zero where the grant does not end with a session */
	struct id subject_id; /* zero for client credentials */
	uint64_t epoch;       /* of the cache, when it was issued */
	int64_t proved_us;    /* when the subject was authenticated; 0 for client credentials */
	claim_set claims;     /* what userinfo may tell */
	const struct ancestor *ancestors; /* of an exchanged token, and of one who acts; at most ANCESTORS_MAX */
	size_t ancestors_n;
};

status handle_seal(struct issuer *is, const struct handle *h, struct arena *a, struct slice *ret_jti);
/* In the arena. Returns ST_INVALID for what is no handle of this issuer. */
status handle_open(struct issuer *is, struct slice jti, struct arena *a, struct handle *ret);

/*
 * Has anything ended the token with this handle: itself, its grant, its session (or the epoch it
 * belongs to), its subject or its client? Or one that it hangs on?
 */
status handle_revoked(struct issuer *is, const struct handle *h, struct slice jti,
		      struct slice client_id, int64_t issued_at, struct arena *a, bool *ret_revoked);

/* What a token names that hangs on this one; without the subject's kind. */
status handle_as_ancestor(const struct handle *h, struct slice jti, struct slice client_id,
			  struct ancestor *ret);

/* Who acts by a mandate; NULL: nobody does. */
const struct ancestor *handle_actor(const struct handle *h);

/* The id under which one token is marked: the SHA-256 of its handle. */
status handle_mark_id(struct slice jti, uint8_t ret[32]);
