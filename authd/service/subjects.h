/*
 * Natural and legal persons in the records, sealed one by one, and found through blind indexes.
 *
 *	record = format | wrap version | data key, wrapped | subject, sealed under the data key
 *
 * Each subject has a random data key of its own, wrapped under SECRET_SUBJECT_WRAP; destroying it
 * erases the subject. The associated data of both seals names table, key and version. An index key
 * is a version of SECRET_BLIND_INDEX and a keyed hash: while several versions live, an entry stands
 * under each, so that it is found and unique under all of them. There is no index on a name alone.
 *                              Threads: all may call; a batch and an arena belong to one at a time.
 */
#pragma once

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
 * Put the writes of one subject into the batch: the record and its index entries.
 *
 * s->id zero makes a new subject: the id is set in s, as are created_at and updated_at; expected is
 * VERSION_NONE then. Otherwise the record at version `expected` is replaced; its data key and
 * created_at stay, and index entries of a number or name that is no more are removed.
 *
 * The number leads to the subject, and so does each of s->former; none leads to one that was merged.
 * s->number is normalised already, and s->login_name checked. Unless ST_OK comes back, the batch is
 * as it was.
 * Returns ST_OK; ST_EXISTS when number or login name belong to another subject; ST_NOT_FOUND when
 * there is nothing to replace; ST_CONFLICT when it is at another version. The commit may answer
 * ST_EXISTS or ST_CONFLICT again, where somebody was quicker.
 */
status subjects_put(struct issuer *is, struct batch *b, struct arena *a, int64_t now,
		    struct subject *s, uint64_t expected);
/* The same, of a subject that takes over numbers of `from`, which the batch has let go of before. */
status subjects_put_taking(struct issuer *is, struct batch *b, struct arena *a, int64_t now,
			   struct subject *s, uint64_t expected, struct id from);
/*
 * Put the subject anew under the current version of each secret, if anything of it stands under older
 * ones alone: the wrapped data key, index entries. Nothing else changes, updated_at included.
 */
status subjects_renew(struct issuer *is, struct batch *b, struct id id, struct arena *a, bool *ret_written);
/* The batch counts only if the record is still of the version that was read. */
void subject_expect(struct batch *b, struct id id, uint64_t expected);
