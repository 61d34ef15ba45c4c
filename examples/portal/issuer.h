/*
 * The issuer, as a portal knows it: its metadata (OpenID Connect Discovery §4), its keys and its status
 * lists, fetched and kept; and the verifiers that need nothing else, so that a token is verified here,
 * without asking anybody.
 *                                                                     Threads: internally locked.
 */
#pragma once

#include "examples/portal/options.h"

#include <auth.h>
#include <stdbool.h>

struct issuer;

/* Nothing is fetched yet: the issuer may start after the portal. NULL: out of memory. */
struct issuer *issuer_new(const struct options *o);
void issuer_free(struct issuer *is);

struct metadata {
	char *authorization_endpoint, *token_endpoint, *userinfo_endpoint, *end_session_endpoint;
	char *jwks_uri;
};

/* Fetched when first asked for, then immutable. NULL with a sentence in why. */
const struct metadata *issuer_metadata(struct issuer *is, char why[160]);

/*
 * Verify a token offline. An unknown key makes the key set be fetched once more, at most every 30
 * seconds (the issuer rotates its keys), and the token is tried again. So does an access token whose
 * status list is not here, or too old: the list is fetched, but no more than so many in a while.
 *
 * ID token: for this client, with this nonce, and with the access token's hash if it has one.
 * Access token: for this portal's interface, with the scope "openid".
 */
enum auth_status issuer_verify_id_token(struct issuer *is, const char *token, const char *nonce,
                                        const char *access_token, struct auth_claims **ret);
enum auth_status issuer_verify_access_token(struct issuer *is, const char *token, size_t n,
                                            int64_t now, struct auth_claims **ret);
