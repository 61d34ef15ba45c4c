#include "authd/service/foreign_jwt.h"

#include "libauth/base/encode.h"

status status_of_auth(enum auth_status s)
{
	if (s == AUTH_OK)
		return ST_OK;
	if (s > 0)
		return ST_INVALID;
	if (s == AUTH_NOMEM)
		return ST_NOMEM;
	return s == AUTH_IO ? ST_UNAVAILABLE : ST_BUG;
}

/* ---- as it stands there --------------------------------------------------------------------- */

struct slice jwt_part(struct slice jwt, enum jwt_part which)
{
	for (unsigned k = 0; k < which; k++)
		jwt = slice_from(jwt, slice_find(jwt, '.') + 1);
	return which == JWT_SIGNATURE ? jwt : slice_first(jwt, slice_find(jwt, '.'));
}

status jwt_peek(struct slice jwt, enum jwt_part which, struct arena *a, json_t **ret)
{
	struct slice text;
	if (jwt.n > AUTH_TOKEN_MAX)
		return ST_INVALID;
	TRY(arena_base64url_decode(a, jwt_part(jwt, which), &text));
	return json_object_read(text, ret, NULL);
}

status jwt_peek_claim(struct slice jwt, const char *name, struct arena *a, struct slice *ret)
{
	AUTO(json) json_t *claims = NULL;
	TRY(jwt_peek(jwt, JWT_PAYLOAD, a, &claims));
	const json_t *value = json_object_get(claims, name);
	if (!json_is_string(value))
		return ST_INVALID;
	struct slice copy = arena_copy(a, slice_of(json_string_value(value), json_string_length(value)));
	if (!copy.p)
		return ST_NOMEM;
	*ret = copy;
	return ST_OK;
}

bool jwt_is_about_itself(const char *claim)
{
	static const char *const NAMES[] = { "iss", "sub", "aud", "exp", "nbf", "iat", "jti" };
	for (size_t i = 0; i < COUNT_OF(NAMES); i++)
		if (!strcmp(claim, NAMES[i]))
			return true;
	return false;
}

/* ---- verified ------------------------------------------------------------------------------- */

static enum auth_status verify(const struct auth_options *options, struct auth_keyset *keys,
			       struct slice jwt, int64_t now, struct auth_claims **ret)
{
	AUTO(auth_verifier) struct auth_verifier *verifier = NULL;
	enum auth_status s = auth_verifier_new(options, &verifier, NULL);
	if (s == AUTH_OK)
		s = auth_verifier_set_keys(verifier, keys);
	return s == AUTH_OK ? auth_verify(verifier, (const char *)jwt.p, jwt.n, now, ret) : s;
}

status jwt_verify(const struct auth_options *options, struct auth_keyset *keys, struct slice jwt, int64_t now,
		  enum auth_status *ret_answer, struct auth_claims **ret)
{
	*ret_answer = verify(options, keys, jwt, now, ret);
	return status_of_auth(*ret_answer);
}

status jwks_check(struct slice jwks, size_t *ret_usable_keys, struct error *e)
{
	AUTO(auth_keyset) struct auth_keyset *keys = NULL;
	struct auth_error why = { { 0 } };
	status s = status_of_auth(auth_keyset_from_json(jwks.p, jwks.n, &keys, &why));
	if (s == ST_INVALID)
		return error_set(e, s, "jwks: %s", why.message);
	TRY(s);
	*ret_usable_keys = auth_keyset_count(keys);
	return ST_OK;
}

status jwt_verify_jwks(const struct auth_options *options, struct slice jwks, struct slice jwt, int64_t now,
		       enum auth_status *ret_answer, struct auth_claims **ret)
{
	AUTO(auth_keyset) struct auth_keyset *keys = NULL;
	*ret_answer = auth_keyset_from_json(jwks.p, jwks.n, &keys, NULL);
	TRY(status_of_auth(*ret_answer));
	return jwt_verify(options, keys, jwt, now, ret_answer, ret);
}

status replay_mark(const char *kind, struct slice whose, struct slice jti, int64_t seconds, struct arena *a,
		   struct cache_command *ret)
{
	struct slice key = arena_format(a, "%s %.*s %.*s", kind, SLICE_FMT(whose), SLICE_FMT(jti));
	if (!key.p)
		return ST_NOMEM;
	*ret = (struct cache_command){ .verb = CACHE_ADD,
				       .kind = CACHE_REPLAY,
				       .key = key,
				       .value = SLICE("1"),
				       .expires_in_s = (seconds > 0 ? seconds : 0) + CLOCKS_APART_S };
	return ST_OK;
}
