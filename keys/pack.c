#include "keys/pack.h"

#include "libauth/base/big_endian.h"

void pack_u32(struct buf *b, uint32_t v)
{
	uint8_t bytes[4];
	put_u32(bytes, v);
	buf_put(b, slice_of(bytes, sizeof bytes));
}

void pack_u64(struct buf *b, uint64_t v)
{
	uint8_t bytes[8];
	put_u64(bytes, v);
	buf_put(b, slice_of(bytes, sizeof bytes));
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
	struct slice s = unpack_bytes(u, 4);
	return s.p ? get_u32(s.p) : 0;
}

uint64_t unpack_u64(struct unpack *u)
{
	struct slice s = unpack_bytes(u, 8);
	return s.p ? get_u64(s.p) : 0;
}

struct slice unpack_counted(struct unpack *u) { return unpack_bytes(u, unpack_u32(u)); }
