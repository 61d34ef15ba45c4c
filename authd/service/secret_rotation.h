/*
 * What follows when a secret got a version more (keys_secret_rotate()): what stands under the one before
 * is put anew, and that is destroyed once nothing needs it.
 *
 *	blind-index, subject-wrap  a thread puts each record anew that is not under the newest version yet
 *	refresh                    until the last family of its tokens is over
 *	cache, session, page       until what was made under it has expired
 *
 * It begins keys.settle after the rotation: from then on every process writes under the newest version.
 * Where it stands is in no place but the records: each says by itself under which version it is, so
 * after a crash, or beside another authd, the work is done by whoever comes upon it.
 *
 * Who keeps something under SECRET_SUBJECT_WRAP or SECRET_BLIND_INDEX has a row in RENEWALS
 * (secret_rotation.c).                                    Threads: internally locked.
 */
#pragma once

#include "authd/service/issuer.h"

status secret_rotation_new(struct issuer *is, struct secret_rotation **ret);
status secret_rotation_start(struct secret_rotation *r);
void secret_rotation_free(struct secret_rotation *r);
DEFINE_AUTO(secret_rotation, struct secret_rotation *, secret_rotation_free)

/* What the thread does each second: at once, for tests. */
status secret_rotation_tick(struct secret_rotation *r, int64_t now);
/* What it last met; ST_OK: all goes well. */
status secret_rotation_state(struct secret_rotation *r);

/* How far the renewal is, for `authctl secrets list`: records looked at of those of the pass; 0 of 0 where
 * there is none. */
struct secret_progress {
	uint64_t looked_at, renewed;
	bool under_way;
};
struct secret_progress secret_rotation_progress(struct secret_rotation *r);
