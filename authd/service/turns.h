/*
 * Turns: of what is done for one name, so much goes on at a time; more waits, in order, and holds no thread.
 * So a server that answers slowly holds few of the threads that requests to all servers share.
 *
 *	if (turn_take(turns, host, &mine->turn) == TURN_NOW)
 *		begin(mine);
 *	...
 *	struct turn *next = turn_end(turns, &mine->turn);      // once it has ended
 *	if (next)
 *		begin(CONTAINER_OF(next, struct mine, turn));
 *
 * A struct turn stays where it is from turn_take() to turn_end().       Threads: internally locked.
 */
#pragma once

#include "libauth/base/mem.h"
#include "libauth/base/slice.h"
#include "libauth/base/status.h"

struct turns;
struct turn {
	struct turn_name *of;
	struct turn *next;
};

/* For each name: at_once at a time, and so many that wait. ST_NOMEM. */
status turns_new(size_t at_once, size_t waiting, struct turns **ret);
void turns_free(struct turns *t); /* when every turn has ended */
DEFINE_AUTO(turns, struct turns *, turns_free)

/* TURN_NEVER: too many wait already, or there is no memory; then there is no turn to be ended. */
enum turn_answer { TURN_NOW, TURN_LATER, TURN_NEVER };
enum turn_answer turn_take(struct turns *t, struct slice name, struct turn *turn);
/* Whose turn it is now, or NULL. */
struct turn *turn_end(struct turns *t, struct turn *turn);
