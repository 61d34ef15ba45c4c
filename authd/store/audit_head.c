#include "authd/store/audit_head.h"

#include "libauth/base/big_endian.h"

enum { END_SIZE = 8 + 1 + 32, SIGNED = 2 * END_SIZE, MAC_AT = SIGNED + 4 };

static void put_end(uint8_t p[END_SIZE], const struct audit_chain *end)
{
	put_u64(p, end->seq);
	p[8] = (uint8_t)end->digest.hash;
	memcpy(p + 9, end->digest.bytes, sizeof end->digest.bytes);
}

static bool get_end(const uint8_t p[END_SIZE], struct audit_chain *ret)
{
	ret->seq = get_u64(p);
	ret->digest.hash = p[8];
	memcpy(ret->digest.bytes, p + 9, sizeof ret->digest.bytes);
	return p[8] < AUDIT_HASH_COUNT;
}

status audit_head_write(const struct audit_guard *g, const struct audit_head *head,
			uint8_t ret[AUDIT_HEAD_SIZE])
{
	uint8_t bytes[AUDIT_HEAD_SIZE];
	uint32_t version = 0;
	put_end(bytes, &head->last);
	put_end(bytes + END_SIZE, &head->pruned);
	TRY(g->mac(g->context, &version, slice_of(bytes, SIGNED), bytes + MAC_AT));
	put_u32(bytes + SIGNED, version);
	memcpy(ret, bytes, sizeof bytes);
	return ST_OK;
}

status audit_head_read(const struct audit_guard *g, struct slice stored, struct audit_head *ret)
{
	struct audit_head head;
	uint8_t mac[32];
	if (stored.n != AUDIT_HEAD_SIZE || !get_end(stored.p, &head.last) ||
	    !get_end(stored.p + END_SIZE, &head.pruned))
		return ST_INVALID;
	uint32_t version = get_u32(stored.p + SIGNED);
	if (!version)
		return ST_INVALID;
	status s = g->mac(g->context, &version, slice_first(stored, SIGNED), mac);
	if (s == ST_NOT_FOUND)
		return ST_INVALID;
	TRY(s);
	if (!slice_equal_secret(slice_of(mac, sizeof mac), slice_from(stored, MAC_AT)))
		return ST_INVALID;
	*ret = head;
	return ST_OK;
}
