#include "libauth/remembered.h"

#include <sodium.h>
#include <stdlib.h>

/* A token may be in any of a few neighbouring places. */
enum { NEIGHBOURS = 4, TOKENS_MAX = 1 << 24 };

bool remembered_init(struct remembered *r, size_t tokens)
{
	if (!tokens)
		return true;
	size_t n = NEIGHBOURS;
	while (n < tokens && n < TOKENS_MAX)
		n *= 2;
	r->places = calloc(n, sizeof *r->places);
	r->n = r->places ? n : 0;
	return r->places;
}

void remembered_done(struct remembered *r) { free(r->places); }

struct remembered_tag remembered_tag(const uint8_t secret[16], struct slice token)
{
	/* SipHash-2-4 with 128 bits: nobody without the secret can aim at another token's tag. */
	_Static_assert(crypto_shorthash_siphashx24_KEYBYTES == 16, "the secret is its key");
	struct remembered_tag tag;
	uint8_t hash[crypto_shorthash_siphashx24_BYTES];
	crypto_shorthash_siphashx24(hash, token.p, token.n, secret);
	memcpy(&tag.high, hash, sizeof tag.high);
	memcpy(&tag.low, hash + sizeof tag.high, sizeof tag.low);
	/* A place never used is zero. */
	tag.high |= 1;
	return tag;
}

static struct remembered_place *first_place(const struct remembered *r, struct remembered_tag tag)
{
	return r->places + (tag.low & (r->n - 1) & ~(uint64_t)(NEIGHBOURS - 1));
}

/* The halves are read one by one: halves of two tokens fit a third only by a chance of 2^-126. */
bool remembered_has(const struct remembered *r, struct remembered_tag tag)
{
	const struct remembered_place *place = first_place(r, tag);
	for (int i = 0; i < NEIGHBOURS; i++)
		if (atomic_load_explicit(&place[i].low, memory_order_relaxed) == tag.low &&
		    atomic_load_explicit(&place[i].high, memory_order_relaxed) == tag.high)
			return true;
	return false;
}

void remembered_put(struct remembered *r, struct remembered_tag tag)
{
	/* Which one goes is as good as random. */
	struct remembered_place *place = first_place(r, tag) + (tag.high >> 32) % NEIGHBOURS;
	atomic_store_explicit(&place->high, tag.high, memory_order_relaxed);
	atomic_store_explicit(&place->low, tag.low, memory_order_relaxed);
}
