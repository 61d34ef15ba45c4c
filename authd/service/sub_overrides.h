/*
 * Which sectors know a subject, and under whose name.
 *
 * A `sub` is a hash over subject and sector (pairwise.h), so nothing is stored for it. But of two
 * records that turn out to be one person, a portal may know the one that went: for its sector an
 * *override* says that the one that stays is called as the other was. Where the portal knows both,
 * the one that stays keeps its own. The one that went has no sessions any more, so two persons never
 * share a name; a split takes the overrides back.
 *
 *	acquaintance: subject id | sector -> since (8)
 *	override:     subject id | sector -> whose name (16) | through which merged subject (16)
 *                                         Threads: all may call; batch and arena: one at a time.
 */
#pragma once

#include "authd/model/id.h"
#include "authd/service/issuer.h"

/* Is this the first time that the sector hears of the subject? Then note it, before it does. */
status acquaintance_is_new(struct issuer *is, struct id subject_id, struct slice sector, struct arena *a,
			   bool *ret);
status acquaintance_put(struct batch *b, struct id subject_id, struct slice sector, int64_t now,
			struct arena *a);

/* Whose name the subject bears in this sector: its own id, but for an override. One look-up, in a
 * table that is as good as empty. */
status sub_bearer(struct issuer *is, struct id subject_id, struct slice sector, struct arena *a,
		  struct id *ret);

/* `from` becomes part of `into`: overrides for the sectors that know `from` and not `into`. */
status sub_overrides_merge(struct issuer *is, struct batch *b, struct id from, struct id into,
			   struct arena *a);
/* `from` is a person of its own again. */
status sub_overrides_split(struct issuer *is, struct batch *b, struct id from, struct id into,
			   struct arena *a);

/* The sectors that know a subject, for its export; "" stands for all clients with public names. */
struct acquaintance {
	struct slice sector;
	int64_t since;
};
status acquaintances_list(struct issuer *is, struct id subject_id, struct arena *a,
			  struct acquaintance **ret, size_t *ret_n);
/* Nothing of the subject stays in either table. */
status acquaintances_forget(struct issuer *is, struct batch *b, struct id subject_id, struct arena *a);
