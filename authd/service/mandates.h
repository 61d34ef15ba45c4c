/*
 * Mandates in the records: who acts for whom (authd/model/mandate.h).
 *
 *	record = format | secret version | mandate, sealed for its id
 *
 * A mandate is found under keyed hashes of both persons: of the legal person's id; of the agent's id
 * once they have accepted, and of their number before. So who offers one learns nothing of whether a
 * number is registered: nobody is looked up, the offer waits for whoever has number and name.
 *
 * Ending one ends all that hang on it, in the same batch, with their tokens (MARK_MANDATE). What
 * counts is mandates_use(), which looks at all it hangs on, each time.
 *                              Threads: all may call; a batch and an arena belong to one at a time.
 */
#pragma once

#include "authd/model/mandate.h"
#include "authd/service/issuer.h"

enum {
	MANDATE_MANAGERS_MAX = 5,       /* of one legal person, live ones */
	MANDATES_OF_LEGAL_MAX = 4096,   /* live ones */
	MANDATES_LISTED_MAX = 512,      /* of one agent */
	MANDATE_LIFE_MAX_S = 5 * 366 * 86400,
};

/* ---- reading -------------------------------------------------------------------------------- */

/* ST_NOT_FOUND; ST_CORRUPT where the record does not open. In the arena. */
status mandates_get(struct issuer *is, struct id id, struct arena *a, struct mandate *ret,
		    uint64_t *ret_version);
/* Live ones that this person has or is offered. In the arena. */
status mandates_of_agent(struct issuer *is, const struct subject *agent, struct arena *a,
			 struct mandate **ret, size_t *ret_n);
/* Live ones of this legal person. In the arena. */
status mandates_of_legal(struct issuer *is, struct id legal_id, struct arena *a, struct mandate **ret,
			 size_t *ret_n);

/* May this person act by it now? */
struct mandate_use {
	struct mandate mandate;
	struct subject legal;
	int64_t until; /* its end, or that of what it hangs on; 0: none is set */
};
/* ST_FORBIDDEN: no: not theirs, not active, outside its time; the legal person, the agent, or whoever
 * gave it, or what it hangs on, is not active any more. ST_NOT_FOUND: there is no such mandate. */
status mandates_use(struct issuer *is, struct id id, const struct subject *agent, int64_t now,
		    struct arena *a, struct mandate_use *ret);
/* All that this person may use now. In the arena. */
status mandates_usable(struct issuer *is, const struct subject *agent, int64_t now, struct arena *a,
		       struct mandate_use **ret, size_t *ret_n);

/* ---- changing ------------------------------------------------------------------------------- */

/*
 * Offer m (role, agent_type, agent_number, agent_name, matters, valid_from, valid_until, given_by)
 * under `parent`, which is valid. The number is checked and normalised here. Fills in the rest of m.
 * ST_INVALID with the reason in e; it never says whether anybody has that number. The commit answers
 * ST_CONFLICT where the parent, or what it has given, has changed meanwhile.
 */
status mandates_offer(struct issuer *is, struct batch *b, int64_t now, struct id parent,
		      struct mandate *m, struct arena *a, struct error *e);
/* The agent takes an offer, or does not. ST_FORBIDDEN: it is not offered to this person. */
status mandates_accept(struct issuer *is, struct batch *b, int64_t now, const struct subject *agent,
		       struct id id, struct arena *a);
status mandates_decline(struct issuer *is, struct batch *b, int64_t now, const struct subject *agent,
			struct id id, struct arena *a);
/* End it, and all below. ST_NOT_FOUND also where it is not live any more. */
status mandates_end(struct issuer *is, struct batch *b, int64_t now, struct id id, struct arena *a,
		    size_t *ret_n);
/* May this person end it: its agent, or whoever has what it hangs on? A legal_rep's ends at the register. */
status mandates_may_end(struct issuer *is, const struct mandate *m, const struct subject *person,
			struct arena *a, bool *ret);

/* ---- what the register says (mandates_register.c) --------------------------------------------- */

/*
 * Follow a row: a legal person's representative has a mandate from now on, and a former one has none;
 * of a person who was deregistered or merged into another, legal or natural, all end. fresh: nobody knew of it before.
 */
status mandates_follow(struct issuer *is, struct batch *b, int64_t now, const struct subject *s, bool fresh,
		       struct arena *a);
/* The document that a number without a type is of; sets agent_type and agent_number. ST_NOT_FOUND. */
status mandate_read_number(struct slice text, int64_t now, struct arena *a, struct mandate *m);
/* Put one that is complete; sets its id and created_at. */
status mandates_add(struct issuer *is, struct batch *b, int64_t now, struct mandate *m, struct arena *a);
/* The mandate of a legal person's representative. ST_NOT_FOUND: the register names none. */
status mandate_of_representative(const struct subject *legal, int64_t now, struct arena *a,
				 struct mandate *ret);

/* ---- bytes and keys, also for who fills a store in bulk (mandate_record.c) -------------------- */

status mandate_record_seal(struct keys *k, const struct mandate *m, struct arena *a, struct slice *ret);
status mandate_record_open(struct keys *k, struct id id, struct slice record, struct arena *a,
			   struct mandate *ret);

enum { MANDATE_LINKS_MAX = 24 };
struct mandate_links {
	struct slice keys[MANDATE_LINKS_MAX];
	size_t n;
};
/* The index keys that lead to it, in the arena: under every live version of the key. */
status mandate_links_of(struct keys *k, const struct mandate *m, struct arena *a,
			struct mandate_links *ret);

/* Put it anew under the current version of each secret, if anything of it stands under older ones alone. */
status mandates_renew(struct issuer *is, struct batch *b, struct id id, struct arena *a, bool *ret_written);
