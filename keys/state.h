/*
 * What a struct keys is made of; for keys.c, which uses the keys, and life.c, which changes them.
 */
#pragma once

#include "keys/snapshot.h"

#include <pthread.h>

#define KEYS_RING_FILE "ring"
#define KEYS_SECRETS_FILE "secrets"
/* The same under the next KEK, while that is being changed: secrets_life.c. */
#define KEYS_NEXT ".next"

struct keys {
	char *dir, *kek_file, *data_dir;
	struct secret kek; /* writing needs it, long after its file may be out of reach */

	pthread_mutex_t current_lock; /* held for a few instructions */
	struct snapshot *current;

	pthread_mutex_t writer; /* held by whoever changes or rereads; guards what follows */
	int64_t seen_at;        /* like the ring's, but kept up to the minute */
	int64_t followed_at;    /* when an unknown version was last looked for, monotonic */
};

/* The snapshot of this moment, to be let go with snapshot_drop(). */
struct snapshot *keys_current(struct keys *k);

/* With k->writer held: read the files, and take them if they are not what is running. */
status keys_refresh(struct keys *k, struct error *e);
/* With the directory's lock: finish, or take back, a change of the KEK that was cut short. */
status keys_settle_kek(const char *dir, const struct secret *kek, struct error *e);
/* With k->writer held: these bytes are on disk; they are what is running from now on. */
void keys_adopt(struct keys *k, struct snapshot *s);
