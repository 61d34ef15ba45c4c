/*
 * The bytes that records are stored as: one small tagged encoding, driven by const tables.
 *
 *	encoding = version (1 byte, CODEC_VERSION) | field ... | 0
 *	field    = tag (1 byte, 1..255) | length (LEB128) | value
 *
 * Tags ascend strictly and integers have one form each, so that equal things have equal bytes. What
 * is zero or absent is not written. A decoder skips tags that it does not know: a later version may
 * add fields, but never use a tag again for something else. The 0 at the end is why no truncated
 * encoding is taken for a whole one.
 *
 *	static const struct codec_field fields[] = {
 *		{ 1, CODEC_ID, offsetof(struct thing, id) },
 *		{ 2, CODEC_ENUM, offsetof(struct thing, kind), .min = 1, .max = 2 },
 *	};
 *	static const struct codec THING = CODEC(struct thing, fields);
 *                                                                        Threads: pure functions.
 */
#pragma once

#include "libauth/base/arena.h"
#include "libauth/base/buf.h"

enum codec_type {
	CODEC_SLICE,  /* struct slice; absent (p == NULL) and empty stay apart */
	CODEC_BOOL,   /* bool */
	CODEC_INT,    /* int; at least .min and at most .max */
	CODEC_ENUM,   /* an enum of 32 bits; the same */
	CODEC_INT64,  /* int64_t */
	CODEC_UINT32, /* uint32_t */
	CODEC_UINT64, /* uint64_t */
	CODEC_ID,     /* struct id */
	CODEC_LIST,   /* struct client_list, at most CLIENT_LIST_MAX items */
};

struct codec_field {
	uint8_t tag;
	uint8_t type; /* of enum codec_type */
	uint16_t offset;
	int16_t min, max; /* of CODEC_INT and CODEC_ENUM, holding for what is left out (0) as well */
};

struct codec {
	const struct codec_field *fields; /* by ascending tag */
	size_t n;
	size_t size; /* of the struct; at most CODEC_SIZE_MAX */
};

enum { CODEC_VERSION = 1, CODEC_SIZE_MAX = 2048 };

#define CODEC(type, table) { (table), sizeof(table) / sizeof((table)[0]), sizeof(type) }

/* Append thing. Returns ST_BUG for a number that its table forbids or a list that is too long, and
 * ST_NOMEM; out may then hold a part. */
status codec_encode(const struct codec *c, const void *thing, struct buf *out);

/*
 * Slices in *ret point into bytes; the items of lists are the arena's, which may be NULL for a table
 * without a list. Returns ST_CORRUPT for what codec_encode(), in this or a later version, does not
 * write, ST_NOMEM, or ST_BUG for a bad table; *ret is then untouched.
 */
status codec_decode(const struct codec *c, struct slice bytes, struct arena *a, void *ret);
