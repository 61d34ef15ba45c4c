#include "authd/service/exchange_policies.h"

#include "authd/service/clients.h"
#include "authd/service/foreign_jwt.h"
#include "keys/seal.h"

enum { NAME_MAX_BYTES = 500, SCOPE_MAX = 1000 };

status exchange_policy_id(const struct exchange_policy *p, struct id *ret)
{
	AUTO_BUF struct buf text = { 0 };
	uint8_t hash[32];
	const struct slice parts[] = { p->client_id, p->issuer, p->token_type, p->audience };
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		buf_put(&text, parts[i]);
		buf_put_byte(&text, '\0'); /* which none of them contains */
	}
	TRY(buf_status(&text));
	TRY(sha256(buf_slice(&text), hash));
	memcpy(ret->bytes, hash, sizeof ret->bytes);
	return ST_OK;
}

static status get(struct issuer *is, const struct id *id, struct arena *a, struct exchange_policy *ret)
{
	struct record record;
	TRY(records_get(is->records, TABLE_EXCHANGE_POLICIES, id_slice(id), a, &record));
	return exchange_policy_decode(record.value, ret);
}

status exchange_policies_find(struct issuer *is, const struct exchange_policy *wanted, struct arena *a,
			      struct exchange_policy *ret)
{
	struct id id;
	TRY(exchange_policy_id(wanted, &id));
	return get(is, &id, a, ret);
}

/* ---- listing -------------------------------------------------------------------------------- */

status exchange_policies_list(struct issuer *is, struct slice after, size_t limit, struct arena *a,
			      struct exchange_policy **ret, size_t *ret_n)
{
	struct record_row *rows;
	size_t n;
	TRY(records_rows(is->records, TABLE_EXCHANGE_POLICIES, NO_SLICE, after, limit, a, &rows, &n));
	struct exchange_policy *items = arena_array(a, struct exchange_policy, n);
	if (!items)
		return ST_NOMEM;
	for (size_t k = 0; k < n; k++)
		TRY(exchange_policy_decode(rows[k].record.value, &items[k]));
	*ret = items;
	*ret_n = n;
	return ST_OK;
}

/* ---- changing ------------------------------------------------------------------------------- */

/* One word: no blanks, no control characters. */
static status check_word(struct slice text, const char *what, struct error *e)
{
	if (!text.n || text.n > NAME_MAX_BYTES)
		return error_set(e, ST_INVALID, "%s: 1 to %d bytes", what, NAME_MAX_BYTES);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] == 0x7f)
			return error_set(e, ST_INVALID, "%s: no blanks and no control characters", what);
	return ST_OK;
}

static status check_source(const struct exchange_policy *p, bool ours, struct error *e)
{
	if (ours && (p->jwks.n || p->subject_rule))
		return error_set(e, ST_INVALID, "jwks, subject: our own access tokens need neither");
	if (ours)
		return ST_OK;
	if (!p->jwks.n)
		return error_set(e, ST_INVALID, "jwks: another issuer's keys are needed");
	if (!p->subject_rule)
		return error_set(e, ST_INVALID, "subject: client, login or id; whom another issuer means");
	size_t n;
	TRY(jwks_check(p->jwks, &n, e));
	return n ? ST_OK : error_set(e, ST_INVALID, "jwks: no usable key in it");
}

status exchange_policies_add(struct issuer *is, struct batch *b, struct arena *a, int64_t now,
			     struct exchange_policy *p, struct error *e)
{
	struct exchange_policy row = *p;
	struct client client;
	struct id id;
	bool taken;
	if (!row.issuer.n)
		row.issuer = is->iss;
	bool ours = slice_equal(row.issuer, is->iss);
	row.token_type = ours ? SLICE(TOKEN_TYPE_ACCESS_TOKEN) : SLICE(TOKEN_TYPE_JWT);
	row.created_at = now;

	TRY(clients_get(is, row.client_id, a, &client));
	TRY(check_word(row.issuer, "issuer", e));
	TRY(check_word(row.audience, "audience", e));
	if (row.scope.n > SCOPE_MAX)
		return error_set(e, ST_INVALID, "scope: too long");
	TRY(check_source(&row, ours, e));
	TRY(exchange_policy_id(&row, &id));
	TRY(records_has(is->records, TABLE_EXCHANGE_POLICIES, id_slice(&id), &taken));
	if (taken)
		return error_set(e, ST_EXISTS, "there is such a row already; remove it first");

	AUTO_BUF struct buf out = { 0 };
	TRY(exchange_policy_encode(&row, &out));
	batch_put(b, TABLE_EXCHANGE_POLICIES, id_slice(&id), VERSION_NONE, buf_slice(&out));
	*p = row;
	return ST_OK;
}

status exchange_policies_remove(struct issuer *is, struct batch *b, struct id id, struct arena *a,
				struct exchange_policy *ret)
{
	struct exchange_policy row;
	TRY(get(is, &id, a, &row));
	batch_delete(b, TABLE_EXCHANGE_POLICIES, id_slice(&id), VERSION_ANY);
	*ret = row;
	return ST_OK;
}
