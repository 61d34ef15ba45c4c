/*
 * One-time passwords of an authenticator app (RFC 6238): six digits, 30 seconds, HMAC-SHA-1, which is what
 * every app computes; and recovery codes for whoever has lost it.
 *
 * What a person has enrolled is one sealed record beside the password's. It holds the last time step that
 * was used and the failures in a row: a try counts once its batch is durable, and the record's version
 * lets one try in at a time. So no code is used twice and no guess is free, whatever the cache forgets.
 *
 * Debian's liboath is not used: its check compares codes by strcmp(), and what it would save is the dozen
 * lines of RFC 4226 §5.3.             Threads: all may call; a batch and an arena belong to one at a time.
 */
#pragma once

#include "authd/model/state.h"
#include "authd/service/issuer.h"

enum {
	TOTP_DIGITS = 6,
	TOTP_PERIOD_S = 30,
	TOTP_SECRET_SIZE = 20, /* RFC 4226 §4, R6 */
	TOTP_SECRET_TEXT = 32,
	TOTP_FAILURES_MAX = 100, /* in a row; then none but a recovery code is taken (NIST SP 800-63B §5.2.2) */
	RECOVERY_CODES = 10,
};

/* The code of a time step, of `digits` digits and a NUL. ST_UNAVAILABLE: no HMAC-SHA-1 here. */
status totp_code(struct slice secret, int64_t step, int digits, char ret[16]);

/* RFC 4648 §6, without padding. In the arena; absent without memory. And back; ST_INVALID. */
struct slice base32_text(struct slice bytes, struct arena *a);
status base32_read(struct slice text, struct arena *a, struct slice *ret);

/* ---- what a person has enrolled ---------------------------------------------------------------- */

status totp_enrolled(struct issuer *is, struct id subject_id, bool *ret);
/* ST_NOT_FOUND. */
status totp_get(struct issuer *is, struct id subject_id, struct arena *a, struct totp *ret, uint64_t *ret_version);
/* expected: as in batch_put(). */
status totp_put(struct issuer *is, struct batch *b, struct arena *a, struct id subject_id, const struct totp *t,
		uint64_t expected);
void totp_remove(struct batch *b, struct id subject_id, uint64_t expected);

/* New recovery codes: their texts for the person, once; and their hashes into t. */
status recovery_codes_make(struct id subject_id, struct arena *a, struct totp *t,
			   struct slice ret_texts[RECOVERY_CODES]);
size_t recovery_codes_left(const struct totp *t);

/* ---- a try ------------------------------------------------------------------------------------ */

enum totp_answer { TOTP_RIGHT, TOTP_RECOVERED, TOTP_WRONG, TOTP_LOCKED };

/*
 * Judge what a person typed, and note it in t: the step that was used, the recovery code that is gone, the
 * failure. The answer counts once t is durable at the version that it was read at. TOTP_LOCKED changes
 * nothing: account_failures were made in a row, and the throttle's window has not passed since the last.
 */
status totp_try(const struct conf *conf, struct id subject_id, struct slice typed, int64_t now, struct arena *a,
		struct totp *t, enum totp_answer *ret);
