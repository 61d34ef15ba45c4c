/* What a subject has agreed to for a client: a record of its own, grown by later consents. */
#pragma once

#include "authd/model/client.h"
#include "authd/model/state.h"
#include "authd/service/issuer.h"

/* How much of this has the person agreed to? A client of the state's own asks only for claims that rest on
 * consent: all, where there are none. */
enum consent_extent { CONSENT_TO_NOTHING, CONSENT_TO_LESS, CONSENT_TO_ALL };
status consent_extent(struct issuer *is, const struct client *client, struct id subject_id,
		      const struct consent *asked, struct arena *a, enum consent_extent *ret);
/* Which of these claims may the client be told where nobody can be asked: those of its duty, and those agreed to
 * before. */
status consent_claims(struct issuer *is, const struct client *client, struct id subject_id, claim_set asked,
		      struct arena *a, claim_set *ret);
/* Put the consent, grown by this, into the batch. */
status consent_give(struct issuer *is, struct batch *b, const struct client *client, struct id subject_id,
		    const struct consent *given, struct arena *a);

/* A client that may get something of a person: by a consent, by offline grants, or by both. */
struct consent_listed {
	struct slice client_id;
	struct consent consent;
	const struct family *families; /* its offline grants, the newest first */
	size_t families_n;
};
/* A person's, in the order of client_id, those behind `after` alone, CONSENTS_PAGE at most; *ret_more: there
 * are others behind. They live in the arena. */
enum { CONSENTS_PAGE = 100 };
status consents_list(struct issuer *is, struct id subject_id, struct slice after, int64_t now, struct arena *a,
		     struct consent_listed **ret, size_t *ret_n, bool *ret_more);
/* Would this client be listed? */
status consent_is_listed(struct issuer *is, struct id subject_id, struct slice client_id, int64_t now,
			 struct arena *a, bool *ret);
/* Put the end of a consent into the batch: the person is asked again, and the offline grants that this
 * client holds of the person end, with their tokens. */
status consent_withdraw(struct issuer *is, struct batch *b, struct id subject_id, struct slice client_id,
			int64_t now, struct arena *a);
/* Put the removal of all that a person has agreed to into the batch; offline grants are not touched. */
status consents_forget(struct issuer *is, struct batch *b, struct id subject_id, struct arena *a);
