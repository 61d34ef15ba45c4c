#include "authd/service/dpop.h"

#include "authd/service/foreign_jwt.h"
#include "keys/seal.h"
#include "libauth/base/big_endian.h"
#include "libauth/base/encode.h"

const char DPOP_ALGORITHMS[] = "ES256 ES384 ES512 PS256 PS384 PS512 RS256 RS384 RS512 EdDSA "
			       "SGD_SM3_SM2";

/* ---- nonces --------------------------------------------------------------------------------- */

enum { NONCE_WINDOW_S = 120 };

struct packed_nonce {
	uint8_t window[8];
	uint8_t mac[16];
};

static status make_nonce(struct issuer *is, uint64_t window, struct packed_nonce *ret)
{
	AUTO_SECRET struct secret page, key;
	uint32_t version;
	TRY(keys_secret(is->keys, SECRET_PAGE, 0, &page, &version));
	TRY(derive(&page, "DPoP nonce", &key));

	struct packed_nonce nonce;
	put_u64(nonce.window, window);
	const struct slice parts[] = { slice_of(nonce.window, sizeof nonce.window) };
	uint8_t whole[MAC_SIZE];
	TRY(mac(&key, parts, COUNT_OF(parts), whole));
	memcpy(nonce.mac, whole, sizeof nonce.mac);
	*ret = nonce;
	return ST_OK;
}

status dpop_nonce(struct issuer *is, int64_t now, struct arena *a, struct slice *ret)
{
	struct packed_nonce nonce;
	TRY(make_nonce(is, (uint64_t)now / NONCE_WINDOW_S, &nonce));
	struct slice text = arena_base64url(a, slice_of(&nonce, sizeof nonce));
	if (!text.p)
		return ST_NOMEM;
	*ret = text;
	return ST_OK;
}

/* Of this window or of one beside it: a nonce lives two minutes at least, and another node's clock
 * may be a little ahead. */
static status check_nonce(struct issuer *is, const char *text, int64_t now, struct arena *a)
{
	struct packed_nonce given, ours;
	struct slice bytes;
	status s = arena_base64url_decode(a, slice_str(text), &bytes);
	if (s == ST_INVALID || (s == ST_OK && bytes.n != sizeof given))
		return ST_EXPIRED;
	TRY(s);
	memcpy(&given, bytes.p, sizeof given);
	uint64_t window = get_u64(given.window), current = (uint64_t)now / NONCE_WINDOW_S;
	if (window + 1 < current || window > current + 1)
		return ST_EXPIRED;
	TRY(make_nonce(is, window, &ours));
	bool same = slice_equal_secret(slice_of(given.mac, sizeof given.mac),
				       slice_of(ours.mac, sizeof ours.mac));
	return same ? ST_OK : ST_EXPIRED;
}

/* ---- proofs --------------------------------------------------------------------------------- */

/* One use in the time in which it would be taken. */
static status replay_of(const struct auth_claims *c, int64_t expires_at, int64_t now, struct arena *a,
			struct dpop_proof *ret)
{
	struct slice jkt = arena_copy(a, slice_str(auth_claims_jkt(c)));
	struct slice alg = arena_copy(a, slice_str(auth_claims_alg(c)));
	if (!jkt.p || !alg.p)
		return ST_NOMEM;
	ret->jkt = jkt;
	ret->alg = alg;
	return replay_mark("proof", jkt, slice_str(auth_claims_jti(c)), expires_at - now, a, &ret->replay);
}

static status read_claims(struct issuer *is, const struct auth_claims *c, struct auth_dpop *o,
			  int64_t now, struct arena *a, struct dpop_proof *ret)
{
	const char *nonce = auth_value_string(auth_claims_value(c, "nonce"));
	status s = nonce ? check_nonce(is, nonce, now, a) : ST_OK;
	bool is_required = slice_is(slice_str(is->conf->dpop_nonce), "required");
	if (s == ST_EXPIRED || (!nonce && is_required)) {
		ret->reason = nonce ? "the nonce of the DPoP proof is too old" : "the DPoP proof has no nonce";
		return ST_EXPIRED;
	}
	TRY(s);
	return replay_of(c, auth_claims_iat(c) + o->max_age_s + o->leeway_s, now, a, ret);
}

static status verify(struct slice proof, struct slice base, const struct dpop_request *request,
		     int64_t now, struct arena *a, struct auth_dpop *o, enum auth_status *ret_answer,
		     struct auth_claims **ret)
{
	o->method = request->method;
	o->uri = arena_string(a, arena_format(a, "%.*s%s", SLICE_FMT(base), request->path));
	o->access_token = request->access_token.p ? arena_string(a, request->access_token) : NULL;
	if (!o->uri || (request->access_token.p && !o->access_token))
		return ST_NOMEM;
	*ret_answer = auth_verify_dpop((const char *)proof.p, proof.n, o, now, ret);
	return ST_OK;
}

status dpop_verify(struct issuer *is, struct slice proof, const struct dpop_request *request,
		   int64_t now, struct arena *a, struct dpop_proof *ret)
{
	AUTO(auth_claims) struct auth_claims *c = NULL;
	struct auth_dpop o = AUTH_DPOP_INIT;
	enum auth_status answer = AUTH_OK;
	TRY(verify(proof, is->iss, request, now, a, &o, &answer, &c));
	/* RFC 8705 §5: the same endpoint has another URL for who comes with a certificate. */
	if (answer == AUTH_WRONG_BINDING && is->conf->mtls.url)
		TRY(verify(proof, slice_str(is->conf->mtls.url), request, now, a, &o, &answer, &c));
	if (answer != AUTH_OK) {
		ret->reason = auth_strerror(answer);
		return status_of_auth(answer);
	}
	return read_claims(is, c, &o, now, a, ret);
}
