/*
 * Claims about a person (OIDC Core §5.1): by the scopes that were granted (§5.4), and by name, as the
 * `claims` parameter asks for them (§5.5). Nothing by default: `openid` alone gives `sub`.
 *                                                                        Threads: pure functions.
 */
#pragma once

#include "authd/model/subject.h"
#include "libauth/base/json_writer.h"

/* What may be told: the claims of these scopes, and these by name; words separated by spaces. */
struct claims_release {
	struct slice scope, names;
};

/* Write what may be told of s as members of the object that w is in. */
void claims_write(struct json_writer *w, const struct subject *s, struct claims_release release);
/* Is that anything beyond `sub`? Such a release goes into the ledger. */
bool claims_any(struct claims_release release);

/* The scope that a claim belongs to; NULL for a name that is no claim about a person. */
const char *claims_scope_of(struct slice name);
/* Names of all claims that can be released, as items of the array that w is in; for discovery. */
void claims_write_names(struct json_writer *w);
