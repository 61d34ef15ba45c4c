/*
 * Rows of a register into a store that is being built (authd/store/records_bulk.h): a new subject
 * each, by any number of threads.
 *
 * Nothing is looked up. Who comes twice is found when the build is merged: INDEX_IDENTIFIER says
 * that an earlier row has the number, INDEX_LOGIN_NAME that one has the login name.
 *                                             Threads: a part, a pool and an arena belong to one.
 */
#pragma once

#include "authd/service/registration.h"
#include "authd/store/records_bulk.h"
#include "keys/seal.h"

/* said: what registration_check() made of the row. Faults alone. */
status registration_bulk_put(struct keys *k, struct records_bulk_part *p, uint64_t row, int64_t now,
			     const struct subject *said, struct sealer *sealer, struct arena *a);
