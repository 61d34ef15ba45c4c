/*
 * Which requests wait for a person's decision (CIBA): a few places in the cache for each, so that
 * nobody is flooded with them.                                          Threads: one at a time.
 */
#pragma once

#include "authd/model/id.h"
#include "authd/service/issuer.h"

enum { INBOX_PLACES = 16, INBOX_SHARE = 8 };

/* Which places a client may fill: INBOX_SHARE of them, so that it never fills all, however many requests it
 * sends at once; of two clients hardly ever the same ones. A set of bits. ST_NOMEM, or a fault. */
status inbox_share(struct slice client_id, unsigned *ret_places);

/* The commands that read the handles in all places; ST_NOMEM. */
status inbox_get(struct id subject_id, struct arena *a, struct cache_command ret[INBOX_PLACES]);
/* Of a place, from its command, once that has run: put a handle there (status ST_EXISTS: somebody was
 * quicker), or clear it. */
struct cache_command inbox_add(const struct cache_command *place, struct slice handle, int64_t expires_in_s);
struct cache_command inbox_clear(const struct cache_command *place);
