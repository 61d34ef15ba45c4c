/* Numbers as bytes, the most significant first, so that their bytes sort as they do. Pure functions. */
#pragma once

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void put_u32(uint8_t p[4], uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof v);
}

static inline uint32_t get_u32(const uint8_t p[4])
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return be32toh(v);
}

static inline void put_u64(uint8_t p[8], uint64_t v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof v);
}

static inline uint64_t get_u64(const uint8_t p[8])
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return be64toh(v);
}
