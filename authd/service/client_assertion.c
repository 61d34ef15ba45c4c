#include "authd/service/client_assertion.h"

#include "authd/service/profile.h"
#include "libauth/auth.h"
#include "libauth/base/encode.h"

#include <jansson.h>

/* The one key set and verifier of a verification. */
struct checking {
	struct auth_keyset *keys;
	struct auth_verifier *verifier;
	struct auth_claims *claims;
};

static void checking_done(struct checking *c)
{
	auth_claims_free(c->claims);
	auth_verifier_free(c->verifier);
	auth_keyset_free(c->keys);
}
#define AUTO_CHECKING __attribute__((cleanup(checking_done)))

static void free_json(json_t **j) { json_decref(*j); }

status client_assertion_peek(struct slice assertion, struct arena *a, struct slice *ret_client_id)
{
	if (assertion.n > AUTH_TOKEN_MAX)
		return ST_INVALID;
	struct slice rest = slice_from(assertion, slice_find(assertion, '.') + 1), payload;
	TRY(arena_base64url_decode(a, slice_first(rest, slice_find(rest, '.')), &payload));

	__attribute__((cleanup(free_json))) json_t *claims =
		json_loadb((const char *)payload.p, payload.n, JSON_REJECT_DUPLICATES, NULL);
	json_t *sub = json_object_get(claims, "sub");
	if (!json_is_string(sub))
		return ST_INVALID;
	struct slice id = arena_copy(a, slice_of(json_string_value(sub), json_string_length(sub)));
	if (!id.p)
		return ST_NOMEM;
	*ret_client_id = id;
	return ST_OK;
}

static status from_auth(enum auth_status s, struct client_assertion *ret)
{
	if (s == AUTH_NOMEM)
		return ST_NOMEM;
	if (s < 0)
		return ST_BUG;
	ret->reason = auth_strerror(s);
	ret->is_of_no_key = s == AUTH_UNKNOWN_KEY || s == AUTH_BAD_SIGNATURE || s == AUTH_BAD_KEYS;
	return s == AUTH_OK ? ST_OK : ST_INVALID;
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
	struct client_audiences audiences = { { is->conf->issuer } };
	if (!profile_of(client)->issuer_audience) {
		audiences.items[1] = arena_string(a, arena_format(a, "%.*s/token", SLICE_FMT(is->iss)));
		audiences.items[2] = arena_string(a, arena_format(a, "%.*s%s", SLICE_FMT(is->iss), endpoint));
		if (!audiences.items[1] || !audiences.items[2])
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
	int64_t left = auth_claims_exp(c) + leeway_s - now;
	*ret = (struct client_assertion){ .jti = jti, .expires_in_s = left > 0 ? left : 1 };
	return ST_OK;
}

status client_assertion_verify(struct issuer *is, const struct client *client, struct slice assertion,
			       const char *endpoint, int64_t now, struct arena *a,
			       struct client_assertion *ret)
{
	AUTO_CHECKING struct checking c = { 0 };
	struct client_audiences audiences;
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
	TRY(from_auth(auth_verifier_new(&options, &c.verifier, NULL), ret));
	TRY(from_auth(auth_keyset_from_json(ret->keys.jwks.p, ret->keys.jwks.n, &c.keys, NULL), ret));
	TRY(from_auth(auth_verifier_set_keys(c.verifier, c.keys), ret));
	TRY(from_auth(auth_verify(c.verifier, (const char *)assertion.p, assertion.n, now, &c.claims), ret));
	return take_assertion(c.claims, options.leeway_s, now, a, ret);
}
