/*
 * The ledger of releases: who was told what of whom, when, for what and on which basis. A release is in
 * it, and in the audit, before the answer leaves; what one transaction holds, both have.
 *
 *	record = subject id | time, microseconds, big-endian | random  ->  struct release
 *
 * An index leads from the client and the time to the record. Ids only, no data; who asks for a person's
 * needs the keys to find the person first.                       Threads: a batch belongs to one.
 */
#pragma once

#include "authd/model/state.h"
#include "authd/service/issuer.h"

struct release {
	struct id subject_id;
	struct slice client_id;
	struct id grant_id;
	claim_set claims;
	struct slice by; /* "userinfo", "id_token" */
	int64_t at_us;
};

/* Put the release into the batch, with its entry of the audit; and the removal of a few that have been
 * kept for long enough. */
status ledger_write(struct issuer *is, struct batch *b, const struct release *release, struct arena *a);

/* What has been told of a subject, the oldest first, from since_us on and behind `after` (NO_SLICE: from the
 * start): at most limit. ret_position: where to go on. All in the arena. */
status ledger_of_subject(struct issuer *is, struct id subject_id, int64_t since_us, struct slice after,
			 size_t limit, struct arena *a, struct release **ret, size_t *ret_n,
			 struct slice *ret_position);
/* The same of what a client was told. */
status ledger_of_client(struct issuer *is, struct slice client_id, int64_t since_us, struct slice after,
			size_t limit, struct arena *a, struct release **ret, size_t *ret_n,
			struct slice *ret_position);
