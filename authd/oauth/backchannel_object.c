#include "authd/oauth/backchannel_object.h"

#include "authd/service/json_fields.h"
#include "libauth/auth.h"
#include "libauth/base/encode.h"

const char BACKCHANNEL_ALGORITHMS[] = "ES256 PS256 EdDSA";

enum { HOUR_S = 3600 };

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

/* CIBA §13 has no other name for what is wrong with a request object. */
static struct refusal bad(const char *why) { return refuse(&INVALID_REQUEST, why); }

static status from_auth(enum auth_status s, struct refusal *ret_refusal)
{
	if (s == AUTH_OK)
		return ST_OK;
	if (s < 0)
		return s == AUTH_NOMEM ? ST_NOMEM : ST_BUG;
	*ret_refusal = bad(auth_strerror(s));
	return ST_INVALID;
}

static status verify(struct request *r, const struct client *client, struct slice keys, struct slice object,
		     struct refusal *ret_refusal)
{
	AUTO_CHECKING struct checking c = { 0 };
	static const char *const TYPES[] = { "oauth-authz-req+jwt", "JWT", "", NULL };
	static const char *const CLAIMS[] = { "exp", "iat", "nbf", "jti", NULL };
	static const char *const ALGORITHMS[] = { "ES256", "PS256", "EdDSA", NULL };
	const char *issuer = arena_string(&r->arena, client->client_id);
	const char *one[] = { arena_string(&r->arena, client->backchannel_authentication_request_signing_alg),
			      NULL };
	if (!issuer || !one[0])
		return ST_NOMEM;

	struct auth_options options = AUTH_OPTIONS_INIT;
	options.kind = AUTH_OTHER_TOKEN;
	options.types = TYPES;
	options.claims = CLAIMS;
	options.issuer = issuer;
	options.audience = r->issuer->conf->issuer;
	options.max_lifetime_s = HOUR_S;
	options.algorithms = *one[0] ? one : ALGORITHMS;

	TRY(from_auth(auth_verifier_new(&options, &c.verifier, NULL), ret_refusal));
	TRY(from_auth(auth_keyset_from_json((const char *)keys.p, keys.n, &c.keys, NULL), ret_refusal));
	TRY(from_auth(auth_verifier_set_keys(c.verifier, c.keys), ret_refusal));
	return from_auth(auth_verify(c.verifier, (const char *)object.p, object.n, r->now, &c.claims),
			 ret_refusal);
}

/* ---- its members ------------------------------------------------------------------------------ */

static status members_of(struct slice object, struct arena *a, json_t **ret)
{
	struct slice rest = slice_from(object, slice_find(object, '.') + 1), bytes;
	TRY(arena_base64url_decode(a, slice_first(rest, slice_find(rest, '.')), &bytes));
	json_t *members = json_loadb((const char *)bytes.p, bytes.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(members)) {
		json_decref(members);
		return ST_INVALID;
	}
	*ret = members;
	return ST_OK;
}

/* Texts, and numbers as they are written: requested_expiry may be either (CIBA §7.1). */
static struct slice value_text(const json_t *value, struct arena *a)
{
	if (json_is_integer(value))
		return arena_format(a, "%lld", (long long)json_integer_value(value));
	return arena_copy(a, slice_of(json_string_value(value), json_string_length(value)));
}

static status read_members(const json_t *members, struct arena *a, struct params *ret)
{
	struct params p = { .items = arena_array(a, struct param, PARAMS_MAX) };
	if (!p.items)
		return ST_NOMEM;
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)members, name, value) {
		if (p.n == PARAMS_MAX)
			return ST_INVALID;
		if (!json_is_string(value) && !json_is_integer(value))
			continue;
		struct param one = { arena_copy(a, slice_str(name)), value_text(value, a) };
		if (!one.name.p || !one.value.p)
			return ST_NOMEM;
		p.items[p.n++] = one;
	}
	*ret = p;
	return ST_OK;
}

status backchannel_object_read(struct request *r, const struct client *client, struct slice keys,
			       struct slice object, struct params *ret, struct slice *ret_jti,
			       struct refusal *ret_refusal)
{
	AUTO(json) json_t *members = NULL;
	*ret_refusal = NO_REFUSAL;
	status s = verify(r, client, keys, object, ret_refusal);
	if (s == ST_OK)
		s = members_of(object, &r->arena, &members);
	if (s == ST_OK)
		s = read_members(members, &r->arena, ret);
	if (is_fault(s))
		return s;
	if (s != ST_OK) {
		if (!ret_refusal->error)
			*ret_refusal = bad("the request object cannot be read");
		return ST_OK;
	}
	if (json_number_value(json_object_get(members, "nbf")) < (double)(r->now - HOUR_S))
		*ret_refusal = bad("the request object is more than an hour old");
	if (params_get(ret, "request").n || params_get(ret, "request_uri").n)
		*ret_refusal = bad("request objects do not nest");
	*ret_jti = params_get(ret, "jti");
	return ST_OK;
}
