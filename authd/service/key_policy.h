/* Which signing keys there are; how long they are announced, sign and stay published. Pure functions
 * of the settings. */
#pragma once

#include "conf/conf.h"
#include "keys/keys.h"

/* For keys_tick() and keys_rotate(): whoever changes the ring does so by the same policy. */
struct key_policy key_policy_of(const struct conf *conf);

/* The set of keys.algorithms: whatever is signed is signed with one of them. */
unsigned key_algorithms_of(const struct conf *conf);
/* Of access tokens and status lists. */
enum key_algorithm token_algorithm_of(const struct conf *conf);
