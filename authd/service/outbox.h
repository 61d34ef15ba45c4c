/*
 * The outbox: what clients must hear of, until they have (OpenID Connect Back-Channel Logout 1.0).
 *
 * An entry is put into the batch of the change that it tells of, so that neither is without the other,
 * and neither a crash nor a receiver that is down loses it. A thread of each node takes what is due: it
 * moves the entry ahead by a lease, which of several nodes succeeds for one, makes the message anew,
 * and posts it. Who has answered 2xx has heard; 400 says that it never will; anything else is tried
 * again, at growing and random intervals, for a day. Then the entry goes, and the audit says so. A
 * receiver may hear twice (§2.7), when a node is killed between the answer and its note of it.
 *
 * A client that is slow has few deliveries under way, and holds nobody else up.
 *                                                     Threads: struct outbox is internally locked.
 */
#pragma once

#include "authd/model/state.h"
#include "authd/service/issuer.h"

enum {
	OUTBOX_SECOND_US = 1000000,
	OUTBOX_KEEP_S = 24 * 3600, /* tried for so long */
	OUTBOX_LEASE_S = 20,       /* a node that takes an entry has ended its try by then */
	OUTBOX_LONGEST_S = 3600,   /* between two tries */
};

/* Put an entry into a batch. due_us: microseconds since the epoch. */
status outbox_put(struct batch *b, const struct outbox_entry *e, int64_t due_us);

struct outbox;
/* Needs all else of the issuer, which outlives it. */
status outbox_new(struct issuer *is, struct outbox **ret);
/* Ends the thread, once what is being sent is. */
void outbox_free(struct outbox *o);
DEFINE_AUTO(outbox, struct outbox *, outbox_free)

/* A thread that calls outbox_tick() a few times each second, until outbox_free(). */
status outbox_start(struct outbox *o);
/* Note what has been answered, and send what is due. Threads: one at a time. The first fault met. */
status outbox_tick(struct outbox *o, int64_t now_us);
/* What the last tick met. */
status outbox_state(struct outbox *o);

/* How long after its n-th try, from 1, an entry is due again; random, as 64 bits, spreads them. */
int64_t outbox_pause_us(int tries, uint64_t random);
