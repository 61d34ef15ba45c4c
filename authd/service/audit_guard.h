/* What the store is lent for the audit's head: the issuer's secrets.       Threads: all may call. */
#pragma once

#include "authd/store/audit_head.h"
#include "keys/keys.h"

/* For records_options and records_bulk_options; the hash is of the suite that the secrets are of now. The keys
 * are lent, and outlive the store. */
struct audit_guard audit_guard_of(struct keys *k);
