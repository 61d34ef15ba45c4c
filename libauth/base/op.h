/*
 * One operation that may take a while: a cache round trip, a durable write, a password hash, a
 * signature in a hardware module.
 *
 * The submitter sets `done` and calls a submit function. `done` is called exactly once, on any
 * thread, perhaps before the submit function has returned. Nobody touches the operation's memory
 * after that but its owner.
 */
#pragma once

#include "libauth/base/status.h"

struct op {
	void (*done)(struct op *op);
	status status; /* set before done() is called */
};

static inline void op_complete(struct op *op, status s)
{
	op->status = s;
	op->done(op);
}
