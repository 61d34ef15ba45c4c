/* The kinds of token, each a row: see enum auth_kind. Threads: const data. */
#pragma once

#include "libauth/claims.h"

struct kind_rules {
	const char *types[4];    /* accepted `typ`, ends with NULL; "" is its absence */
	unsigned required;       /* bits by enum claim, besides iss and aud, which the options ask for */
	unsigned forbidden;      /* those that may not be there */
	bool may_last;           /* it need have no `exp` */
	/* What a list of names cannot say; NULL: nothing. AUTH_OK, AUTH_MISSING_CLAIM, AUTH_BAD_CLAIM */
	enum auth_status (*check)(const struct auth_claims *claims);
};

/* NULL for a value that is no kind. */
const struct kind_rules *kind_find(enum auth_kind kind);
