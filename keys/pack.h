/*
 * The binary form inside key files: big-endian integers, and bytes with their length before them.
 * Not JSON, so that private keys pass through no parser that leaves copies in freed memory.
 *
 * Reading past the end makes the reader *failed*; everything it then gives is zero, and whoever
 * reads checks once, with unpack_done().                                   Threads: one at a time.
 */
#pragma once

#include "libauth/base/buf.h"

void pack_u32(struct buf *b, uint32_t v);
void pack_u64(struct buf *b, uint64_t v);
void pack_bytes(struct buf *b, struct slice s);

struct unpack {
	struct slice rest;
	bool failed;
};

uint8_t unpack_u8(struct unpack *u);
uint32_t unpack_u32(struct unpack *u);
uint64_t unpack_u64(struct unpack *u);
struct slice unpack_bytes(struct unpack *u, size_t n); /* exactly n, no length before them */
struct slice unpack_counted(struct unpack *u);
/* All was there, and nothing is left over. */
static inline bool unpack_done(const struct unpack *u) { return !u->failed && u->rest.n == 0; }
