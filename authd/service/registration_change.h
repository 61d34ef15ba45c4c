/*
 * What a row of a register's delta does (its column `operation`):
 *
 *	(none)      the person is added, or what the row says is laid over what is known
 *	add         somebody new; of a number that is known, nothing changes
 *	change      somebody known. With previous_number, the number is a new one (a reissued document,
 *	            also of another type): the subject stays, and the previous number leads to it, too
 *	deregister  death, or the end of a legal person: signed out everywhere, no sign-in, kept
 *	merge       `number` and into_number are one person: the subject of into_number stays. What
 *	            rests on the other's authentications ends, and so do its credentials and consents: who
 *	            knew its password has not shown to be the one that stays. Its numbers lead to
 *	            the one that stays, and portals that knew only the other one go on to see its `sub`
 *	            (sub_overrides.h). A suspension goes along.
 *	split       the merge of `number` was an error: two subjects again, each with its own names
 *
 * A row under a number that was replaced or merged says nothing new, so a delta that comes twice
 * changes nothing.                                                      Threads: one at a time.
 */
#pragma once

#include "authd/service/registration_batch.h"

struct registration_change {
	enum operation operation;
	struct subject said; /* of merge, split and deregister, only its number counts */
	enum number_type other_type;
	struct slice other; /* previous_number or into_number; absent: none */
};

/* Check a row. ST_INVALID with the reason in e: it names the column, never its content. */
status registration_change_read(enum subject_kind kind, const struct registration *row, int64_t now,
				struct arena *a, struct registration_change *ret, struct error *e);

/*
 * Put it into the batch of rb, with its audit entry where it is not a mere addition or update.
 * Returns ST_OK; ST_INVALID with the reason in e; ST_BUSY where an earlier row of this batch is about
 * the same person; ST_EXISTS (login name), ST_CONFLICT or a fault.
 */
status registration_change_put(struct registration_batch *rb, const struct registration_change *c,
			       enum registration_outcome *ret_outcome, struct error *e);
