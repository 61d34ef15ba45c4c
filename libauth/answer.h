/* From a status, and a message, to what the public functions answer. */
#pragma once

#include "libauth/auth.h"
#include "libauth/base/status.h"

/* TRY() for public answers. */
#define CHECK(call)                                        \
	do {                                               \
		enum auth_status check_ = (call);          \
		if (check_ != AUTH_OK)                     \
			return check_;                     \
	} while (0)

/* The answer for a status, `unfit` being the one for ST_INVALID; the message is passed on. */
enum auth_status answer_of(status s, enum auth_status unfit, const struct error *e,
			   struct auth_error *ret);

/* Pass on the message, or that of the answer itself where e has none. Returns the answer. */
enum auth_status explain(enum auth_status s, const struct error *e, struct auth_error *ret);
