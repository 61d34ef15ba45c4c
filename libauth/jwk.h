/*
 * JSON Web Keys: from JSON to a key, and their thumbprints.
 *                                            RFC 7517 §4, RFC 7518 §6, RFC 8037 §2, RFC 7638
 * Threads: nothing is kept.
 */
#pragma once

#include "libauth/json.h"
#include "libauth/key.h"

enum { JWK_THUMBPRINT_LENGTH = 43 };

/*
 * Make a public key for verifying from a JWK object that json_read() has read. kid is lent by it.
 *
 * Returns ST_NOT_FOUND for a key that is not for us (type, curve or algorithm unknown; `use` or
 * `key_ops` for something else), ST_INVALID with a message for one that must not be trusted
 * (symmetric, private, unsound, contradictory), or a fault. The key is then empty.
 */
status jwk_read(const struct auth_value *jwk, struct key *ret, struct error *e);

/*
 * RFC 7638 §3: SHA-256 over the required members alone, in lexical order, as base64url with a NUL.
 * Returns ST_INVALID for an object without them, or a fault.
 */
status jwk_thumbprint(const struct auth_value *jwk, char ret[JWK_THUMBPRINT_LENGTH + 1]);
