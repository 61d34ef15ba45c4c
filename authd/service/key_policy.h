/* How long signing keys are announced, sign and stay published. Pure functions of the settings. */
#pragma once

#include "conf/conf.h"
#include "keys/keys.h"

/* For keys_tick() and keys_rotate(): whoever changes the ring does so by the same policy. */
struct key_policy key_policy_of(const struct conf *conf);
