/*
 * In whose name: a client that takes legal persons is answered for whoever signed in, or for a legal
 * person for whom they may act. They choose on a page; the session remembers it, client by client.
 *                                                                       Threads: one at a time.
 */
#pragma once

#include "authd/service/mandates.h"

struct request;
struct interaction;

struct acting {
	struct mandate_use *uses; /* by which the person of the session may act here */
	size_t n;
	bool own;    /* or in their own name */
	bool chosen; /* on a page: mandate_id */
	struct id mandate_id; /* zero: in their own name */
	bool settled;
	const struct mandate_use *use; /* settled on; NULL: in their own name */
};

/* Find out in whose names the person may come; nobody else's without a session. */
status acting_load(struct request *r, struct interaction *i);
/* Leave those whom the client knows by this `sub`. False in *ret_any: nobody is left. */
status acting_narrow(struct request *r, struct interaction *i, struct slice sub, bool *ret_any);
/* Settle on one: the one who was chosen; the only one; or the one of last time, unless the client wants
 * the person to be asked (prompt=select_account). */
status acting_settle(struct interaction *i);
