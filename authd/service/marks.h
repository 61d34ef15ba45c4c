/*
 * Revocation marks: durable, small, and checked by every endpoint that takes a token.
 *
 * A mark ends what it names from the moment it was written: all that was issued up to then. A grant
 * or a session is never used again; a client may go on with what it gets afterwards, and a subject
 * with a new authentication: what rests on an earlier one is over, however late it was issued.
 *                                                          Threads: the stores lock themselves.
 */
#pragma once

#include "authd/model/state.h"
#include "authd/service/issuer.h"

enum mark_kind {
	MARK_TOKEN = 1, /* id: the token's handle */
	MARK_GRANT = 2,
	MARK_SESSION = 3,
	MARK_SUBJECT = 4,
	MARK_CLIENT = 5, /* id: client_id */
};

/* Put the mark of a token, a grant or a session into a batch. keep_until: when the last thing it can
 * concern has expired. */
void mark_put(struct batch *b, enum mark_kind kind, struct slice id, int64_t keep_until);

/* End all that rests on a subject's authentications up to at_us, in microseconds since the epoch:
 * sessions, codes, offline grants, tokens. */
void mark_put_subject(struct issuer *is, struct batch *b, struct id subject_id, int64_t at_us);
/* End all that a client got until then. */
void mark_put_client(struct issuer *is, struct batch *b, struct slice client_id, int64_t at_us);

/* Put the removal of a few marks that are over into the batch: so the table stays as small as what is
 * still marked, without a job that sweeps it. */
status marks_prune(struct issuer *is, struct batch *b, int64_t now, struct arena *a);

/* Was what is named by (kind, id) revoked? since_us, for a subject: its authentication; for a client:
 * what it got. A fault counts as no answer: the caller refuses. */
status mark_check(struct issuer *is, enum mark_kind kind, struct slice id, int64_t since_us,
		  struct arena *a, bool *ret_revoked);

/* Was the grant revoked, or what it hangs on: its session, its subject, its client? */
status mark_check_grant(struct issuer *is, const struct grant *g, struct arena *a, bool *ret_revoked);
