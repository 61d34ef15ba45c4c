/*
 * The optional texts of a natural person that only portals look at (OIDC Core §5.1).
 *                                                                        Threads: pure functions.
 */
#pragma once

#include "authd/service/registration.h"

/* Check those that the row has, and take them. ST_INVALID with the reason in e. */
status registration_profile_take(const struct registration *row, struct subject *s, struct error *e);
/* Lay those of `said` over what is known; true if any of them is new. */
bool registration_profile_merge(struct subject *known, const struct subject *said);
