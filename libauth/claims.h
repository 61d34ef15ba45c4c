/* The claims of a token whose signature holds. See auth.h for the public part. */
#pragma once

#include "libauth/json.h"
#include "libauth/jws.h"

enum { CLAIMS_VALUES_FEW = 48, CLAIMS_VALUES_MAX = 2048 };

/* The claims that the rules look at, so that each is looked up once. */
enum claim {
	CLAIM_ISS, CLAIM_SUB, CLAIM_AUD, CLAIM_EXP, CLAIM_NBF, CLAIM_IAT, CLAIM_JTI, CLAIM_AZP,
	CLAIM_ACR, CLAIM_SID, CLAIM_SCOPE, CLAIM_NONCE, CLAIM_EVENTS, CLAIM_CLIENT_ID,
	CLAIM_AUTH_TIME, CLAIM_STATUS, CLAIM_CNF, CLAIM_COUNT,
};

struct auth_claims {
	const struct algorithm *algorithm;
	const char *kid;  /* NULL: the header has none */
	bool status_checked;
	char jkt[44];     /* of a DPoP proof: the thumbprint of its key; else empty */
	struct json json; /* values[0] is the object of all claims */
	unsigned present; /* bit i: known[i] is there */
	const struct auth_value *known[CLAIM_COUNT]; /* NULL: not there */
	struct auth_value few[CLAIMS_VALUES_FEW];
	uint8_t text[AUTH_TOKEN_MAX]; /* the payload, which the values stand in, and the kid */
};

/*
 * Read what a token of at most AUTH_TOKEN_MAX bytes says; it replaces what the claims held.
 * Returns AUTH_OK, AUTH_MALFORMED, AUTH_TOO_LARGE or AUTH_NOMEM.
 */
enum auth_status claims_read(struct auth_claims *c, const struct jws *jws);
/* As new: there is no claim in them. */
void claims_clear(struct auth_claims *c);

static inline const struct auth_value *claims_get(const struct auth_claims *c, enum claim claim)
{
	return c->known[claim];
}
/* Of any name. */
static inline const struct auth_value *claims_find(const struct auth_claims *c, struct slice name)
{
	return json_member(c->json.values, name);
}

/*
 * A NumericDate (RFC 7519 §2): seconds, a fraction is cut off; not negative, no exponent, at most 53
 * bits. Returns AUTH_OK, AUTH_NO_CLAIM, or AUTH_BAD_CLAIM for anything else.
 */
enum auth_status claims_time(const struct auth_claims *c, enum claim claim, int64_t *ret);

/* Whether `aud` is a string or an array of strings with at least one (RFC 7519 §4.1.3). */
bool claims_aud_is_valid(const struct auth_claims *c);
bool claims_has_aud(const struct auth_claims *c, struct slice audience);
