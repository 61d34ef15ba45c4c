/*
 * Levels of assurance, on the three axes of GB/T 40651-2021 §8.2 to §8.4: how far the record is known to
 * be of this person (identity), what was shown in this session (authenticator), and how the session came
 * here (federation). What each `acr` needs on each axis is the ladder of the settings (group `levels`).
 * A level is computed where it is asked for and stored nowhere, so that a ladder that changes, or a
 * record that does, counts at once.                                      Threads: pure functions.
 */
#pragma once

#include "authd/model/subject.h"
#include "conf/conf.h"
#include "libauth/base/buf.h"

/* The federation axis: authenticated by this issuer itself. */
enum { FEDERATION_HERE = 3 };

/* The words of `amr` (RFC 8176 §2). */
enum factor {
	FACTOR_PWD,  /* a password */
	FACTOR_OTP,  /* a one-time password, or a recovery code, which is one */
	FACTOR_FACE, /* face recognition */
	FACTOR_HWK,  /* a key in hardware that was attested */
	FACTOR_POP,  /* a key of any kind: a passkey */
	FACTOR_COUNT,
};

/* When each factor was shown last, in microseconds since the epoch; 0: never. */
struct factors {
	int64_t shown_us[FACTOR_COUNT];
};

/* The authenticator axis: what was shown at since_us or later comes to. 0: nothing; 1: one factor; 2: two
 * of different kinds (know, have, are); 3: two, one of them cryptographic. */
int factors_strength(const struct factors *f, int64_t since_us);
/* The latest time since which that strength was shown; 0: it was not. */
int64_t factors_proved_us(const struct factors *f, int strength);
/* When any of them was shown last. */
int64_t factors_latest_us(const struct factors *f);
/* Append the words of what was shown at since_us or later, separated by spaces: `mfa` among them where
 * these are of two kinds (RFC 8176 §2). */
void factors_amr(const struct factors *f, int64_t since_us, struct buf *out);

/* What is to be said of somebody on all axes. */
struct assurance {
	int identity; /* of the record, LEVEL_MIN..LEVEL_MAX, or 0 */
	struct factors factors;
	int federation;    /* 1 to 3 */
	int64_t since_us;  /* no factor counts that was shown before; and where several are */
	int64_t several_us; /* needed, none that was shown before this */
};

/* What the authenticator axis of a level asks for counts from here. */
int64_t assurance_since_us(const struct conf *conf, const struct assurance *a, int level);
/* Are all axes of the level reached? */
bool assurance_reaches(const struct conf *conf, const struct assurance *a, int level);
/* The highest level that is reached; 0: none. */
int assurance_level(const struct conf *conf, const struct assurance *a);
/* The highest level up to `level` that a record of this identity may have. */
int assurance_cap(const struct conf *conf, int identity, int level);

/* What has to be asked of somebody who has enrolled these factors, so that the level is reached. */
enum proof {
	PROOF_ENOUGH,       /* nothing: it is */
	PROOF_PASSWORD,
	PROOF_OTP,
	PROOF_OUT_OF_REACH, /* nothing that could be asked here would do */
};
enum proof assurance_missing(const struct conf *conf, const struct assurance *a, unsigned enrolled, int level);
