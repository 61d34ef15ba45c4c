/*
 * What the authoritative registers say of a person, row by row: the one place where such a row is
 * checked, whether it comes from a file, a pipe or a command.
 *
 *	row of texts -> registration_check() -> struct subject
 *	the same as a step of a delta -> registration_change_read() -> registration_change_put()
 *                                                                        Threads: pure functions.
 */
#pragma once

#include "authd/model/subject.h"
#include "authd/service/issuer.h"

/* The columns of a row, in the order in which they are shown. */
enum column {
	COLUMN_TYPE, /* of the number; absent: resident */
	COLUMN_NUMBER,
	COLUMN_NAME,
	COLUMN_BIRTHDATE,
	COLUMN_GENDER, /* male, female, 男, 女, or 1 and 2 of GB/T 2261.1 */
	COLUMN_PHONE_NUMBER,
	COLUMN_EMAIL,
	COLUMN_ADDRESS,
	COLUMN_LOGIN_NAME,
	COLUMN_REPRESENTATIVE_NAME,
	COLUMN_REPRESENTATIVE_NUMBER,
	COLUMN_LEVEL, /* of identity assurance, 2 to 5; absent: 3 */
	COLUMN_STATE, /* active, suspended, deregistered; absent: active, or as it was */
	COLUMN_FAMILY_NAME, /* from here on: registration_profile.h */
	COLUMN_GIVEN_NAME,
	COLUMN_MIDDLE_NAME,
	COLUMN_NICKNAME,
	COLUMN_PROFILE,
	COLUMN_PICTURE,
	COLUMN_WEBSITE,
	COLUMN_ZONEINFO,
	COLUMN_LOCALE,
	COLUMN_MRZ, /* of a passport: the second machine readable line; checked, not kept */
	COLUMN_OPERATION, /* from here on, of a delta: registration_change.h */
	COLUMN_PREVIOUS_TYPE, COLUMN_PREVIOUS_NUMBER,
	COLUMN_INTO_TYPE, COLUMN_INTO_NUMBER,
	COLUMN_COUNT,
};

struct registration {
	struct slice columns[COLUMN_COUNT]; /* UTF-8; absent or empty: the register does not say */
};

const char *column_name(enum column c); /* "birthdate" */
/* ST_INVALID for a name that is none, or not one of this kind of subject. */
status column_parse(enum subject_kind kind, struct slice name, enum column *ret);

/* What a row does: registration_change.h. */
enum operation {
	OPERATION_PUT, /* the column is absent */
	OPERATION_ADD,
	OPERATION_CHANGE,
	OPERATION_DEREGISTER,
	OPERATION_MERGE,
	OPERATION_SPLIT,
};
const char *operation_name(enum operation o); /* "merge" */
status operation_parse(struct slice text, enum operation *ret, struct error *e); /* ST_INVALID */

const char *subject_state_name(enum subject_state s); /* "active" */

/*
 * Check a row and make a subject of it; id, created_at and updated_at stay zero. The number is
 * normalised (15 digits become 18), birthdate and gender are taken from it where it has them, and
 * must agree with the row's, as must a passport's machine readable line. A credit code with a failing
 * check digit is flagged, not refused.
 * Somebody new has a name; a row that changes, ends or merges need not repeat it.
 * ret's texts are the row's or in the arena; a level or state that the row leaves out is 0 in ret.
 *
 * Returns ST_INVALID with the reason in e: it names the column, never its content.
 */
status registration_check(enum subject_kind kind, const struct registration *row, int64_t now,
			  struct arena *a, struct subject *ret, struct error *e);

/* The number in a column, normalised, and its type in another; ret_facts may be NULL. */
status registration_number(enum subject_kind kind, const struct registration *row, enum column type,
			   enum column number, int64_t now, struct arena *a, enum number_type *ret_type,
			   struct slice *ret, struct number_facts *ret_facts, struct error *e);
/* Check a row of a register that is put into an empty store: nothing there can be changed. */
status registration_check_first(enum subject_kind kind, const struct registration *row, int64_t now,
				struct arena *a, struct subject *ret, struct error *e);
/* Lay what a row says over what is known; true if any of it is new. */
bool registration_merge(struct subject *known, const struct subject *said);

/* Fill in the level and state of somebody new. */
void registration_complete(struct subject *s);

enum registration_outcome {
	REGISTRATION_ADDED,
	REGISTRATION_UPDATED,
	REGISTRATION_UNCHANGED,
	REGISTRATION_DEREGISTERED,
	REGISTRATION_MERGED,
	REGISTRATION_SPLIT,
	REGISTRATION_OUTCOMES,
};
const char *registration_outcome_name(enum registration_outcome o); /* "added" */
