/*
 * Document numbers of natural persons and credit codes of legal persons: format and check digits.
 *                                                                         Threads: pure functions.
 */
#pragma once

#include "libauth/base/arena.h"
#include "libauth/base/status.h"

enum number_type {
	NUMBER_NONE = 0,
	NUMBER_RESIDENT = 1,   /* GB 11643-1999, 18 characters; residence permits of 81/82/83 too */
	NUMBER_CREDIT = 2,     /* GB 32100-2015 unified social credit code */
	NUMBER_FOREIGN_PR = 3, /* foreign permanent resident, 18 or 15 characters */
	NUMBER_HM_TRAVEL = 4,  /* mainland travel permit, Hong Kong and Macao */
	NUMBER_TW_TRAVEL = 5,  /* mainland travel permit, Taiwan */
	NUMBER_PASSPORT = 6,
};

const char *number_type_name(enum number_type t); /* "resident", "credit", ... */
status number_type_parse(struct slice name, enum number_type *ret);

/* Why an accepted number should be asked about at its register. */
enum number_doubt {
	NUMBER_DOUBT_CHECK = 1,        /* a credit code's check character fails; some were issued so */
	NUMBER_DOUBT_ORGANISATION = 2, /* the check of the organisation code inside it (GB 11714) fails */
	NUMBER_DOUBT_AREA = 4,         /* a resident number's province is in no list of ours */
	NUMBER_DOUBT_BIRTHDATE = 8,    /* a foreign permanent resident's number has no date in it */
};

struct number_facts {
	bool flagged;        /* accepted, to be asked about: there are doubts */
	unsigned doubts;     /* of enum number_doubt */
	char birthdate[11];  /* YYYY-MM-DD where the number says so, else "" */
	char gender;         /* 'm', 'f', or 0 */
};

/*
 * Check `text` as a number of this type; in ret_normalised (the arena's) x is X, a 15-digit
 * resident number is given in its 18-character form when allow_15 is set, and the two digits that
 * count the issues of an HM travel permit are left out. Nothing else is mended: no blanks are
 * trimmed, small letters and full-width digits are refused.
 * today: seconds since the epoch, for dates in the future.
 * Returns ST_INVALID with the reason in e, which never repeats the number; ST_NOMEM.
 */
status number_check(enum number_type t, struct slice text, bool allow_15, int64_t today,
		    struct arena *a, struct slice *ret_normalised, struct number_facts *ret_facts,
		    struct error *e);

/*
 * The type that a sign-in form's text looks like, by its form alone; NUMBER_NONE: a chosen name.
 * So a name that may be chosen is one for which this returns NUMBER_NONE.
 */
enum number_type number_guess(struct slice text);
