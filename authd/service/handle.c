#include "authd/service/handle.h"

#include "authd/service/marks.h"
#include "authd/service/sealed_text.h"
#include "keys/seal.h"
#include "libauth/base/big_endian.h"

struct packed {
	struct id grant_id, session_id, subject_id;
	uint8_t epoch[8];
};
_Static_assert(sizeof(struct packed) == 56, "no padding");

static const struct slice LABEL = SLICE_INIT("token handle 1");

status handle_seal(struct issuer *is, const struct handle *h, struct arena *a, struct slice *ret_jti)
{
	struct packed p = { h->grant_id, h->session_id, h->subject_id, { 0 } };
	put_u64(p.epoch, h->epoch);
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

	*ret = (struct handle){ p.grant_id, p.session_id, p.subject_id, get_u64(p.epoch) };
	return ST_OK;
}

status handle_mark_id(struct slice jti, uint8_t ret[32]) { return sha256(jti, ret); }

status handle_revoked(struct issuer *is, const struct handle *h, struct slice jti,
		      struct slice client_id, int64_t issued_at, struct arena *a, bool *ret_revoked)
{
	bool of_session = !id_is_zero(h->session_id);
	if (of_session && h->epoch != cache_epoch(is->cache)) {
		*ret_revoked = true;
		return ST_OK;
	}
	uint8_t token[32];
	TRY(handle_mark_id(jti, token));

	const struct {
		enum mark_kind kind;
		struct slice id;
		bool applies;
	} marks[] = {
		{ MARK_TOKEN, slice_of(token, sizeof token), true },
		{ MARK_GRANT, id_slice(&h->grant_id), true },
		{ MARK_SESSION, id_slice(&h->session_id), of_session },
		{ MARK_SUBJECT, id_slice(&h->subject_id), !id_is_zero(h->subject_id) },
		{ MARK_CLIENT, client_id, true },
	};
	bool revoked = false;
	for (size_t i = 0; i < COUNT_OF(marks) && !revoked; i++)
		if (marks[i].applies)
			TRY(mark_check(is, marks[i].kind, marks[i].id, issued_at, a, &revoked));
	*ret_revoked = revoked;
	return ST_OK;
}
