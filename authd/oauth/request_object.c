#include "authd/oauth/request_object.h"

#include "authd/service/json_fields.h"
#include "authd/service/profile.h"
#include "libauth/auth.h"
#include "libauth/base/encode.h"

enum { HOUR_S = 3600, OBJECT_MEMBERS_MAX = PARAMS_MAX };

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

static struct refusal bad_object(const char *why)
{
	return refuse(&INVALID_REQUEST_OBJECT, why);
}

/* ---- signed --------------------------------------------------------------------------------- */

/* What libauth answered, as a status and a refusal. */
static status from_auth(enum auth_status s, struct refusal *ret_refusal)
{
	if (s == AUTH_OK)
		return ST_OK;
	if (s < 0)
		return s == AUTH_NOMEM ? ST_NOMEM : ST_BUG;
	*ret_refusal = bad_object(auth_strerror(s));
	return ST_INVALID;
}

static status verify(struct request *r, const struct client *client, struct slice keys,
		     struct slice object, struct refusal *ret_refusal)
{
	AUTO_CHECKING struct checking c = { 0 };
	static const char *const BOUNDS[] = { "exp", "nbf", NULL };
	const struct profile *profile = profile_of(client);
	const char *issuer = arena_string(&r->arena, client->client_id);
	const char *one[] = { arena_string(&r->arena, client->request_object_signing_alg), NULL };
	if (!issuer)
		return ST_NOMEM;

	struct auth_options options = AUTH_OPTIONS_INIT;
	options.kind = AUTH_REQUEST_OBJECT;
	options.issuer = issuer;
	options.audience = r->issuer->conf->issuer;
	options.max_lifetime_s = HOUR_S;
	options.claims = profile->signed_requests ? BOUNDS : NULL;
	options.algorithms = client->request_object_signing_alg.n ? one : profile->algorithms;

	TRY(from_auth(auth_verifier_new(&options, &c.verifier, NULL), ret_refusal));
	TRY(from_auth(auth_keyset_from_json(keys.p, keys.n, &c.keys, NULL), ret_refusal));
	TRY(from_auth(auth_verifier_set_keys(c.verifier, c.keys), ret_refusal));
	return from_auth(auth_verify(c.verifier, (const char *)object.p, object.n, r->now, &c.claims),
			 ret_refusal);
}

/* FAPI 2.0 Message Signing §5.3.1, points 3 and 4: both are integers, as libauth has seen. */
static bool within_bounds(const json_t *members, int64_t now)
{
	double nbf = json_number_value(json_object_get(members, "nbf"));
	double exp = json_number_value(json_object_get(members, "exp"));
	return nbf >= (double)(now - HOUR_S) && exp <= nbf + HOUR_S;
}

/* ---- not signed ----------------------------------------------------------------------------- */

static status decode_json(struct slice text, struct arena *a, json_t **ret)
{
	struct slice bytes;
	TRY(arena_base64url_decode(a, text, &bytes));
	json_t *object = json_loadb((const char *)bytes.p, bytes.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		return ST_INVALID;
	}
	*ret = object;
	return ST_OK;
}

static bool says_none(struct slice header, struct arena *a)
{
	AUTO(json) json_t *object = NULL;
	if (decode_json(header, a, &object) != ST_OK)
		return false;
	const char *alg = json_string_value(json_object_get(object, "alg"));
	return alg && !strcmp(alg, "none");
}

/* Nobody vouches for these; only what has passed is refused. */
static struct refusal check_unsigned(const json_t *members, int64_t now)
{
	const json_t *exp = json_object_get(members, "exp"), *nbf = json_object_get(members, "nbf");
	if (exp && (!json_is_integer(exp) || json_integer_value(exp) <= now))
		return bad_object("the request object has expired");
	if (nbf && (!json_is_integer(nbf) || json_integer_value(nbf) > now + AUTH_LEEWAY_DEFAULT))
		return bad_object("the request object is not valid yet");
	return NO_REFUSAL;
}

/* ---- its members ---------------------------------------------------------------------------- */

/* What a JWT says of itself (RFC 7519 §4.1) is no parameter. */
static bool is_about_itself(const char *name)
{
	static const char *const NAMES[] = { "iss", "aud", "exp", "nbf", "iat", "jti", "sub" };
	for (size_t i = 0; i < COUNT_OF(NAMES); i++)
		if (!strcmp(name, NAMES[i]))
			return true;
	return false;
}

static struct slice value_text(const json_t *value, struct arena *a)
{
	if (json_is_string(value))
		return arena_copy(a, slice_of(json_string_value(value), json_string_length(value)));
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	struct slice copy = text ? arena_copy(a, slice_str(text)) : NO_SLICE;
	free(text);
	return copy;
}

