/*
 * Revocation marks: durable, small, and checked by every endpoint that takes a token.
 *
 * A mark ends what it names from the moment it was written: all that was issued up to then. A grant
 * or a session is never used again; a client or a subject may go on with what it gets afterwards.
 *                                                          Threads: the stores lock themselves.
 */
#pragma once

#include "authd/model/id.h"
#include "authd/service/issuer.h"

enum mark_kind {
	MARK_TOKEN = 1, /* id: the token's handle */
	MARK_GRANT = 2,
	MARK_SESSION = 3,
	MARK_SUBJECT = 4,
	MARK_CLIENT = 5, /* id: client_id */
};

/* Put a mark into a batch. at: now; keep_until: when the last thing it can concern has expired. */
void mark_put(struct batch *b, enum mark_kind kind, struct slice id, int64_t at, int64_t keep_until);

/* End all that a subject or a client holds until now: sessions, offline grants, tokens. */
void mark_put_subject(struct issuer *is, struct batch *b, struct id subject_id, int64_t now);
void mark_put_client(struct issuer *is, struct batch *b, struct slice client_id, int64_t now);

/* Put the removal of a few marks that are over into the batch: so the table stays as small as what is
 * still marked, without a job that sweeps it. */
status marks_prune(struct issuer *is, struct batch *b, int64_t now, struct arena *a);

/* Was what is named by (kind, id), issued at issued_at, revoked? A fault counts as no answer: the
 * caller refuses. */
status mark_check(struct issuer *is, enum mark_kind kind, struct slice id, int64_t issued_at,
		  struct arena *a, bool *ret_revoked);
