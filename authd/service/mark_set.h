/*
 * Marks in memory, for asking many times whether something is among them.   Threads: one at a time.
 */
#pragma once

#include "authd/service/marks.h"

enum { MARK_ID_SHORT = 16 };

/* The id of a mark, cut or hashed to one length: random, or hard to choose, where others choose it. */
struct short_id {
	uint8_t bytes[MARK_ID_SHORT];
};
status mark_short_id(enum mark_kind kind, struct slice id, struct short_id *ret);

struct mark_row;
struct mark_set { /* begins as zeros */
	struct mark_row *rows;
	size_t n, room;
};
void mark_set_done(struct mark_set *s);

status mark_set_put(struct mark_set *s, enum mark_kind kind, struct short_id id, int64_t at_us);
/* Is it there, and does it end what mark_check() would be asked about with since_us? */
bool mark_set_ends(const struct mark_set *s, enum mark_kind kind, const uint8_t id[MARK_ID_SHORT],
		   int64_t since_us);
