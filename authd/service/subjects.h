/*
 * Natural and legal persons in the records, sealed one by one, and found through blind indexes.
 *
 *	record = format | wrap version | data key, wrapped | subject, sealed under the data key
 *
 * Each subject has a random data key of its own, wrapped under SECRET_SUBJECT_WRAP; destroying it
 * erases the subject. The associated data of both seals names table, key and version. An index key
 * is a version of SECRET_BLIND_INDEX and a keyed hash: while several versions live, an entry stands
 * under each, so that it is found and unique under all of them. There is no index on a name alone.
 *
 * Password credentials are sealed likewise: a stolen store gives no hash to guess against.
 *                              Threads: all may call; a batch and an arena belong to one at a time.
 */
#pragma once

#include "authd/model/state.h"
#include "authd/model/subject.h"
#include "authd/service/issuer.h"

/* ST_NOT_FOUND; ST_CORRUPT where the record does not open; ST_UNAVAILABLE. */
status subjects_get(struct issuer *is, struct id id, struct arena *a, struct subject *ret);
/* The same with the record's version, for a later subjects_put(). */
status subjects_get_version(struct issuer *is, struct id id, struct arena *a, struct subject *ret,
			    uint64_t *ret_version);

/* By a number as number_check() normalises it. ST_NOT_FOUND. */
status subjects_find(struct issuer *is, enum number_type type, struct slice number,
		     struct arena *a, struct subject *ret);
/* The id alone, without opening the record. ST_NOT_FOUND. */
status subjects_find_id(struct issuer *is, enum number_type type, struct slice number,
			struct arena *a, struct id *ret);

/* By a chosen name as login_name_check() folds it. ST_NOT_FOUND. */
status subjects_find_login_name(struct issuer *is, struct slice folded, struct arena *a,
				struct subject *ret);

/*
 * What a person typed into a sign-in form: blanks at both ends do not count; what has a document
 * number's form is looked up as one, with small letters taken as capitals; anything else is a chosen
 * name, in which capitals do not count.
 * Returns ST_NOT_FOUND for everything that leads to nobody, malformed or not.
 */
status subjects_find_login(struct issuer *is, struct slice typed, int64_t now, struct arena *a,
			   struct subject *ret);
/* The one spelling of what leads to the same person, or to nobody: for counting. In the arena. */
status login_spelling(struct slice typed, int64_t now, struct arena *a, struct slice *ret);

/* The form of a chosen name: 3 to 64 bytes of UTF-8 that begin with a letter, without blanks or
 * control characters, that cannot be taken for a document number. ret: capitals folded (ASCII),
 * in the arena. ST_INVALID with the reason in e. */
status login_name_check(struct slice name, struct arena *a, struct slice *ret, struct error *e);

/*
 * Put the writes of one subject into the batch: the record and its index entries.
 *
 * s->id zero makes a new subject: the id is set in s, as are created_at and updated_at; expected is
 * VERSION_NONE then. Otherwise the record at version `expected` is replaced; its data key and
 * created_at stay, and index entries of a number or name that is no more are removed.
 *
 * s->number is normalised already, and s->login_name checked. Unless ST_OK comes back, the batch is
 * as it was.
 * Returns ST_OK; ST_EXISTS when number or login name belong to another subject; ST_NOT_FOUND when
 * there is nothing to replace; ST_CONFLICT when it is at another version. The commit may answer
 * ST_EXISTS or ST_CONFLICT again, where somebody was quicker.
 */
status subjects_put(struct issuer *is, struct batch *b, struct arena *a, int64_t now,
		    struct subject *s, uint64_t expected);

/* ---- credentials ---------------------------------------------------------------------------- */

/* The password credential of a subject. ST_NOT_FOUND. */
status credentials_get(struct issuer *is, struct id subject_id, struct arena *a,
		       struct credential *ret, uint64_t *ret_version);
/* Put it into the batch. expected: the version it was read at, VERSION_NONE or VERSION_ANY. */
status credentials_put(struct issuer *is, struct batch *b, struct arena *a, struct id subject_id,
		       const struct credential *c, uint64_t expected);
