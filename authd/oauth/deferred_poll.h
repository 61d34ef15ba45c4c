/*
 * A client asks whether the person has decided yet: what the device grant (RFC 8628 §3.4, §3.5) and
 * CIBA (§10.1, §11) share at the token endpoint.
 *
 * The grant type's state is struct deferred_poll; its steps are a first one of its own, which calls
 * deferred_poll_begin(), and DEFERRED_POLL_STEPS.                       Threads: one at a time.
 */
#pragma once

#include "authd/oauth/token_request.h"
#include "authd/service/deferred.h"

/* Ask for the decision on the code in this parameter. */
enum step_result deferred_poll_begin(struct request *r, const char *parameter);
step_fn deferred_poll_answer;
#define DEFERRED_POLL_STEPS deferred_poll_answer, grant_check_grounds, grant_begin_family, grant_issue
