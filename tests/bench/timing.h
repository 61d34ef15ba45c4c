/*
 * Does the time of a comparison tell how much of a guess was right? Each subject is a function of authd that is given
 * guesses at a secret: right but for the last byte that counts, or wrong from the first one on. tests/bench/timing.
 */
#pragma once

#include "tests/unit/service/fixture.h"

struct subject_of_time {
	const char *name;
	struct slice *rights; /* secrets of the same size, one or many */
	size_t rights_n;
	size_t first, last; /* which of its bytes is wrong in a guess of one kind, and of the other */
	const char *letters; /* of which a wrong one is taken; NULL: any byte */
	/* To be timed. The guess is never right. */
	void (*work)(struct fixture *f, const struct subject_of_time *s, struct slice guess, struct arena *a);
	struct slice stored; /* what the work needs besides */
};

enum { SUBJECTS_MAX = 12 };
/* Those of authd, each with its secrets made; how many. Ends the program if that cannot be done. */
size_t timing_subjects(struct fixture *f, struct subject_of_time *ret);
/* Of which the last one alone does not tell. */
size_t timing_self_check(struct fixture *f, struct subject_of_time *ret);
