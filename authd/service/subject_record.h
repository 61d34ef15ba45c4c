/*
 * The bytes of a subject in the records, and the keys of its index entries. Used by subjects.c, and
 * by whoever fills a fresh store in bulk.
 *
 *	record = format (1) | wrap version (4) | wrapped data key (60) | sealed subject
 *	index key = version of SECRET_BLIND_INDEX (4) | keyed hash (16)
 *
 * The hash is HMAC-SHA-256 cut to 128 bits: among 1.4 thousand million subjects two share one with a
 * probability of 2^-67.                                                    Threads: all may call.
 */
#pragma once

#include "authd/model/subject.h"
#include "keys/keys.h"
#include "keys/seal.h"

/* Sealed under this data key; sealer may be NULL. In the arena.
 * ST_NOT_FOUND never: without a wrapping key it is ST_UNAVAILABLE. */
status subject_record_seal(struct keys *k, const struct subject *s, struct secret *data_key,
			   struct sealer *sealer, struct arena *a, struct slice *ret);
/* ST_CORRUPT for anything that was not sealed for this id; ST_UNAVAILABLE where the wrapping key is
 * of a version that is not in the key directory. ret_data_key may be NULL. */
status subject_record_open(struct keys *k, struct id id, struct slice record, struct arena *a,
			   struct subject *ret, struct secret *ret_data_key);

/* Is the data key wrapped under the current version? */
status subject_record_is_current(struct keys *k, struct slice record, bool *ret);

enum { BLIND_VERSIONS_MAX = 8, BLIND_KEY_SIZE = 20 };

struct blind_key {
	uint8_t bytes[BLIND_KEY_SIZE];
};
static inline struct slice blind_slice(const struct blind_key *k)
{
	return slice_of(k->bytes, sizeof k->bytes);
}

/* The keys of one value under every live version, the newest first. ST_UNAVAILABLE without any. */
struct blind_keys {
	struct blind_key items[BLIND_VERSIONS_MAX];
	size_t n;
};
status blind_keys_of_number(struct keys *k, enum number_type type, struct slice number,
			    struct blind_keys *ret);
status blind_keys_of_login(struct keys *k, struct slice folded, struct blind_keys *ret);
/* What leads to the mandates of a person; and of one who is known by number alone. */
status blind_keys_of_mandates(struct keys *k, struct id person, struct blind_keys *ret);
status blind_keys_of_offers(struct keys *k, enum number_type type, struct slice number,
			    struct blind_keys *ret);
