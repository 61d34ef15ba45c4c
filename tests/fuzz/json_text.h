/*
 * Where the values of a JSON text stand, so that one of them can be changed and the rest stays as it
 * is. Nothing is refused: what is no JSON has some values, too. Several texts in a row are read as one.
 *                                                                        Threads: nothing is kept.
 */
#pragma once

#include "libauth/base/slice.h"

/* A value from `start` to `end`; of a member also its name, from `name` on (elsewhere: start). */
struct json_place {
	size_t name, start, end;
};

enum { JSON_PLACES_MAX = 256 };

/* Fills in the first JSON_PLACES_MAX of them, a container before what is in it; returns how many. */
size_t json_places(struct slice text, struct json_place ret[JSON_PLACES_MAX]);

static inline bool json_is_member(const struct json_place *place)
{
	return place->name < place->start;
}
