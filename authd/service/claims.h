/*
 * Claims about a person (OIDC Core §5.1): by the scopes that were granted (§5.4), and by name, as the
 * `claims` parameter asks for them (§5.5). Nothing by default: `openid` alone gives `sub`, and of all
 * else a client is told what its registration names (claim_rights.h).
 *                                                                        Threads: pure functions.
 */
#pragma once

#include "authd/model/subject.h"
#include "libauth/base/json_writer.h"

/* Those that these scopes ask for; those of these names. Other words are passed by. */
claim_set claims_of_scope(struct slice scope);
claim_set claims_named(struct slice names);
/* The names of a set: words, in the arena; absent for the empty one. ST_NOMEM. */
status claims_names(claim_set set, struct arena *a, struct slice *ret);

/* Write these claims, as far as s has them, as members of the object that w is in. */
void claims_write(struct json_writer *w, const struct subject *s, claim_set set, int64_t now);

/* Names of all claims that can be released, as items of the array that w is in; for discovery. */
void claims_write_names(struct json_writer *w);
