#include "authd/oauth/exchange_target.h"

/* Each makes the token longer. */
enum { TARGETS_MAX = 4 };

status words_common(struct slice words, struct slice others, struct arena *a, struct slice *ret)
{
	AUTO_BUF struct buf both = { 0 };
	struct slice word;
	while (slice_next_word(&words, &word)) {
		if (!slice_has_word(others, word))
			continue;
		if (both.n)
			buf_put_byte(&both, ' ');
		buf_put(&both, word);
	}
	struct slice common = both.n ? buf_finish(&both, a) : SLICE("");
	if (!common.p)
		return ST_NOMEM;
	*ret = common;
	return ST_OK;
}

/* No row: neither this nor anything else is said of what rows there are. */
static status add(struct request *r, const struct exchange_policy *wanted, size_t n,
		  struct exchange_target *to, struct refusal *refusal)
{
	struct exchange_policy row;
	status s = n < TARGETS_MAX ? exchange_policies_find(r->issuer, wanted, &r->arena, &row) : ST_NOT_FOUND;
	if (s == ST_NOT_FOUND) {
		*refusal = refuse(&INVALID_TARGET, "no policy lets this client exchange such a token for one "
						   "with this audience");
		return ST_OK;
	}
	TRY(s);
	if (row.scope.n)
		TRY(words_common(to->scope, row.scope, &r->arena, &to->scope));
	if (!n)
		to->policy = row;
	to->audience = n ? arena_format(&r->arena, "%.*s %.*s", SLICE_FMT(to->audience), SLICE_FMT(row.audience))
			 : row.audience;
	return to->audience.p ? ST_OK : ST_NOMEM;
}

static bool names_target(const struct param *p)
{
	return (slice_is(p->name, "audience") || slice_is(p->name, "resource")) && !slice_empty(p->value);
}

status exchange_target_read(struct request *r, struct slice issuer, struct slice token_type,
			    struct exchange_target *ret, struct refusal *ret_refusal)
{
	const struct client *client = token_client(r);
	struct exchange_target to = { .scope = client->scope };
	struct exchange_policy wanted = { .client_id = client->client_id, .issuer = issuer,
					  .token_type = token_type };
	size_t n = 0;
	*ret_refusal = NO_REFUSAL;
	for (size_t i = 0; i < r->form.n && !ret_refusal->error; i++) {
		wanted.audience = r->form.items[i].value;
		if (!names_target(&r->form.items[i]) || slice_has_word(to.audience, wanted.audience))
			continue;
		TRY(add(r, &wanted, n++, &to, ret_refusal));
	}
	wanted.audience = client->audiences.n ? client->audiences.items[0] : r->issuer->iss;
	if (!n)
		TRY(add(r, &wanted, 0, &to, ret_refusal));
	*ret = to;
	return ST_OK;
}
