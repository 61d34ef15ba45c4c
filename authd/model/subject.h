/*
 * Subjects: natural and legal persons, as the authoritative registers give them.
 * Plain structs; every string is UTF-8 and lives wherever the maker put it.   Threads: immutable.
 */
#pragma once

#include "authd/model/id.h"
#include "authd/model/number.h"

enum subject_kind { SUBJECT_NATURAL = 1, SUBJECT_LEGAL = 2 };
enum subject_state { SUBJECT_ACTIVE = 1, SUBJECT_SUSPENDED = 2, SUBJECT_DEREGISTERED = 3,
		     SUBJECT_MERGED = 4 /* into another, which its numbers lead to */ };

/* Levels of assurance, urn:authd:acr:rn2 to rn5; 0 where nothing was established. */
enum { LEVEL_MIN = 2, LEVEL_MAX = 5 };

/* Some of the claims about a subject: a bit for each row of the table in service/claims.c. */
typedef uint64_t claim_set;

struct subject {
	struct id id;
	enum subject_kind kind;
	enum subject_state state;
	enum number_type number_type;
	struct slice number;     /* normalised document number or unified social credit code */
	struct slice name;
	struct slice login_name; /* chosen by the person; may be absent */
	struct slice phone_number, email; /* may be absent */
	bool phone_number_verified, email_verified;
	struct slice birthdate; /* YYYY-MM-DD; natural persons */
	struct slice gender;    /* "male" | "female" | absent */
	struct slice address;   /* may be absent */
	/* All that follows may be absent: what portals may show (OIDC Core §5.1). */
	struct slice family_name, given_name, middle_name, nickname;
	struct slice profile, picture, website; /* addresses of pages */
	struct slice zoneinfo, locale;          /* "Asia/Shanghai", "zh-CN" */
	struct slice representative_name, representative_number; /* legal persons; may be absent */
	bool number_flagged; /* the check digit fails: the registry has to be asked */
	int level;           /* identity assurance, LEVEL_MIN..LEVEL_MAX */
	int64_t created_at, updated_at;
	struct slice former;             /* numbers that lead here, too: former.h; may be absent */
	struct id merged_into;           /* SUBJECT_MERGED: the one that stays */
	enum subject_state merged_state; /* SUBJECT_MERGED: what it was before */
};

/* To and from the bytes that are sealed. Decoded slices point into `bytes`, which must live on.
 * Decode returns ST_CORRUPT for what no version of the encoder wrote. */
status subject_encode(const struct subject *s, struct buf *out);
status subject_decode(struct slice bytes, struct subject *ret);
