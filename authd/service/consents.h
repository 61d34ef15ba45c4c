/* What a subject has agreed to for a client: a record of its own, grown by later consents. */
#pragma once

#include "authd/model/client.h"
#include "authd/model/state.h"
#include "authd/service/issuer.h"

/* Must the person be asked? Not by a client of the state's own, nor for what was agreed to. */
status consent_needed(struct issuer *is, const struct client *client, struct id subject_id,
		      struct slice scope, struct arena *a, bool *ret_needed);
/* Put the consent, grown by this scope, into the batch. */
status consent_give(struct issuer *is, struct batch *b, const struct client *client,
		    struct id subject_id, struct slice scope, int64_t now, struct arena *a);
