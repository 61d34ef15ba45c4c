/* A device that has no browser polls until the person has decided (RFC 8628 §3.4). */
#include "authd/oauth/grants/grants.h"

#include "authd/oauth/deferred_poll.h"

static enum step_result begin(struct request *r) { return deferred_poll_begin(r, "device_code"); }

static step_fn *const STEPS[] = { begin, DEFERRED_POLL_STEPS, NULL };
const struct grant_type GRANT_DEVICE_CODE = {
	.name = GRANT_TYPE_DEVICE_CODE,
	.steps = STEPS,
	.state_size = sizeof(struct deferred_poll),
};
