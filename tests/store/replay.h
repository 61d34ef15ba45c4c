/*
 * The states in which a power cut could leave the files of a recording (recording.h).
 *
 * What was synced is there. Of what was not, any 512-byte sector may be, and any change of a name;
 * for that is all that disks and journals promise.
 */
#pragma once

#include "recording.h"

#include <stdbool.h>
#include <stddef.h>

struct replay;
/* NULL, with a word on standard error, if the log cannot be used. */
struct replay *replay_open(const char *log);
void replay_free(struct replay *r);

/* Go one event on. The event is lent; NULL at the end. */
const struct event *replay_next(struct replay *r, const void **ret_bytes);
/* Whether anything is not durable at this point. */
bool replay_pending(const struct replay *r);

enum replay_choice {
	REPLAY_ALL,     /* as if everything had reached the disk: the prefix */
	REPLAY_DURABLE, /* only what was promised */
	REPLAY_SAMPLE,  /* some of the rest, by the seed */
};
/* Write this state into an empty directory. */
bool replay_write(const struct replay *r, enum replay_choice choice, unsigned *seed,
		  const char *dir);
