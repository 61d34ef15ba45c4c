/*
 * Whether the status list that a token names still calls it valid.
 *                              Token Status List (draft-ietf-oauth-status-list) §6.2, §8.3
 */
#pragma once

#include "libauth/policy.h"
#include "libauth/trust.h"

/*
 * issuer: of the key that signed the token. Sets claims->status_checked.
 *
 * Returns AUTH_OK, AUTH_REVOKED, AUTH_REVOCATION_UNKNOWN, or AUTH_BAD_CLAIM for a `status` that is
 *   not one, or points behind the end of its list.
 */
enum auth_status revocation_check(const struct trust *trust, const struct policy *p,
				  struct slice issuer, struct auth_claims *claims, int64_t now);
