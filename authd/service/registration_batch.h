/*
 * Many rows in one batch, so that one commit is durable for all of them.
 *
 *	registration_batch_begin() -> registration_batch_row() for each -> commit rb.batch
 *
 * A row about somebody whom an earlier row of the batch is about has to wait for the next batch, so
 * that each row sees what the rows before it have done.                  Threads: one at a time.
 */
#pragma once

#include "authd/service/registration.h"

struct registration_batch {
	struct issuer *issuer;
	struct batch *batch;
	struct arena *arena; /* of the batch; each row takes some 4 KiB of it */
	enum subject_kind kind;
	int64_t now;
	struct slice operator_name; /* for the audit; set it after the begin */

	struct subject *written; /* as they will stand; of a merge, two */
	size_t written_n, written_max;
	size_t rows, rows_max;
	size_t counts[REGISTRATION_OUTCOMES];
};

/* ST_NOMEM. */
status registration_batch_begin(struct registration_batch *rb, struct issuer *is, struct batch *b,
				struct arena *a, enum subject_kind kind, int64_t now,
				size_t rows_max);

/*
 * Check a row and put it into the batch; row's texts live as long as the arena. A number that is
 * known updates the same subject, which keeps its id and whatever the row leaves out; a subject that
 * says nothing new is not written again. Whoever is not active any more is signed out everywhere.
 *
 * Returns ST_OK; ST_INVALID (refused; the reason is in e), ST_BUSY (the batch is full, or has this
 * person already: commit it, begin another, and come again), ST_EXISTS (refused, too: the login name
 * belongs to somebody else), ST_CONFLICT or a fault: then the whole batch is of no use.
 * ret_outcome may be NULL. The subject is the last in rb->written, where it was written.
 */
status registration_batch_row(struct registration_batch *rb, const struct registration *row,
			      enum registration_outcome *ret_outcome, struct error *e);

/* ---- for registration_change.c ---------------------------------------------------------------- */

/* Has the batch written this subject? */
bool registration_batch_has(const struct registration_batch *rb, struct id id);
void registration_batch_note(struct registration_batch *rb, const struct subject *s);
