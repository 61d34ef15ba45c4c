#include "authd/service/handle.h"

#include "authd/service/marks.h"
#include "authd/service/sealed_text.h"
#include "keys/seal.h"
#include "libauth/base/big_endian.h"

struct packed {
	struct id grant_id, session_id, subject_id;
	uint8_t epoch[8], proved_us[8];
};
_Static_assert(sizeof(struct packed) == 64, "no padding");

static const struct slice LABEL = SLICE_INIT("token handle 2");

status handle_seal(struct issuer *is, const struct handle *h, struct arena *a, struct slice *ret_jti)
{
	struct packed p = { h->grant_id, h->session_id, h->subject_id, { 0 }, { 0 } };
	put_u64(p.epoch, h->epoch);
	put_u64(p.proved_us, (uint64_t)h->proved_us);
	return sealed_text_make(is, SECRET_SESSION, LABEL, slice_of(&p, sizeof p), a, ret_jti);
}

status handle_open(struct issuer *is, struct slice jti, struct arena *a, struct handle *ret)
{
	struct slice plain;
	TRY(sealed_text_open(is, SECRET_SESSION, LABEL, jti, a, &plain));
	struct packed p;
	if (plain.n != sizeof p)
		return ST_INVALID;
	memcpy(&p, plain.p, sizeof p);

	*ret = (struct handle){ p.grant_id, p.session_id, p.subject_id, get_u64(p.epoch),
				(int64_t)get_u64(p.proved_us) };
	return ST_OK;
}

status handle_mark_id(struct slice jti, uint8_t ret[32]) { return sha256(jti, ret); }

status handle_revoked(struct issuer *is, const struct handle *h, struct slice jti,
		      struct slice client_id, int64_t issued_at, struct arena *a, bool *ret_revoked)
{
	if (!id_is_zero(h->session_id) && h->epoch != cache_epoch(is->cache)) {
		*ret_revoked = true;
		return ST_OK;
	}
	uint8_t token[32];
	bool revoked;
	TRY(handle_mark_id(jti, token));
	TRY(mark_check(is, MARK_TOKEN, slice_of(token, sizeof token), 0, a, &revoked));

	const struct grant grant = {
		.id = h->grant_id,
		.session_id = h->session_id,
		.subject_id = h->subject_id,
		.client_id = client_id,
		.authentication.proved_us = h->proved_us,
		.created_at = issued_at,
	};
	if (!revoked)
		TRY(mark_check_grant(is, &grant, a, &revoked));
	*ret_revoked = revoked;
	return ST_OK;
}
