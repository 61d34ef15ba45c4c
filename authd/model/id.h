/* Random 128-bit identifiers of subjects, sessions and grants. Binary inside, 32 hex digits outside. */
#pragma once

#include "libauth/base/encode.h"

struct id {
	uint8_t bytes[16];
};

static inline struct slice id_slice(const struct id *id) { return slice_of(id->bytes, 16); }
static inline bool id_equal(struct id a, struct id b) { return memcmp(a.bytes, b.bytes, 16) == 0; }
static inline bool id_is_zero(struct id a) { return id_equal(a, (struct id){ 0 }); }

static inline status id_from(struct slice s, struct id *ret)
{
	if (s.n != 16)
		return ST_INVALID;
	memcpy(ret->bytes, s.p, 16);
	return ST_OK;
}

static inline status id_parse(struct slice hex, struct id *ret)
{
	return hex_decode(hex, ret->bytes, 16);
}

/* p == NULL without memory. */
struct slice id_text(struct arena *a, struct id id);
