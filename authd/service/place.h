/*
 * The associated data of what is sealed in the records: what it is, whose, and under which version.
 * Bytes that were moved to another place do not open.                    Threads: pure functions.
 */
#pragma once

#include "authd/model/id.h"
#include "libauth/base/big_endian.h"

struct place {
	char what[16];
	uint8_t id[16];
	uint8_t version[4]; /* big-endian */
};

/* what: at most 16 bytes, different for each kind of sealed value. */
static inline struct place place_of(const char *what, struct id id, uint32_t version)
{
	struct place p = { 0 };
	memcpy(p.what, what, strnlen(what, sizeof p.what));
	memcpy(p.id, id.bytes, sizeof p.id);
	put_u32(p.version, version);
	return p;
}

static inline struct slice place_slice(const struct place *p) { return slice_of(p, sizeof *p); }
