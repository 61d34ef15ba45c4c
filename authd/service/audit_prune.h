/*
 * Entries leave the audit only as a signed export, and when audit.keep is over.
 *                                                          Threads: all may call; they wait for commits.
 */
#pragma once

#include "authd/service/audit_statement.h"

/* Sign that a file may hold these entries. The token is in the arena. ST_NOT_FOUND with a message. */
status audit_export_seal(struct issuer *is, uint64_t first, uint64_t last, int64_t now, struct arena *a,
			 struct slice *ret_seal, struct error *e);

/*
 * Take away what was exported under this seal, as far as it is older than audit.keep: *ret_before and
 * *ret_after are the last that had left, before and now. ST_INVALID with a message: not our seal, it does not
 * begin where the audit does, or nothing of it is old enough.
 */
status audit_prune(struct issuer *is, struct slice seal, int64_t now, struct audit_chain *ret_before,
		   struct audit_chain *ret_after, struct error *e);
