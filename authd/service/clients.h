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
 * A client shows by its redirect URIs where it is: whoever names another's gets no answer. One that gets
 * tokens without them could name anybody's, and would see what that sector calls a person: if it registers
 * itself, it is a sector of its own.
 */
bool client_could_be_anywhere(const struct client *c);

/*
 * Register c: what is absent is filled in (a random client_id, sector = the host of the redirect
 * URIs, code flow, scope "openid"), everything is checked, and the writes go into the batch.
 * Which grant types are served is the protocol's to say, and has been checked.
 * ret_secret: a new secret of 256 bits, base64url, for the methods that use one; only its SHA-256 is
 * stored, so this is the one time that it can be shown. NO_SLICE for the others.
 *
 * Returns ST_INVALID with the reason in e, or ST_EXISTS for a client_id that is taken (the commit
 * may say ST_CONFLICT in a race).
 */
status clients_register(struct issuer *is, struct batch *b, struct arena *a, int64_t now,
			struct client *c, struct slice *ret_secret, struct error *e);

/*
 * Replace the client that was read at this version by c, checked as above. A secret stays; a new one
 * is made where there was none and the method needs one. ST_INVALID; the commit may say ST_CONFLICT.
 */
status clients_update(struct issuer *is, struct batch *b, struct arena *a, int64_t now, struct client *c,
		      uint64_t version, struct slice *ret_secret, struct error *e);
/* Put it anew, its secret sealed under the current version, if that is under another. */
status clients_renew(struct issuer *is, struct batch *b, struct slice client_id, struct arena *a,
		     bool *ret_written);
/* Remove it; its tokens and offline grants end. */
void clients_remove(struct issuer *is, struct batch *b, struct slice client_id, uint64_t version,
		    int64_t now);

/* Disabling ends the tokens and offline grants that the client has, too; enabling brings none back.
 * ST_NOT_FOUND, ST_CONFLICT. */
status clients_set_disabled(struct issuer *is, struct batch *b, struct arena *a, int64_t now,
			    struct slice client_id, bool disabled);
