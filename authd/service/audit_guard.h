/* What the store is lent for the audit's head: the issuer's secrets.       Threads: all may call. */
#pragma once

#include "authd/store/audit_head.h"
#include "conf/conf.h"
#include "keys/keys.h"

/* For records_options and records_bulk_options; the hash is SM3 where tokens are signed by SM2. The keys are
 * lent, and outlive the store. */
struct audit_guard audit_guard_of(struct keys *k, const struct conf *conf);
