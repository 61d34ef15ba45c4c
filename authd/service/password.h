/*
 * Passwords: argon2id (RFC 9106) by libsodium, p = 1, in the issuer's bounded pool.
 *
 *	sign-in:  password_verify_submit() -> ret_match; store ret_hash if ret_needs_rehash
 *	change:   password_check(), password_hash_submit() -> ret_hash
 *
 * A password is the bytes that were typed, UTF-8, not normalised: two keyboards that write one
 * character in two ways are two passwords.
 *                                         Threads: a job belongs to the pool until its op is done.
 */
#pragma once

#include "authd/service/issuer.h"
#include "libauth/base/op.h"

enum {
	PASSWORD_MAX = 1024, /* bytes */
	PASSWORD_HASH_SIZE = 128,
};

struct password_job {
	struct slice password; /* borrowed until the op is done */
	struct slice hash;     /* verify: as stored; absent: there is no such account */

	bool ret_match;
	bool ret_needs_rehash; /* it matched, but was made with other settings: ret_hash is a new one */
	char ret_hash[PASSWORD_HASH_SIZE]; /* NUL-terminated; wiped by the owner with its arena */

	const struct conf *conf; /* of the pool's thread */
};

/*
 * Is this a password that may be set? ST_OK; ST_INVALID: fewer than password.min_length characters,
 * or not UTF-8; ST_TOO_LARGE: more than PASSWORD_MAX bytes.
 */
status password_check(const struct conf *conf, struct slice password, struct error *e);

/*
 * Compare job->password with job->hash. Without a hash the same work is done against a constant one
 * made with the settings of today, which never matches: an unknown name takes the time of a wrong
 * password. The same goes for a password that is too long or no UTF-8.
 * Ends with ST_OK (see ret_match), ST_BUSY (queue full) or ST_NOMEM.
 */
void password_verify_submit(struct issuer *is, struct password_job *job, struct op *op);

/* Hash job->password into job->ret_hash. Ends with ST_OK, ST_BUSY, ST_TOO_LARGE or ST_NOMEM. */
void password_hash_submit(struct issuer *is, struct password_job *job, struct op *op);
