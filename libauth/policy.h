/*
 * What a verifier insists on: auth_options, checked and copied, and its verdicts.
 * Threads: immutable.
 */
#pragma once

#include "libauth/base/arena.h"
#include "libauth/claims.h"

struct names {
	struct slice *items;
	size_t n;
};

struct kind_rules;

struct policy {
	struct arena arena; /* owns all text */
	const struct kind_rules *rules;
	unsigned flags, algorithms; /* bits by row of ALGORITHMS */
	struct slice issuer, authorized_party; /* NO_SLICE: not asked for */
	struct names audiences, types, scopes, claims, ladder;
	size_t min_level; /* index into the ladder */
	bool has_min_level;
	int64_t max_age_s, max_token_age_s, max_lifetime_s, leeway_s, max_list_age_s;
};

/* Returns ST_INVALID with a message, or ST_NOMEM; then policy_done() is still due. */
status policy_init(struct policy *p, const struct auth_options *options, struct error *e);
void policy_done(struct policy *p);

/* Whether a header's `typ` is accepted (NO_SLICE: it has none). */
bool policy_accepts_type(const struct policy *p, struct slice type);

/* The verdict on the claims: AUTH_OK, or AUTH_EXPIRED to AUTH_LIVES_TOO_LONG. */
enum auth_status policy_check(const struct policy *p, const struct auth_claims *claims,
			      int64_t now);
