/*
 * A private key that is ready to sign: parsed once, its JOSE headers encoded once.
 *                                                            Threads: any number may sign at once.
 */
#pragma once

#include "keys/ring.h"

struct signer;

/* Returns ST_CORRUPT where private and public half are not one pair. */
status signer_new(const struct ring_key *key, struct signer **ret);
void signer_free(struct signer *s);
DEFINE_AUTO(signer, struct signer *, signer_free)

/*
 * Append a compact JWS (RFC 7515 §7.1) of the payload. On failure the token is as it was.
 * type: a literal of printable ASCII without quotes.
 */
status signer_sign(struct signer *s, const char *type, struct slice payload, struct buf *token);
