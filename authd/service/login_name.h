/*
 * What people sign in with: a document number or a name that they chose.
 *                                         Threads: all may call; an arena belongs to one at a time.
 */
#pragma once

#include "authd/service/subjects.h"

/*
 * What a person typed into a sign-in form: blanks at both ends do not count; what has a document
 * number's form is looked up as one, with small letters taken as capitals; anything else is a chosen
 * name, in which capitals do not count.
 * Returns ST_NOT_FOUND for everything that leads to nobody, malformed or not.
 */
status subjects_find_login(struct issuer *is, struct slice typed, int64_t now, struct arena *a,
			   struct subject *ret);
/* The one spelling of what leads to the same person, or to nobody: for counting. In the arena. */
status login_spelling(struct slice typed, int64_t now, struct arena *a, struct slice *ret);

/* The form of a chosen name: 3 to 64 bytes of UTF-8 that begin with a letter, without blanks or
 * control characters, that cannot be taken for a document number. ret: capitals folded (ASCII),
 * in the arena. ST_INVALID with the reason in e. */
status login_name_check(struct slice name, struct arena *a, struct slice *ret, struct error *e);
