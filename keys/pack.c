#include "keys/pack.h"

#include <endian.h>

void pack_u32(struct buf *b, uint32_t v)
{
	v = htobe32(v);
	buf_put(b, slice_of(&v, sizeof v));
}

void pack_u64(struct buf *b, uint64_t v)
{
	v = htobe64(v);
	buf_put(b, slice_of(&v, sizeof v));
}

void pack_bytes(struct buf *b, struct slice s)
{
	if (s.n > UINT32_MAX) {
		b->failed = true;
		return;
	}
	pack_u32(b, (uint32_t)s.n);
	buf_put(b, s);
}

struct slice unpack_bytes(struct unpack *u, size_t n)
{
	if (u->failed || n > u->rest.n) {
		u->failed = true;
		return NO_SLICE;
	}
	struct slice s = slice_first(u->rest, n);
	u->rest = slice_from(u->rest, n);
	return s;
}

uint8_t unpack_u8(struct unpack *u)
{
	struct slice s = unpack_bytes(u, 1);
	return s.p ? s.p[0] : 0;
}

uint32_t unpack_u32(struct unpack *u)
{
	uint32_t v = 0;
	struct slice s = unpack_bytes(u, sizeof v);
	if (s.p)
		memcpy(&v, s.p, sizeof v);
	return be32toh(v);
}

uint64_t unpack_u64(struct unpack *u)
{
	uint64_t v = 0;
	struct slice s = unpack_bytes(u, sizeof v);
	if (s.p)
		memcpy(&v, s.p, sizeof v);
	return be64toh(v);
}

struct slice unpack_counted(struct unpack *u) { return unpack_bytes(u, unpack_u32(u)); }
