/*
 * Signed input, for parsers that stand behind a signature.
 *
 * Input that begins with '{' is lines of JSON, a header and a payload in turn. Each pair becomes a
 * token, one a line, signed by the key that the header names: kid "a" or "b", else "a". Other input
 * is taken as it is. The keys, and so the tokens, are the same in each run.
 *                                                                        Threads: nothing is kept.
 */
#pragma once

#include "libauth/auth.h"
#include "libauth/base/buf.h"

enum { SIGNED_NOW = 1700000100 };

void signed_input(struct slice data, struct buf *ret);

/* Whether key "a" or "b" has signed all before the last dot. Told without the code under test. */
bool signed_holds(struct slice token);

/* A set of one key, "a" or "b"; the caller frees it. */
struct auth_keyset *signed_keys(char kid);
