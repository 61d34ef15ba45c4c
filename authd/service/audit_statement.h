/*
 * What an issuer signs about its audit: a compact JWS with a `typ` of its own.
 *
 *	audit-checkpoint+jwt   {"iss", "iat", "exp", "seq", "hash"}: the chain ends with this entry
 *	audit-export+jwt       and "before_seq", "before_hash": a file holds what lies between
 *
 * `exp` is the end of all time, as RFC 5280 §4.1.2.5 writes it: what was so stays so.
 *                                                                       Threads: pure functions.
 */
#pragma once

#include "authd/service/issuer.h"
#include "libauth/auth.h"

enum audit_statement_kind { STATEMENT_CHECKPOINT, STATEMENT_EXPORT };

struct audit_statement {
	int64_t issued_at;
	struct audit_chain last;
	struct audit_chain before; /* of an export: the entry before its first */
};

/* Signs with the issuer's key; waits for that. The token is in the arena. */
status audit_statement_sign(struct issuer *is, enum audit_statement_kind kind,
			    const struct audit_statement *s, struct arena *a, struct slice *ret_token);

/* The issuer's keys, the retired among them: keys_archive(). ST_INVALID with the reason in e. */
status audit_verifier_new(enum audit_statement_kind kind, const char *issuer, struct auth_keyset *keys,
			  struct auth_verifier **ret, struct error *e);
/* ST_INVALID with the reason in e; ST_NOT_FOUND: signed by a key that is not among them. */
status audit_statement_verify(struct auth_verifier *v, struct slice token, int64_t now,
			      struct audit_statement *ret, struct error *e);
