/*
 * Inside number*.c: one check for each form of document number. All share this shape: `text` is
 * ASCII without blanks, `out` has room for NUMBER_LENGTH_MAX characters and receives the normalised
 * number, and the answer is its length, or 0 with the reason in e.
 */
#pragma once

#include "authd/model/number.h"

enum { NUMBER_LENGTH_MAX = 20 };

struct number_request {
	struct slice text;
	bool allow_15;
	int64_t today;
	struct error *e;
};

typedef size_t number_form_fn(const struct number_request *r, char *out, struct number_facts *facts);
number_form_fn number_resident, number_residence_permit, number_foreign_pr, number_credit;
number_form_fn number_hm_travel, number_tw_travel, number_passport;

/* 0, with the reason in e. */
size_t number_refuse(const struct number_request *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The ISO 7064 MOD 11-2 check character over 17 digits; of a resident number among others. */
char number_mod_11_2(const char *digits);
/* The check character over the first 17 of a credit code; 0 if one is not in the alphabet. */
char number_credit_check(const char *code);
/* The ICAO 9303-3 §4.9 check digit over 0-9, A-Z and <; 0 for anything else. */
char number_mrz_digit(struct slice field);
/* The GB 11714 check character over the 8 characters of an organisation code. */
char number_organisation_check(const char *code);

static inline bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }
static inline bool is_capital(uint8_t c) { return c >= 'A' && c <= 'Z'; }

static inline bool all_digits(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]))
			return false;
	return true;
}
