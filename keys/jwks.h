/*
 * The published set of keys (RFC 7517 §5): public halves alone.            Threads: all may call.
 */
#pragma once

#include "keys/ring.h"

/*
 * For each algorithm the active key first, for those who take the first that fits; then the
 * announced ones in the order in which they will sign, then the retired ones.
 */
status jwks_published(const struct ring *r, struct arena *a, struct slice *ret);
/* The same with `nbf` and `exp`: from a key's announcement until its last token has expired. */
status jwks_dated(const struct ring *r, const struct key_policy *policy, struct arena *a,
		  struct slice *ret);
/* The same with the dropped ones; still without any that was revoked. */
status jwks_archive(const struct ring *r, struct arena *a, struct slice *ret);
