/*
 * What a client asks for, or may get, as a page shows it: scopes and claims, each in plain words.
 *                                                                        Threads: pure functions.
 */
#pragma once

#include "authd/page/template.h"

/* Copies of what a page was given: they are used up as it is written. */
struct asked {
	struct slice scope, claims; /* words */
};
void asked_set(struct value *values, struct asked *a);