static status add_param(struct params *p, struct slice name, const json_t *value, struct arena *a)
{
	struct param one = { .name = name, .value = value_text(value, a) };
	if (!one.value.p)
		return ST_NOMEM;
	if (p->n == OBJECT_MEMBERS_MAX)
		return ST_TOO_LARGE;
	p->items[p->n++] = one;
	return ST_OK;
}

/* `resource` may name several (RFC 8707 §2): as many parameters. */
static status add_member(struct params *p, const char *name, const json_t *value, struct arena *a)
{
	struct slice copy = arena_copy(a, slice_str(name));
	if (!copy.p)
		return ST_NOMEM;
	if (strcmp(name, "resource") || !json_is_array(value))
		return add_param(p, copy, value, a);
	for (size_t i = 0; i < json_array_size(value); i++)
		TRY(add_param(p, copy, json_array_get(value, i), a));
	return ST_OK;
}

static status read_members(const json_t *members, const struct client *client, struct arena *a,
			   struct params *ret, struct refusal *ret_refusal)
{
	struct params p = { .items = arena_array(a, struct param, OBJECT_MEMBERS_MAX) };
	if (!p.items)
		return ST_NOMEM;
	p.items[p.n++] = (struct param){ SLICE("client_id"), client->client_id };
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)members, name, value) {
		if (is_about_itself(name) || json_is_null(value))
			continue;
		/* RFC 9101 §4: objects do not nest. */
		if (!strcmp(name, "request") || !strcmp(name, "request_uri"))
			*ret_refusal = bad_object("a request object has no request and no request_uri");
		bool is_client_id = !strcmp(name, "client_id");
		if (is_client_id && !slice_is(client->client_id, json_string_value(value)))
			*ret_refusal = bad_object("client_id is not the one of the request");
		status s = is_client_id ? ST_OK : add_member(&p, name, value, a);
		if (s == ST_TOO_LARGE)
			*ret_refusal = bad_object("the request object has too many members");
		if (is_fault(s))
			return s;
	}
	*ret = p;
	return ST_OK;
}

/* ---- the whole ------------------------------------------------------------------------------ */

/* Its second part; and whether it is an unsigned one: a header of alg none, and an empty signature. */
static struct slice payload_of(struct slice object, struct arena *a, bool *ret_unsigned)
{
	struct slice header = slice_first(object, slice_find(object, '.'));
	struct slice rest = slice_from(object, header.n + 1);
	struct slice payload = slice_first(rest, slice_find(rest, '.'));
	*ret_unsigned = payload.n + 1 == rest.n && says_none(header, a);
	return payload;
}

static bool takes_unsigned(const struct client *client)
{
	return slice_is(client->request_object_signing_alg, "none") && !profile_of(client)->algorithms &&
	       !client_must_sign_requests(client);
}

static status check(struct request *r, const struct client *client, struct slice keys,
		    struct slice object, bool is_unsigned, const json_t *members,
		    struct refusal *ret_refusal)
{
	if (is_unsigned && client_must_sign_requests(client)) {
		*ret_refusal = bad_object("the request object is not signed");
	} else if (is_unsigned && !takes_unsigned(client)) {
		*ret_refusal = refuse(&REQUEST_NOT_SUPPORTED,
				      "unsigned request objects are for clients that registered them");
	} else if (is_unsigned) {
		*ret_refusal = check_unsigned(members, r->now);
	} else {
		status s = verify(r, client, keys, object, ret_refusal);
		if (is_fault(s))
			return s;
		if (s == ST_OK && profile_of(client)->signed_requests && !within_bounds(members, r->now))
			*ret_refusal = bad_object("the request object lives for more than an hour");
	}
	return ST_OK;
}

status request_object_read(struct request *r, const struct client *client, struct slice keys,
			   struct slice object, struct params *ret, bool *ret_signed,
			   struct refusal *ret_refusal)
{
	*ret_refusal = NO_REFUSAL;
	if (object.n > AUTH_TOKEN_MAX) {
		*ret_refusal = bad_object("the request object is over 8 KiB");
		return ST_OK;
	}
	bool is_unsigned;
	AUTO(json) json_t *members = NULL;
	status s = decode_json(payload_of(object, &r->arena, &is_unsigned), &r->arena, &members);
	if (is_fault(s))
		return s;
	if (s != ST_OK) {
		*ret_refusal = bad_object("the request object is no JWT");
		return ST_OK;
	}
	TRY(check(r, client, keys, object, is_unsigned, members, ret_refusal));
	if (ret_refusal->error)
		return ST_OK;
	*ret_signed = !is_unsigned;
	return read_members(members, client, &r->arena, ret, ret_refusal);
}
