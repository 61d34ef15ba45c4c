/*
 * Everything that the key files say, ready for use. A change makes a new snapshot; who signs with
 * the old one finishes with it.                              Threads: immutable, counted.
 */
#pragma once

#include "keys/ring.h"
#include "keys/secrets.h"
#include "keys/signer.h"

#include <stdatomic.h>

struct snapshot {
	atomic_uint users;
	struct arena arena; /* owns all that follows, wiped with it */
	struct slice ring_bytes, secrets_bytes; /* as in the files */
	struct ring ring;
	struct signer **signers; /* beside ring.keys; NULL for those that never sign again */
	struct secret_set secrets;
	struct slice jwks, archive;
};

/* From the plain content of both files, which is copied; with one user. ST_CORRUPT or ST_NOMEM. */
status snapshot_new(struct slice ring, struct slice secrets, struct snapshot **ret);
/* Was it made of just these bytes? */
bool snapshot_is(const struct snapshot *s, struct slice ring, struct slice secrets);
void snapshot_drop(struct snapshot *s); /* one user less; NULL is fine */
DEFINE_AUTO(snapshot, struct snapshot *, snapshot_drop)

/* The signer of the active key, or NULL. */
struct signer *snapshot_signer(const struct snapshot *s, enum key_algorithm a);
