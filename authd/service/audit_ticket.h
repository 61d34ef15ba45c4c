/*
 * Who reads the audit page by page, or watches it, is in the audit once: the answer has a ticket, a MAC
 * over operator and time, and whoever shows it reads on for a quarter of an hour.      Threads: all may call.
 */
#pragma once

#include "authd/service/issuer.h"

/* In the arena. */
status audit_ticket_make(struct issuer *is, int64_t uid, int64_t now, struct arena *a, struct slice *ret);
/* Whether it is this operator's, and not too old; an absent one is not. */
status audit_ticket_check(struct issuer *is, int64_t uid, int64_t now, struct slice ticket, bool *ret);
