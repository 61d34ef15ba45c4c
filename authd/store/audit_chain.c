#include "authd/store/audit_chain.h"

#include "keys/seal.h"
#include "libauth/base/big_endian.h"
#include "libauth/base/encode.h"
#include "libauth/base/mem.h"

static const struct {
	struct slice name;
	status (*take)(struct slice bytes, uint8_t ret[32]);
} HASHES[AUDIT_HASH_COUNT] = {
	[AUDIT_SHA256] = { SLICE_INIT("sha256:"), sha256 },
	[AUDIT_SM3] = { SLICE_INIT("sm3:"), sm3 },
};

/* ---- hashes --------------------------------------------------------------------------------- */

void audit_digest_put(struct buf *out, const struct audit_digest *d)
{
	buf_put(out, HASHES[d->hash].name);
	buf_put_hex(out, slice_of(d->bytes, sizeof d->bytes));
}

status audit_digest_parse(struct slice text, struct audit_digest *ret)
{
	for (unsigned k = 0; k < AUDIT_HASH_COUNT; k++) {
		struct audit_digest d = { .hash = k };
		if (!slice_starts(text, HASHES[k].name))
			continue;
		TRY(hex_decode(slice_from(text, HASHES[k].name.n), d.bytes, sizeof d.bytes));
		*ret = d;
		return ST_OK;
	}
	return ST_INVALID;
}

status audit_digest_of(enum audit_hash hash, struct slice value, struct audit_digest *ret)
{
	struct audit_digest d = { .hash = hash };
	TRY(HASHES[hash].take(value, d.bytes));
	*ret = d;
	return ST_OK;
}

bool audit_digest_equal(const struct audit_digest *a, const struct audit_digest *b)
{
	return a->hash == b->hash && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* ---- writing -------------------------------------------------------------------------------- */

status audit_chain_append(struct audit_chain *c, enum audit_hash hash, int64_t at, struct slice entry,
			  uint8_t ret_key[AUDIT_KEY_SIZE], struct buf *value)
{
	size_t start = value->n;
	uint64_t seq = c->seq + 1;
	buf_format(value, "{\"seq\":%llu,\"at\":%lld,\"prev\":\"", (unsigned long long)seq,
		   (long long)at);
	audit_digest_put(value, &c->digest);
	buf_put_text(value, "\",\"entry\":");
	buf_put(value, entry);
	buf_put_byte(value, '}');
	TRY(buf_status(value));
	TRY(audit_digest_of(hash, slice_from(buf_slice(value), start), &c->digest));
	c->seq = seq;
	put_u64(ret_key, seq);
	return ST_OK;
}

status audit_chain_resume(struct audit_chain *c, enum audit_hash hash, struct slice key, struct slice value)
{
	if (key.n != AUDIT_KEY_SIZE)
		return ST_CORRUPT;
	TRY(audit_digest_of(hash, value, &c->digest));
	c->seq = get_u64(key.p);
	return ST_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

static bool take(struct slice *rest, struct slice prefix)
{
	if (!slice_starts(*rest, prefix))
		return false;
	*rest = slice_from(*rest, prefix.n);
	return true;
}

/* As it is written: no sign, no leading zero, at most 18 digits. */
static bool take_number(struct slice *rest, uint64_t *ret)
{
	uint64_t n = 0;
	size_t digits = 0;
	for (; digits < rest->n && rest->p[digits] >= '0' && rest->p[digits] <= '9'; digits++)
		if (digits < 18)
			n = n * 10 + (rest->p[digits] - '0');
	if (!digits || digits > 18 || (digits > 1 && rest->p[0] == '0'))
		return false;
	*rest = slice_from(*rest, digits);
	*ret = n;
	return true;
}

status audit_line_parse(struct slice value, struct audit_line *ret)
{
	struct audit_line l = { 0 };
	uint64_t at = 0;
	if (!take(&value, SLICE("{\"seq\":")) || !take_number(&value, &l.seq) ||
	    !take(&value, SLICE(",\"at\":")) || !take_number(&value, &at) ||
	    !take(&value, SLICE(",\"prev\":\"")))
		return ST_INVALID;
	struct slice digest = slice_first(value, slice_find(value, '"'));
	TRY(audit_digest_parse(digest, &l.prev));
	value = slice_from(value, digest.n);
	if (!take(&value, SLICE("\",\"entry\":")) || value.n < 3 || value.p[value.n - 1] != '}')
		return ST_INVALID;
	l.entry = slice_first(value, value.n - 1);
	l.at = (int64_t)at;
	if (!audit_entry_is_object(l.entry))
		return ST_INVALID;
	*ret = l;
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
