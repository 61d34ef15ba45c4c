/*
 * Revocation marks: durable, small, and checked by every endpoint that takes a token.
 *
 * A mark ends what it names from the moment it was written: all that was issued up to then. A grant
 * session or mandate is never used again; a client may go on with what it gets afterwards, and a
 * subject with a new authentication: what rests on an earlier one is over, however late it was issued.
 *
 * Each mark also goes into a log, in the order in which marks become durable: that is how the status
 * lists hear of all of them, whoever has put them (status_lists.h).
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
	MARK_MANDATE = 6,
};

/* Put the mark of a token, a grant or a session into a batch. keep_until: when the last thing it can
 * concern has expired. */
void mark_put(struct batch *b, enum mark_kind kind, struct slice id, int64_t keep_until);

/* End all that rests on a subject's authentications up to at_us, in microseconds since the epoch:
 * sessions, codes, offline grants, tokens. */
void mark_put_subject(struct issuer *is, struct batch *b, struct id subject_id, int64_t at_us);
/* End all that rests on a mandate. */
void mark_put_mandate(struct issuer *is, struct batch *b, struct id mandate_id, int64_t now);
/* End all that a client got until then. */
void mark_put_client(struct issuer *is, struct batch *b, struct slice client_id, int64_t at_us);

/* Put the removal of a few marks that are over into the batch: so the table stays as small as what is
 * still marked, without a job that sweeps it. */
status marks_prune(struct issuer *is, struct batch *b, int64_t now, struct arena *a);

/* Was what is named by (kind, id) revoked? since_us, for a subject: its authentication; for a client:
 * what it got. A fault counts as no answer: the caller refuses. */
status mark_check(struct issuer *is, enum mark_kind kind, struct slice id, int64_t since_us,
		  struct arena *a, bool *ret_revoked);

/* Was what the grant hangs on revoked: its session, its subject, its client; the mandate and its actor? */
status mark_check_grounds(struct issuer *is, const struct grant *g, struct arena *a, bool *ret_revoked);
/* Was the grant itself revoked, or what it hangs on? */
status mark_check_grant(struct issuer *is, const struct grant *g, struct arena *a, bool *ret_revoked);

/* Does a mark of that time end what mark_check() would be asked about with since_us? */
bool mark_ends(enum mark_kind kind, int64_t marked_us, int64_t since_us);

/* ---- the log ---------------------------------------------------------------------------------- */

/* An entry stays for at least so long: longer than any access token, or list of them, lives. */
enum { MARK_LOG_S = 4 * 3600 };

/* A mark as it is read; id is only good during the call. */
struct mark {
	enum mark_kind kind;
	struct slice id;
	int64_t at_us; /* 0 but for a subject and a client */
};

/* Call each() with all marks behind *position in the log, and step on; 0 is its begin. each() must be
 * quick and must not call records; what it returns other than ST_OK ends the reading. */
status marks_follow(struct issuer *is, uint64_t *position,
		    status (*each)(void *context, const struct mark *mark), void *context);
/* Remove what has been in the log for long enough. position: up to where the caller has followed it.
 * Waits for the records. */
status marks_forget(struct issuer *is, uint64_t position, int64_t now);
