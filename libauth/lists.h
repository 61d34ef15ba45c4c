/* Status lists that are signed by a key one goes by.                Threads: nothing is kept. */
#pragma once

#include "libauth/policy.h"
#include "libauth/status_list.h"

/*
 * Verify a status list token of at most AUTH_LIST_MAX bytes. Returns what auth_verifier_add_list()
 * does; a message only where more can be said than the answer itself does.
 */
enum auth_status list_verify(const struct auth_keyset *keys, const struct policy *p,
			     struct slice token, int64_t now, struct status_list **ret,
			     struct error *e);
