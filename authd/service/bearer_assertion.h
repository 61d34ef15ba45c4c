/*
 * An assertion as a grant (RFC 7523 §2.1, §3): a JWT in which an issuer that a row of policy names says for
 * whom a token is wanted.                                       Threads: all may call.
 */
#pragma once

#include "authd/model/exchange_policy.h"
#include "authd/model/subject.h"
#include "authd/service/issuer.h"

/* Whom it claims to come from (`iss`), without any check. In the arena. ST_INVALID. */
status bearer_assertion_peek(struct slice assertion, struct arena *a, struct slice *ret_issuer);

struct bearer_assertion {
	struct slice subject;        /* `sub` */
	struct cache_command replay; /* to be submitted: its jti counts once; then ST_EXISTS: it was used */
	const char *reason;          /* why it is refused; a literal */
};
/* Verify it with the keys of the row: our issuer alone as `aud`, `sub`, `jti`, and an `exp` at most ten
 * minutes away. In the arena. Returns ST_OK, ST_INVALID with ret->reason, or a fault. */
status bearer_assertion_verify(struct issuer *is, const struct exchange_policy *row, struct slice assertion,
			       int64_t now, struct arena *a, struct bearer_assertion *ret);

/*
 * Whom `sub` means by the row's rule, who must be registered and active. ret->id is zero where it is the
 * client itself; *ret_version is that of the record for subject_expect(). ST_NOT_FOUND.
 */
status bearer_assertion_subject(struct issuer *is, const struct exchange_policy *row, struct slice sub,
				int64_t now, struct arena *a, struct subject *ret, uint64_t *ret_version);
