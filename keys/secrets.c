#include "keys/secrets.h"

#include "keys/pack.h"
#include "keys/seal.h"

/* The suite stands beside the use, in the same byte: a file of before there were two has no such bit. */
enum { ENTRIES_MAX = 4096, SM_BIT = 0x80 };
_Static_assert((int)SECRET_USE_COUNT <= (int)SM_BIT, "a bit is free");

status secrets_generate(enum suite suite, struct arena *a, int64_t now, struct secret_set *ret)
{
	struct secret_entry *entries = arena_array(a, struct secret_entry, SECRET_USE_COUNT);
	if (!entries)
		return ST_NOMEM;
	for (size_t i = 0; i < SECRET_USE_COUNT; i++) {
		entries[i].use = (enum secret_use)i;
		entries[i].version = 1;
		entries[i].created_at = now;
		entries[i].secret.suite = suite;
		TRY(random_bytes(entries[i].secret.bytes, SECRET_SIZE));
	}
	*ret = (struct secret_set){ entries, SECRET_USE_COUNT };
	return ST_OK;
}

status secrets_encode(const struct secret_set *set, struct buf *b)
{
	pack_u32(b, (uint32_t)set->n);
	for (size_t i = 0; i < set->n; i++) {
		const struct secret_entry *s = &set->entries[i];
		buf_put_byte(b, (uint8_t)(s->use | (s->secret.suite == SUITE_SM ? SM_BIT : 0)));
		pack_u32(b, s->version);
		pack_u64(b, (uint64_t)s->created_at);
		buf_put(b, secret_slice(&s->secret));
	}
	return buf_status(b);
}

/* The order that makes a set whole: no use left out, versions from the newest down. */
static bool may_follow(const struct secret_entry *before, const struct secret_entry *s)
{
	if (s->version == 0 || (unsigned)s->use >= SECRET_USE_COUNT)
		return false;
	if (!before)
		return s->use == 0;
	if (s->use == before->use)
		return s->version < before->version;
	return s->use == before->use + 1;
}

status secrets_decode(struct slice bytes, struct arena *a, struct secret_set *ret)
{
	struct unpack u = { .rest = bytes };
	size_t n = unpack_u32(&u);
	if (u.failed || n < SECRET_USE_COUNT || n > ENTRIES_MAX)
		return ST_CORRUPT;
	struct secret_entry *entries = arena_array(a, struct secret_entry, n);
	if (!entries)
		return ST_NOMEM;
	for (size_t i = 0; i < n; i++) {
		struct secret_entry *s = &entries[i];
		uint8_t use = unpack_u8(&u);
		s->use = (enum secret_use)(use & ~SM_BIT);
		s->secret.suite = use & SM_BIT ? SUITE_SM : SUITE_INTERNATIONAL;
		s->version = unpack_u32(&u);
		s->created_at = (int64_t)unpack_u64(&u);
		struct slice secret = unpack_bytes(&u, SECRET_SIZE);
		if (!secret.p || !may_follow(i ? s - 1 : NULL, s))
			return ST_CORRUPT;
		memcpy(s->secret.bytes, secret.p, SECRET_SIZE);
	}
	if (!unpack_done(&u) || entries[n - 1].use != SECRET_USE_COUNT - 1)
		return ST_CORRUPT;
	*ret = (struct secret_set){ entries, n };
	return ST_OK;
}

const struct secret_entry *secrets_find(const struct secret_set *set, enum secret_use use,
					uint32_t version)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct secret_entry *s = &set->entries[i];
		if (s->use == use && (version == 0 || s->version == version))
			return s;
	}
	return NULL;
}
