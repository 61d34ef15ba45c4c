/*
 * The numbers that lead to a subject beside its own: of documents that were reissued, and of a
 * record that was merged into it. They stay taken: a number never comes to lead to anybody else.
 *
 *	entry = type (1) | whose it was (16 bytes; zero: its own) | length (1) | number
 *                                                                        Threads: pure functions.
 */
#pragma once

#include "authd/model/id.h"
#include "authd/model/number.h"

enum { FORMER_MAX = 16 };

struct former {
	enum number_type type;
	struct slice number;
	struct id from; /* of the subject that was merged; zero for a reissued document */
};

/* The next of a list; `rest` is moved behind it. False at the end. */
bool former_next(struct slice *rest, struct former *ret);
/* Are the two the same number? */
bool number_equal(enum number_type t, struct slice number, enum number_type other_t,
		  struct slice other);
/* A longer list, in the arena. ST_TOO_LARGE where there are FORMER_MAX already; ST_NOMEM. */
status former_add(struct arena *a, struct slice list, const struct former *f, struct slice *ret);
/* The list without what came from a subject. ST_NOMEM. */
status former_without(struct arena *a, struct slice list, struct id from, struct slice *ret);
