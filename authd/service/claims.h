/*
 * Claims about a person (OIDC Core §5.1), by the scopes that were granted (§5.4). Nothing by
 * default: `openid` alone gives `sub`.                                  Threads: pure functions.
 */
#pragma once

#include "authd/model/subject.h"
#include "libauth/base/json_writer.h"

/* Write the claims that these scopes release as members of the object that w is in. */
void claims_write(struct json_writer *w, const struct subject *s, struct slice scope);
/* Do these scopes release anything beyond `sub`? Such a release goes into the ledger. */
bool claims_any(struct slice scope);

/* Names of all claims that can be released, separated by spaces; for discovery. */
extern const char CLAIMS_SUPPORTED[];
