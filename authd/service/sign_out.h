/* A subject is signed out everywhere.                          Threads: the stores lock themselves. */
#pragma once

#include "authd/model/id.h"
#include "authd/service/issuer.h"

/*
 * End, up to this moment, all sessions of the subject but one (zero: none excepted), and all that
 * rests on an authentication: codes, tokens, offline grants; of the excepted session, too.
 *
 * Call it right before the commit. The excepted session goes on with an authentication after ret_us,
 * in microseconds since the epoch; ret_us may be NULL.
 */
status sign_out_everywhere(struct issuer *is, struct batch *b, struct id subject_id,
			   struct id except, struct arena *a, int64_t *ret_us);

/* The same of all sessions, and nothing is left of what the subject had agreed to or proved itself
 * with: offline grants, consents, credentials. */
status quit_everything(struct issuer *is, struct batch *b, struct id subject_id, int64_t now,
		       struct arena *a);
