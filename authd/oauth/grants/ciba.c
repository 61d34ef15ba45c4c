/* A client that asked over the back channel polls, or was pinged, until the person has decided
 * (CIBA §10.1). */
#include "authd/oauth/grants/grants.h"

#include "authd/oauth/deferred_poll.h"

static enum step_result begin(struct request *r) { return deferred_poll_begin(r, "auth_req_id"); }

static step_fn *const STEPS[] = { begin, DEFERRED_POLL_STEPS, NULL };
const struct grant_type GRANT_CIBA = {
	.name = GRANT_TYPE_CIBA,
	.steps = STEPS,
	.state_size = sizeof(struct deferred_poll),
};
