/*
 * One thread that turns the batches of many callers into few commits. While one commit waits for
 * the disk, the next group gathers; so nobody waits on purpose, and one fsync serves many.
 *                                       Threads: struct committer is internally locked.
 */
#pragma once

#include "authd/store/records_backend.h"

struct committer;
status committer_new(struct records_backend *backend, struct committer **ret);
/* Waits until every submitted batch is done. */
void committer_free(struct committer *c);
DEFINE_AUTO(committer, struct committer *, committer_free)

/* b is sealed. b->op is completed with the batch's result, on the committer's thread. */
void committer_submit(struct committer *c, struct batch *b);
