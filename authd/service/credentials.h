/*
 * Credentials in the records, sealed one by one as subjects are: a stolen store gives no hash to guess
 * against, and no secret of an authenticator app.
 *                              Threads: all may call; a batch and an arena belong to one at a time.
 */
#pragma once

#include "authd/model/state.h"
#include "authd/service/issuer.h"

enum credential_kind { CREDENTIAL_PASSWORD = 1, CREDENTIAL_TOTP = 2 };

/* The encoded credential of that kind. ST_NOT_FOUND. */
status credential_record_get(struct issuer *is, struct id subject_id, enum credential_kind kind,
			     struct arena *a, struct slice *ret, uint64_t *ret_version);
status credential_record_has(struct issuer *is, struct id subject_id, enum credential_kind kind, bool *ret);
/* Put it into the batch, or its removal. expected: as in batch_put(). */
status credential_record_put(struct issuer *is, struct batch *b, struct arena *a, struct id subject_id,
			     enum credential_kind kind, struct slice plain, uint64_t expected);
void credential_record_delete(struct batch *b, struct id subject_id, enum credential_kind kind, uint64_t expected);

/* The password credential of a subject. ST_NOT_FOUND. */
status credentials_get(struct issuer *is, struct id subject_id, struct arena *a,
		       struct credential *ret, uint64_t *ret_version);
/* The batch counts only if the credential is still of the version that was read. */
void credentials_expect(struct batch *b, struct id subject_id, uint64_t expected);
/* Put the removal of every kind into the batch. */
void credentials_forget(struct batch *b, struct id subject_id);
/* Put it anew under the current version of the secret that seals it, if it is under another. */
status credentials_renew(struct issuer *is, struct batch *b, struct slice key, struct record record,
			 struct arena *a, bool *ret_written);
/* Put it into the batch. expected: the version it was read at, VERSION_NONE or VERSION_ANY. */
status credentials_put(struct issuer *is, struct batch *b, struct arena *a, struct id subject_id,
		       const struct credential *c, uint64_t expected);
