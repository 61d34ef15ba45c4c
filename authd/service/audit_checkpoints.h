/*
 * Checkpoints: the end of the audit, signed, as an entry of its own, and as a line of a file outside the
 * data directory, by which a store that was put back as a whole is seen.
 *                                                                  Threads: the first three, one at a time.
 */
#pragma once

#include "authd/service/audit_statement.h"

/*
 * At start: is what the file says last still so? Then the entry "issuer.start" and a checkpoint.
 * *ret_broken, in the arena: what the audit is not as it was left in, or NULL; that goes into the audit, too,
 * as "audit.broken". A fault with a message: nothing may be served that cannot be audited.
 */
status audit_begin(struct issuer *is, int64_t now, struct arena *a, const char **ret_broken, struct error *e);
/* At times: ST_OK, or a fault with a message. */
status audit_checkpoint(struct issuer *is, int64_t now, struct error *e);
/* At the end: the entry "issuer.stop", and a checkpoint. */
status audit_end(struct issuer *is, int64_t now, struct error *e);

/* The head as it stands. ST_NOT_FOUND; ST_INVALID: it is not this issuer's. */
status audit_head_get(struct issuer *is, struct audit_head *ret);
/* An entry's stored value, in the arena. ST_NOT_FOUND. */
status audit_entry_get(struct issuer *is, uint64_t seq, struct arena *a, struct slice *ret);
/* What the file holds, at most so many of its last bytes, from a whole line on; in the buffer. */
status audit_checkpoints_read(struct issuer *is, size_t most, struct buf *out, struct error *e);
