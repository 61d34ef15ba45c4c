/*
 * The slots of a status list: what its places stand for, in the order in which they were given out.
 *
 * One file for each list, mapped, so that to note a token costs a copy of some hundred bytes. The file
 * survives the process, and is locked by the one that works with it; a list that was left behind is
 * taken over by whoever opens next. A start of the machine may have lost the last of its pages: then
 * the list is no longer *whole*.                            Threads: one at a time, if not said else.
 */
#pragma once

#include "authd/model/id.h"
#include "authd/service/mark_set.h"

enum { STATUS_PLACES = 1 << 16 };

/* One token: the short ids that marks may name, and when it was issued. Of an exchanged token there is one
 * more for each token that it hangs on, with the same place: any of them ends it; and so is one of a mandate,
 * which stands as the grant, and of whoever acts by it. */
struct slot {
	uint8_t token[MARK_ID_SHORT], grant[MARK_ID_SHORT], session[MARK_ID_SHORT],
		subject[MARK_ID_SHORT], client[MARK_ID_SHORT]; /* zeros: it has none */
	uint64_t epoch;
	int64_t proved_us; /* when the subject was authenticated */
	int32_t issued;  /* seconds since the list was opened */
	uint16_t place;  /* in the list */
	uint16_t filled; /* the rest was written before this */
};
_Static_assert(sizeof(struct slot) == 104, "no padding");

struct slots_times {
	int64_t opened_at;
	int64_t closes_at; /* then another list takes the tokens */
	int64_t ends_at;   /* what was issued last, if all goes wrong, is over */
	int64_t token_s;   /* the life of a token on it */
};

struct slots_file;
struct slots {
	struct id id;
	struct slots_times times; /* immutable */
	bool whole;               /* immutable: nothing can be missing */
	size_t n;                 /* slots that are filled */
	int64_t last_issued_at;
	int fd;
	struct slots_file *file;
};

/* A new list with a random id, in a directory that exists. */
status slots_create(const char *dir, const struct slots_times *times, struct slots **ret);
/*
 * Open the lists in dir that no process works with; each is found()'s to keep. Files that are no
 * lists, or of a list that is over, are removed.
 */
status slots_adopt(const char *dir, int64_t now, void (*found)(void *context, struct slots *s),
		   void *context);
void slots_free(struct slots *s);
DEFINE_AUTO(slots, struct slots *, slots_free)
/* The same, and remove the file. */
void slots_remove(const char *dir, struct slots *s);

/* ST_UNAVAILABLE when it is full. */
status slots_append(struct slots *s, const struct slot *slot);
/* A slot i < n, which does not change any more: any thread may read it. */
const struct slot *slots_at(const struct slots *s, size_t i);
/* Have all its tokens expired, for verifiers whose clocks are late, too? */
bool slots_are_over(const struct slots *s, int64_t now);
