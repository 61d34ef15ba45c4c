/*
 * A mandate: the right of a natural person to act for a legal one.
 *
 *	legal_rep   comes from the register, and may give the others
 *	manager     given by the legal_rep; all matters; may give `agent`
 *	agent       given by either; for the matters that are named, or for all
 *
 * Each hangs on the one under which it was given, whose role is higher: so there are no loops.
 *                                                                              Threads: immutable.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/model/id.h"
#include "authd/model/subject.h"

enum mandate_role { MANDATE_LEGAL_REP = 1, MANDATE_MANAGER = 2, MANDATE_AGENT = 3 };
const char *mandate_role_name(enum mandate_role role); /* "legal_rep" */
status mandate_role_parse(struct slice name, enum mandate_role *ret); /* ST_INVALID */

enum mandate_state { MANDATE_OFFERED = 1, MANDATE_ACTIVE = 2, MANDATE_DECLINED = 3, MANDATE_ENDED = 4 };
const char *mandate_state_name(enum mandate_state state); /* "offered" */

struct mandate {
	struct id id;
	struct id legal_id;  /* for whom */
	struct id agent_id;  /* who acts; zero until they accept, and of a legal_rep: the number says who */
	struct id parent_id; /* zero of a legal_rep */
	struct id given_by;  /* a person's id; zero: the register or an operator */
	enum mandate_role role;
	enum mandate_state state;
	enum number_type agent_type;
	struct slice agent_number; /* normalised */
	struct slice agent_name;   /* absent: the register of legal persons says none */
	bool all_matters;
	struct client_list matters; /* named ones; with neither, there is no right */
	int64_t valid_from, valid_until; /* seconds; until 0: as long as the register says so */
	int64_t created_at, decided_at, ended_at;
};

/* Without its id, which the key of the record is. */
status mandate_encode(const struct mandate *m, struct buf *out);
/* Slices point into bytes; the list is the arena's. ST_CORRUPT. */
status mandate_decode(struct slice bytes, struct arena *a, struct mandate *ret);

bool mandate_has_number(const struct mandate *m, enum number_type type, struct slice normalised);
/* Is this the person whom it means: who has accepted it, or has the number and the name? */
bool mandate_is_for(const struct mandate *m, const struct subject *person);
/* Offered or active: neither declined nor ended. */
bool mandate_is_live(const struct mandate *m);
/* Active, and within its time; says nothing of what it hangs on. */
bool mandate_is_valid(const struct mandate *m, int64_t now);
bool mandate_covers(const struct mandate *m, struct slice matter);
/* May whoever has it give one of this role? */
bool mandate_may_give(const struct mandate *m, enum mandate_role role);

/* The name of a matter: 1 to 64 letters, digits and . _ : - */
bool matter_is_name(struct slice matter);

/* The last day of a mandate, YYYY-MM-DD in China's time, and the moment at which it is over. ST_INVALID. */
status mandate_last_day(struct slice date, int64_t *ret_until);
enum { MANDATE_DAY_SIZE = 11 };
void mandate_last_day_text(int64_t until, char ret[MANDATE_DAY_SIZE]); /* empty for 0 */
