/*
 * Document numbers of natural persons and credit codes of legal persons: format and check digits.
 *                                                                         Threads: pure functions.
 */
#pragma once

#include "libauth/base/arena.h"
#include "libauth/base/status.h"

enum number_type {
	NUMBER_NONE = 0,
	NUMBER_RESIDENT = 1,   /* GB 11643-1999, 18 characters */
	NUMBER_CREDIT = 2,     /* GB 32100-2015 unified social credit code */
	NUMBER_FOREIGN_PR = 3, /* foreign permanent resident, 18 or 15 characters */
	NUMBER_HM_TRAVEL = 4,  /* mainland travel permit, Hong Kong and Macao */
	NUMBER_TW_TRAVEL = 5,  /* mainland travel permit, Taiwan */
	NUMBER_PASSPORT = 6,
	NUMBER_RESIDENCE_PERMIT = 7, /* of Hong Kong, Macao and Taiwan: area 810000, 820000, 830000 */
	NUMBER_TYPE_LAST = NUMBER_RESIDENCE_PERMIT,
};

const char *number_type_name(enum number_type t); /* "resident", "credit", ... */
status number_type_parse(struct slice name, enum number_type *ret);
/*
 * A residence permit's number is laid out as a resident's, and the two are one range: no number is
 * both. So each is looked up as NUMBER_RESIDENT (number_type_range()), and may be given as such; the
 * document itself is told by its number, as number_check() normalised it (number_type_exact()).
 */
enum number_type number_type_range(enum number_type t);
enum number_type number_type_exact(enum number_type t, struct slice normalised);

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

/*
 * What the second line of a passport's machine readable zone says (ICAO 9303-4 §4.2.2, TD3), after
 * each of its check digits was tried: of number, birth date, expiry, personal number, and the whole.
 * They catch every wrong digit, and every swap of two neighbouring digits but those that differ by 5;
 * a letter's value counts modulo 10, so A for K is not seen.
 */
struct number_mrz {
	char number[10];    /* without fillers */
	char birthdate[7];  /* yymmdd; "" where the holder's is not fully known */
	char gender;        /* 'm', 'f', or 0 */
};
/* ST_INVALID with the reason in e, which repeats nothing of the line. */
status number_mrz_check(struct slice line, struct number_mrz *ret, struct error *e);
