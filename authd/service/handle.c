#include "authd/service/handle.h"

#include "authd/service/marks.h"
#include "authd/service/sealed_text.h"
#include "keys/seal.h"
#include "libauth/base/big_endian.h"

struct packed {
	struct id grant_id, session_id, subject_id;
	uint8_t epoch[8], proved_us[8], claims[8];
};
_Static_assert(sizeof(struct packed) == 72, "no padding");

struct packed_ancestor {
	struct id grant_id, session_id, subject_id;
	uint8_t proved_us[8], token[32], kind, acts /* 1; by a mandate 2 */, client_id_n;
};
_Static_assert(sizeof(struct packed_ancestor) == 91, "no padding");

static const struct slice LABEL = SLICE_INIT("token handle 3");

static status pack_ancestor(const struct ancestor *an, struct buf *to)
{
	struct packed_ancestor p = { .grant_id = an->grant_id,
				     .session_id = an->session_id,
				     .subject_id = an->subject_id,
				     .kind = (uint8_t)an->kind,
				     .acts = an->by_mandate ? 2 : an->acts,
				     .client_id_n = (uint8_t)an->client_id.n };
	if (an->client_id.n > UINT8_MAX)
		return ST_BUG;
	put_u64(p.proved_us, (uint64_t)an->proved_us);
	memcpy(p.token, an->token, sizeof p.token);
	buf_put(to, slice_of(&p, sizeof p));
	buf_put(to, an->client_id);
	return ST_OK;
}

status handle_seal(struct issuer *is, const struct handle *h, struct arena *a, struct slice *ret_jti)
{
	AUTO_BUF struct buf plain = { 0 };
	struct packed p = { h->grant_id, h->session_id, h->subject_id, { 0 }, { 0 }, { 0 } };
	put_u64(p.epoch, h->epoch);
	put_u64(p.proved_us, (uint64_t)h->proved_us);
	put_u64(p.claims, h->claims);
	buf_put(&plain, slice_of(&p, sizeof p));
	if (h->ancestors_n > ANCESTORS_MAX)
		return ST_BUG;
	for (size_t i = 0; i < h->ancestors_n; i++)
		TRY(pack_ancestor(&h->ancestors[i], &plain));
	TRY(buf_status(&plain));
	return sealed_text_make(is, SECRET_SESSION, LABEL, buf_slice(&plain), a, ret_jti);
}

/* What follows the handle itself: we wrote it, so what does not fit is no handle. */
static status unpack_ancestors(struct slice rest, struct arena *a, struct handle *h)
{
	if (!rest.n)
		return ST_OK;
	struct ancestor *list = arena_array(a, struct ancestor, ANCESTORS_MAX);
	if (!list)
		return ST_NOMEM;
	for (; rest.n; h->ancestors_n++) {
		struct packed_ancestor p;
		if (rest.n < sizeof p || h->ancestors_n == ANCESTORS_MAX)
			return ST_INVALID;
		memcpy(&p, rest.p, sizeof p);
		rest = slice_from(rest, sizeof p);
		if (rest.n < p.client_id_n || p.kind > SUBJECT_LEGAL)
			return ST_INVALID;
		struct ancestor *to = &list[h->ancestors_n];
		*to = (struct ancestor){ p.grant_id, p.session_id, p.subject_id,
					 (int64_t)get_u64(p.proved_us), { 0 }, (enum subject_kind)p.kind,
					 p.acts != 0, p.acts == 2, slice_first(rest, p.client_id_n) };
		memcpy(to->token, p.token, sizeof to->token);
		rest = slice_from(rest, p.client_id_n);
	}
	h->ancestors = list;
	return ST_OK;
}

status handle_open(struct issuer *is, struct slice jti, struct arena *a, struct handle *ret)
{
	struct slice plain;
	TRY(sealed_text_open(is, SECRET_SESSION, LABEL, jti, a, &plain));
	struct packed p;
	if (plain.n < sizeof p)
		return ST_INVALID;
	memcpy(&p, plain.p, sizeof p);

	struct handle h = { p.grant_id, p.session_id, p.subject_id, get_u64(p.epoch),
			    (int64_t)get_u64(p.proved_us), get_u64(p.claims), NULL, 0 };
	TRY(unpack_ancestors(slice_from(plain, sizeof p), a, &h));
	*ret = h;
	return ST_OK;
}

status handle_mark_id(struct slice jti, uint8_t ret[32]) { return sha256(jti, ret); }

static status ended(struct issuer *is, const struct ancestor *t, uint64_t epoch, int64_t issued_at,
		    struct arena *a, bool *ret)
{
	if (!id_is_zero(t->session_id) && epoch != cache_epoch(is->cache)) {
		*ret = true;
		return ST_OK;
	}
	bool revoked;
	TRY(mark_check(is, MARK_TOKEN, slice_of(t->token, sizeof t->token), 0, a, &revoked));

	const struct grant grant = {
		.id = t->grant_id,
		.session_id = t->session_id,
		.subject_id = t->subject_id,
		.client_id = t->client_id,
		.authentication.proved_us = t->proved_us,
		.created_at = issued_at,
		.mandate_id = t->by_mandate ? t->grant_id : (struct id){ 0 },
	};
	if (!revoked)
		TRY(mark_check_grant(is, &grant, a, &revoked));
	*ret = revoked;
	return ST_OK;
}

status handle_as_ancestor(const struct handle *h, struct slice jti, struct slice client_id,
			  struct ancestor *ret)
{
	struct ancestor t = { .grant_id = h->grant_id,
			      .session_id = h->session_id,
			      .subject_id = h->subject_id,
			      .proved_us = h->proved_us,
			      .client_id = client_id };
	TRY(handle_mark_id(jti, t.token));
	*ret = t;
	return ST_OK;
}

/* What it hangs on was good when it was issued: a mark that ends it since is not older. */
status handle_revoked(struct issuer *is, const struct handle *h, struct slice jti,
		      struct slice client_id, int64_t issued_at, struct arena *a, bool *ret_revoked)
{
	bool revoked;
	struct ancestor itself;
	TRY(handle_as_ancestor(h, jti, client_id, &itself));
	TRY(ended(is, &itself, h->epoch, issued_at, a, &revoked));
	for (size_t i = 0; i < h->ancestors_n && !revoked; i++)
		TRY(ended(is, &h->ancestors[i], h->epoch, issued_at, a, &revoked));
	*ret_revoked = revoked;
	return ST_OK;
}

const struct ancestor *handle_actor(const struct handle *h)
{
	for (size_t i = 0; i < h->ancestors_n; i++)
		if (h->ancestors[i].by_mandate)
			return &h->ancestors[i];
	return NULL;
}
