#include "authd/service/initial_tokens.h"

#include "keys/seal.h"

struct packed {
	uint8_t id[16], random[32];
};

static status put(struct batch *b, const struct initial_token *t, uint64_t expected)
{
	AUTO_BUF struct buf encoded = { 0 };
	TRY(initial_token_encode(t, &encoded));
	batch_put(b, TABLE_INITIAL_TOKENS, id_slice(&t->id), expected, buf_slice(&encoded));
	return ST_OK;
}

status initial_token_add(struct batch *b, struct arena *a, struct initial_token *t,
			 struct slice *ret_text)
{
	struct packed *packed = arena_new(a, struct packed);
	uint8_t *hash = arena_alloc(a, 32);
	if (!packed || !hash)
		return ST_NOMEM;
	TRY(random_bytes(packed, sizeof *packed));
	TRY(sha256(slice_of(packed->random, sizeof packed->random), hash));
	struct slice text = arena_base64url(a, slice_of(packed, sizeof *packed));
	if (!text.p)
		return ST_NOMEM;
	memcpy(t->id.bytes, packed->id, sizeof packed->id);
	t->hash = slice_of(hash, 32);
	TRY(put(b, t, VERSION_NONE));
	*ret_text = text;
	return ST_OK;
}

static status get(struct issuer *is, struct id id, struct arena *a, struct initial_token *ret,
		  uint64_t *ret_version)
{
	struct record record;
	TRY(records_get(is->records, TABLE_INITIAL_TOKENS, id_slice(&id), a, &record));
	TRY(initial_token_decode(record.value, a, ret));
	*ret_version = record.version;
	return ST_OK;
}

status initial_token_open(struct issuer *is, struct slice text, int64_t now, struct arena *a,
			  struct initial_token *ret, uint64_t *ret_version)
{
	struct slice bytes;
	struct id id;
	struct initial_token t;
	uint64_t version;
	uint8_t hash[32];
	if (text.n != base64url_length(sizeof(struct packed)))
		return ST_NOT_FOUND;
	status s = arena_base64url_decode(a, text, &bytes);
	if (s != ST_OK)
		return s == ST_INVALID ? ST_NOT_FOUND : s;
	TRY(id_from(slice_first(bytes, sizeof id), &id));
	TRY(get(is, id, a, &t, &version));
	TRY(sha256(slice_from(bytes, sizeof id), hash));
	bool spent = t.uses_max && t.uses >= t.uses_max;
	if (!slice_equal_secret(t.hash, slice_of(hash, sizeof hash)) || spent || now >= t.expires_at)
		return ST_NOT_FOUND;
	*ret = t;
	*ret_version = version;
	return ST_OK;
}

status initial_token_use(struct batch *b, const struct initial_token *t, uint64_t version)
{
	/* One without a limit is not changed: its users do not wait for each other. */
	if (!t->uses_max) {
		batch_expect(b, TABLE_INITIAL_TOKENS, id_slice(&t->id), version);
		return ST_OK;
	}
	struct initial_token used = *t;
	used.uses++;
	return put(b, &used, version);
}

status initial_tokens_list(struct issuer *is, size_t limit, struct arena *a,
			   struct initial_token **ret, size_t *ret_n)
{
	struct record_row *rows;
	size_t n;
	TRY(records_rows(is->records, TABLE_INITIAL_TOKENS, NO_SLICE, NO_SLICE, limit, a, &rows, &n));
	struct initial_token *items = arena_array(a, struct initial_token, n);
	if (!items)
		return ST_NOMEM;
	for (size_t k = 0; k < n; k++)
		TRY(initial_token_decode(rows[k].record.value, a, &items[k]));
	*ret = items;
	*ret_n = n;
	return ST_OK;
}

status initial_token_revoke(struct issuer *is, struct batch *b, struct id id, struct arena *a)
{
	struct initial_token t;
	uint64_t version;
	TRY(get(is, id, a, &t, &version));
	batch_delete(b, TABLE_INITIAL_TOKENS, id_slice(&id), version);
	return ST_OK;
}
