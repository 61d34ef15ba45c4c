#include "authd/service/audit_ticket.h"

#include "keys/seal.h"
#include "libauth/base/big_endian.h"
#include "libauth/base/encode.h"

enum { LIFE_S = 900, TIME_SIZE = 8, TICKET_SIZE = TIME_SIZE + MAC_SIZE };

/* By the newest secret alone: a rotation costs one entry more. */
static status sign(struct issuer *is, int64_t uid, const uint8_t time[TIME_SIZE], uint8_t ret[MAC_SIZE])
{
	AUTO_SECRET struct secret secret, key;
	uint32_t version;
	uint8_t who[8];
	put_u64(who, (uint64_t)uid);
	const struct slice parts[] = { slice_of(who, sizeof who), slice_of(time, TIME_SIZE) };
	TRY(keys_secret(is->keys, SECRET_SESSION, 0, &secret, &version));
	TRY(derive(&secret, "audit-ticket", &key));
	return mac(&key, parts, COUNT_OF(parts), ret);
}

status audit_ticket_make(struct issuer *is, int64_t uid, int64_t now, struct arena *a, struct slice *ret)
{
	uint8_t ticket[TICKET_SIZE];
	put_u64(ticket, (uint64_t)now);
	TRY(sign(is, uid, ticket, ticket + TIME_SIZE));
	*ret = arena_base64url(a, slice_of(ticket, sizeof ticket));
	return ret->p ? ST_OK : ST_NOMEM;
}

status audit_ticket_check(struct issuer *is, int64_t uid, int64_t now, struct slice ticket, bool *ret)
{
	uint8_t bytes[TICKET_SIZE + 3], good[MAC_SIZE];
	size_t n;
	*ret = false;
	if (ticket.n != base64url_length(TICKET_SIZE) || base64url_decode(ticket, bytes, &n) != ST_OK)
		return ST_OK;
	TRY(sign(is, uid, bytes, good));
	int64_t age = now - (int64_t)get_u64(bytes);
	*ret = age >= 0 && age < LIFE_S &&
	       slice_equal_secret(slice_of(good, MAC_SIZE), slice_of(bytes + TIME_SIZE, MAC_SIZE));
	return ST_OK;
}
