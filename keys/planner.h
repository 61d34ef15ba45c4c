/*
 * What is to be done with the keys now: a pure function of the ring, the policy and the time.
 *
 * For each algorithm, keys form a chain: one active, then those announced, in the order in which
 * they will sign. A key is announced early enough that each has been in the JWKS for announce_s
 * when it begins to sign; with announce_s longer than active_s several are announced at once.
 * The active key signs on until its successor may: there is never a moment without one. Keys of an
 * algorithm that the policy no longer has retire.
 *                                                                          Threads: all may call.
 */
#pragma once

#include "keys/ring.h"

enum plan_step { PLAN_RETIRE, PLAN_ACTIVATE, PLAN_DROP, PLAN_ANNOUNCE };

struct plan_action {
	enum plan_step step;
	enum key_algorithm algorithm;
	size_t key;           /* its place in the ring; not for PLAN_ANNOUNCE */
	int64_t activates_at; /* of the key to announce */
};

struct plan {
	struct plan_action *actions; /* in the order in which they are to be done */
	size_t n;
};

enum { PLAN_CLOCK_SLACK_S = 60 }; /* a clock that is set back by less is no alarm */

/* ST_INVALID with a message, unless the policy can be kept. */
status plan_check_policy(const struct key_policy *policy, struct error *e);
/* ST_CONFLICT with a message if the clock went back, or forward by more than active_s. */
status plan_check_clock(const struct ring *r, const struct key_policy *policy, int64_t now,
			struct error *e);

/* The actions are in the arena. Returns what the two checks do. */
status plan_make(const struct ring *r, const struct key_policy *policy, int64_t now,
		 struct arena *a, struct plan *ret, struct error *e);

/* When the last key that is announced or active stops to sign, of the algorithm where that is soonest. */
int64_t plan_covered_until(const struct ring *r, const struct key_policy *policy);

/* Do one action. PLAN_ANNOUNCE needs a new pair, and room in the ring; others ignore `pair`. */
status plan_apply(struct ring *r, const struct plan_action *action, const struct keypair *pair,
		  const struct key_policy *policy, int64_t now);

/* After a clock was put right: what seems to have happened later than now has happened now. */
void plan_rebase(struct ring *r, int64_t now);
