/*
 * Strict JSON (RFC 8259, within I-JSON, RFC 7493), read in one pass into a flat list of values.
 *
 *	struct auth_value few[32];
 *	struct json json = JSON_INIT(few, 1024);
 *	TRY(json_read(&json, text, n));
 *	kid = json_text(auth_value_member(json.values, "kid"));
 *	json_done(&json);
 *
 * Refused: a member twice in one object (compared after escapes), bytes that are not UTF-8, lone
 * surrogates, NUL even as \u0000, a byte order mark, anything behind the value, numbers not of the
 * standard's form or longer than 64 characters, nesting deeper than JSON_DEPTH_MAX.
 *
 * Strings are unescaped where they stand and end with a NUL in the place of their closing quote:
 * the text is used up, nothing is copied, and the values live as long as it does.
 *                                                        Threads: one reads; then it is immutable.
 */
#pragma once

#include "libauth/auth.h"
#include "libauth/base/slice.h"
#include "libauth/base/status.h"

enum { JSON_DEPTH_MAX = 16, JSON_MEMBERS_MAX = 256, JSON_NUMBER_MAX = 64 };

/* A value is followed by those in it: the first at value + 1, the one after it at value + span. */
struct auth_value {
	enum auth_type type;
	bool truth;
	uint32_t span;     /* this value and all in it */
	uint32_t count;    /* items or members directly in it */
	struct slice name; /* of a member; ends with a NUL that n does not count */
	struct slice text; /* a string's characters, with a NUL behind, or a number as written */
};

struct json {
	struct auth_value *values; /* the first is the whole */
	size_t n, capacity;
	size_t limit; /* at most this many values */
	bool owned;   /* values come from malloc() */
};

/* A reader that starts with the caller's array, and takes memory only when that is full. */
#define JSON_INIT(array, most)                                                                     \
	{                                                                                          \
		.values = (array), .capacity = sizeof(array) / sizeof((array)[0]), .limit = (most) \
	}

/*
 * Read n bytes; text[n] must be writable too.
 * Returns ST_INVALID, ST_TOO_LARGE (more values than the limit, or more than JSON_MEMBERS_MAX
 * members in an object) or ST_NOMEM.
 */
status json_read(struct json *json, uint8_t *text, size_t n);
void json_done(struct json *json);
#define AUTO_JSON __attribute__((cleanup(json_done)))

/* A string's characters, NO_SLICE for another type and for NULL. */
static inline struct slice json_text(const struct auth_value *value)
{
	return value && value->type == AUTH_TYPE_STRING ? value->text : NO_SLICE;
}
/* The member of that name; NULL where there is none. */
const struct auth_value *json_member(const struct auth_value *object, struct slice name);
