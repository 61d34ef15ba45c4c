/*
 * The register of clients (OIDC Dynamic Client Registration §2 names, kept by operators).
 *                                         Threads: all may call; batch and arena: one at a time.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/service/issuer.h"

/* ST_NOT_FOUND. A disabled client is found, with ret->disabled: the caller refuses it. */
status clients_get(struct issuer *is, struct slice client_id, struct arena *a, struct client *ret);
status clients_get_version(struct issuer *is, struct slice client_id, struct arena *a,
			   struct client *ret, uint64_t *ret_version);

/* Clients in the order of client_id, beginning behind `after`; at most limit. In the arena. */
status clients_list(struct issuer *is, struct slice after, size_t limit, struct arena *a,
		    struct client **ret, size_t *ret_n);

/*
 * May this be a redirect URI (RFC 6749 §3.1.2, RFC 8252 §7.3, RFC 9700 §2.1)? Absolute, https; or
 * http on 127.0.0.1, [::1], localhost or *.localhost; no fragment, no user information, no wildcard,
 * no dot segment, no backslash, no blank, no character beyond ASCII, at most 2000 bytes.
 * ST_INVALID with the reason in e.
 */
status redirect_uri_check(struct slice uri, struct error *e);
/* The host of a checked URI, without its port. */
struct slice redirect_uri_host(struct slice uri);
/* A sector is a host in small letters. ST_INVALID. */
status sector_check(struct slice sector, struct error *e);

/*
 * Register c: what is absent is filled in (a random client_id, sector = the host of the redirect
 * URIs, code flow, scope "openid"), everything is checked, and the writes go into the batch.
 * ret_secret: a new secret of 256 bits, base64url, for the methods that use one; only its SHA-256 is
 * stored, so this is the one time that it can be shown. NO_SLICE for the others.
 *
 * Returns ST_INVALID with the reason in e, or ST_EXISTS for a client_id that is taken (the commit
 * may say ST_CONFLICT in a race).
 */
status clients_register(struct issuer *is, struct batch *b, struct arena *a, int64_t now,
			struct client *c, struct slice *ret_secret, struct error *e);

/* Enable or disable; the client's tokens are not touched. ST_NOT_FOUND, ST_CONFLICT. */
status clients_set_disabled(struct issuer *is, struct batch *b, struct arena *a, int64_t now,
			    struct slice client_id, bool disabled);
