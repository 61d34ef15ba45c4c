/*
 * Refresh tokens: one record per family, not per token.
 *
 *	token = base64url( secret version (4) | family id (16) | generation (8) | MAC (32) )
 *
 * A token names its family and generation, and is authenticated by a MAC, so that the successor of
 * a token can be computed again: the step from generation g to g+1 is a compare-and-set, and whoever
 * loses that race, or retries inside the grace window, gets the same successor. Anything older ends
 * the family (RFC 9700 §4.14.2).
 *
 * The family's id is its grant's id.                                    Threads: all may call.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/model/state.h"
#include "authd/service/issuer.h"

/* What a refresh token says, its MAC checked. */
struct refresh_token {
	struct id family_id;
	uint64_t generation;
};

/* Returns ST_INVALID for what this issuer did not make for this client. */
status refresh_token_open(struct issuer *is, struct slice text, struct slice client_id,
			  struct arena *a, struct refresh_token *ret);
/* The family's newest token. */
status refresh_token_make(struct issuer *is, const struct family *f, struct arena *a,
			  struct slice *ret_text);

/* A family in its first generation; the writes go into the batch. */
status family_begin(struct issuer *is, struct batch *b, const struct grant *g, int64_t now,
		    struct family *ret);

/* Before a new one begins for this grant's subject: families that are over go, and where its client
 * holds FAMILIES_MAX of them, the oldest ends, or a few where it holds more, unless they are younger
 * than FAMILY_YOUNG_S: sign-ins side by side do not end each other, up to FAMILIES_YOUNG_MAX, so that a
 * client fills no store with one person's. So there is no job that sweeps them. */
enum { FAMILIES_MAX = 20, FAMILY_YOUNG_S = 60, FAMILIES_YOUNG_MAX = 200 };
status families_prune(struct issuer *is, struct batch *b, const struct grant *g, int64_t now,
		      struct arena *a);

/* Returns ST_NOT_FOUND. */
status family_get(struct issuer *is, struct id family_id, struct arena *a, struct family *ret,
		  uint64_t *ret_version);

/* A person's families, or those of a mandate, that are not over, all of them. In the arena. */
status families_of(struct issuer *is, struct id subject_id, int64_t now, struct arena *a, struct family **ret,
		   size_t *ret_n);

/* End all that this client holds of a person, or of a mandate. */
status families_end(struct issuer *is, struct batch *b, struct id subject_id, struct slice client_id,
		    int64_t now, struct arena *a);

/* Expired, or idle for too long. */
bool family_is_over(const struct conf *conf, const struct family *f, int64_t now);

enum family_step {
	FAMILY_STEP,   /* make the next generation */
	FAMILY_REPEAT, /* a retry: the successor is there already */
	FAMILY_KEEP,   /* this client's tokens do not change */
	FAMILY_ENDED,  /* expired or idle for too long */
	FAMILY_REPLAY, /* an old token: the family has to end */
};
/* A pure function: what to do when this token is presented. */
enum family_step family_decide(const struct conf *conf, const struct family *f,
			       const struct refresh_token *t, bool rotate, int64_t now);

/* Is a use worth a write, where the token does not change? */
bool family_wants_touch(const struct family *f, int64_t now);
/* Put a stepped or touched family; the commit answers ST_CONFLICT to whoever was slower. */
status family_update(struct batch *b, const struct family *f, uint64_t expected);
/* End it: its record goes, and a mark ends its access tokens. */
void family_end(struct issuer *is, struct batch *b, const struct grant *g, int64_t now);
