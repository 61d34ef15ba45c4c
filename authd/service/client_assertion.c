#include "authd/service/client_assertion.h"

#include "authd/service/foreign_jwt.h"
#include "authd/service/profile.h"

status client_assertion_peek(struct slice assertion, struct arena *a, struct slice *ret_client_id)
{
	return jwt_peek_claim(assertion, "sub", a, ret_client_id);
}

/* The keys as they are known. ST_INVALID: none. */
static status get_keys(struct issuer *is, const struct client *client, int64_t now, struct arena *a,
		       struct client_assertion *ret)
{
	status s = client_keys_get(is, client, now, a, &ret->keys);
	if (s != ST_NOT_FOUND)
		return s;
	ret->reason = "the keys at the client's jwks_uri could not be had";
	ret->is_of_no_key = true;
	return ST_INVALID;
}

status client_audiences_make(struct issuer *is, const struct client *client, const char *endpoint,
			     struct arena *a, struct client_audiences *ret)
{
	const char *const bases[] = { is->conf->issuer, is->conf->mtls.url }, *const paths[] = { "/token", endpoint };
	struct client_audiences audiences = { { is->conf->issuer } };
	size_t n = 1;
	for (size_t i = 0; i < COUNT_OF(bases) && !profile_of(client)->issuer_audience; i++)
		for (size_t k = 0; k < COUNT_OF(paths) && bases[i]; k++) {
			audiences.items[n] = arena_string(a, arena_format(a, "%s%s", bases[i], paths[k]));
			if (!audiences.items[n++])
				return ST_NOMEM;
		}
	*ret = audiences;
	return ST_OK;
}

/* What the client may sign with; NULL: anything that libauth takes. */
static const char *const *algorithms_of(const struct client *client, struct arena *a, const char **room)
{
	if (!client->token_endpoint_auth_signing_alg.n)
		return profile_of(client)->algorithms;
	room[0] = arena_string(a, client->token_endpoint_auth_signing_alg);
	return room;
}

static status take_assertion(const struct auth_claims *c, int64_t leeway_s, int64_t now,
			     struct arena *a, struct client_assertion *ret)
{
	struct slice jti = arena_copy(a, slice_str(auth_claims_jti(c)));
	if (!jti.p)
		return ST_NOMEM;
	if (!jti.n) {
		ret->reason = "the client assertion has no jti";
		return ST_INVALID;
	}
	*ret = (struct client_assertion){ .jti = jti, .expires_in_s = auth_claims_exp(c) + leeway_s - now };
	return ST_OK;
}

status client_assertion_verify(struct issuer *is, const struct client *client, struct slice assertion,
			       const char *endpoint, int64_t now, struct arena *a,
			       struct client_assertion *ret)
{
	AUTO(auth_claims) struct auth_claims *claims = NULL;
	struct client_audiences audiences;
	enum auth_status answer;
	char *issuer = arena_string(a, client->client_id);
	const char *room[2] = { NULL, NULL };
	if (!issuer)
		return ST_NOMEM;
	TRY(client_audiences_make(is, client, endpoint, a, &audiences));

	struct auth_options options = AUTH_OPTIONS_INIT;
	options.kind = AUTH_CLIENT_ASSERTION;
	options.issuer = issuer; /* iss and sub are the client (RFC 7523 §3) */
	options.audiences = audiences.items;
	options.flags = profile_of(client)->issuer_audience ? AUTH_SINGLE_AUDIENCE : 0;
	options.algorithms = algorithms_of(client, a, room);
	options.max_lifetime_s = CLIENT_ASSERTION_LIFE_MAX_S;

	*ret = (struct client_assertion){ 0 };
	TRY(get_keys(is, client, now, a, ret));
	status s = jwt_verify_jwks(&options, ret->keys.jwks, assertion, now, &answer, &claims);
	if (s == ST_INVALID) {
		ret->reason = auth_strerror(answer);
		ret->is_of_no_key = answer == AUTH_UNKNOWN_KEY || answer == AUTH_BAD_SIGNATURE ||
				    answer == AUTH_BAD_KEYS;
	}
	TRY(s);
	return take_assertion(claims, options.leeway_s, now, a, ret);
}
