/*
 * Clients that register themselves (RFC 7591, RFC 7592, OIDC Dynamic Client Registration 1.0).
 *
 * What they may be is less than what an operator may make of them: only members that the table of
 * client_metadata.h gives to anybody, grants in which a person is asked, and scopes within a limit,
 * which is the initial access token's or else the settings'. The limit stays with the client.
 *                                                                       Threads: all may call.
 */
#pragma once

#include "authd/service/client_metadata.h"
#include "authd/service/clients.h"
#include "authd/service/initial_tokens.h"

/* ST_FORBIDDEN: registration.quota is used up. */
status client_registration_admit(struct issuer *is);

/*
 * Make a client of what was sent, with the defaults of OIDC Registration §2.
 * by: the initial access token, or NULL. ST_INVALID with the reason in e, which begins with a member.
 */
status client_registration_read(struct issuer *is, const json_t *metadata, const struct initial_token *by,
				struct arena *a, struct client *ret, struct error *e);
/* Replace what a client is by what was sent (RFC 7592 §2.2): what an operator has set stays. */
status client_registration_replace(struct issuer *is, const json_t *metadata, struct arena *a,
				   struct client *c, struct error *e);

/* OIDC Registration §5: does the document of its sector_identifier_uri list each redirect URI, and of a
 * client that could be anywhere (clients.h) the jwks_uri, too (CIBA §4)? ST_INVALID. */
status client_registration_check_sector(const struct client *c, struct slice document, struct error *e);

/* Give it a registration access token, which can be shown this one time. */
status client_registration_token(struct arena *a, struct client *c, struct slice *ret_text);
/* The client whose token this is. ST_NOT_FOUND for all that is not so, in the same time. */
status client_registration_open(struct issuer *is, struct slice client_id, struct slice token,
				struct arena *a, struct client *ret, uint64_t *ret_version);
