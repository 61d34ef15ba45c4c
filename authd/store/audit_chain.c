#include "authd/store/audit_chain.h"

#include "keys/seal.h"
#include "libauth/base/big_endian.h"
#include "libauth/base/encode.h"

status audit_chain_resume(struct audit_chain *c, struct slice key, struct slice value)
{
	if (key.n != AUDIT_KEY_SIZE)
		return ST_CORRUPT;
	TRY(sha256(value, c->hash));
	c->seq = get_u64(key.p);
	return ST_OK;
}

status audit_chain_append(struct audit_chain *c, int64_t at, struct slice entry,
			  uint8_t ret_key[AUDIT_KEY_SIZE], struct buf *value)
{
	size_t start = value->n;
	uint64_t seq = c->seq + 1;
	buf_format(value, "{\"seq\":%llu,\"at\":%lld,\"prev\":\"", (unsigned long long)seq,
		   (long long)at);
	buf_put_hex(value, slice_of(c->hash, sizeof c->hash));
	buf_put_text(value, "\",\"entry\":");
	buf_put(value, entry);
	buf_put_byte(value, '}');
	TRY(buf_status(value));
	TRY(sha256(slice_from(buf_slice(value), start), c->hash));
	c->seq = seq;
	put_u64(ret_key, seq);
	return ST_OK;
}

bool audit_entry_is_object(struct slice s)
{
	if (s.n < 2 || s.p[0] != '{' || s.p[s.n - 1] != '}' || !slice_is_utf8(s))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20)
			return false;
	return true;
}
