#include "authd/oauth/request_object.h"

#include "authd/service/foreign_jwt.h"
#include "authd/service/json_fields.h"
#include "authd/service/profile.h"

enum { HOUR_S = 3600, OBJECT_MEMBERS_MAX = PARAMS_MAX };

/* What is asked of an object. */
struct rules {
	const struct oauth_error *error; /* what is wrong with it has this name */
	const char *claims[5];           /* those that must be there */
	struct slice algorithm;          /* that the client has registered, if any */
	const char *const *algorithms;   /* else these; NULL: all that libauth takes */
	struct refusal if_unsigned;
};

const char BACKCHANNEL_ALGORITHMS[] = "ES256 PS256 EdDSA";
static const char *const OF_BACKCHANNEL[] = { "ES256", "PS256", "EdDSA", NULL };

/* CIBA §13 has no other name for what is wrong with a request object. */
static struct rules backchannel_rules(const struct client *client)
{
	return (struct rules){
		.error = &INVALID_REQUEST,
		.claims = { "exp", "nbf", "iat", "jti" },
		.algorithm = client->backchannel_authentication_request_signing_alg,
		.algorithms = OF_BACKCHANNEL,
		.if_unsigned = refuse(&INVALID_REQUEST, "the request object is not signed"),
	};
}

static struct refusal unsigned_refusal(const struct client *client, enum request_object_use use)
{
	struct slice algorithm = client->request_object_signing_alg;
	bool named = slice_is(algorithm, "none"), vouched = use == OBJECT_FETCHED && !algorithm.n;
	if (client_must_sign_requests(client))
		return refuse(&INVALID_REQUEST_OBJECT, "the request object is not signed");
	if ((named || vouched) && !profile_of(client)->algorithms)
		return NO_REFUSAL;
	return refuse(&REQUEST_NOT_SUPPORTED, "unsigned request objects are for clients that registered them");
}

static struct rules authorization_rules(const struct client *client, enum request_object_use use)
{
	const struct profile *profile = profile_of(client);
	struct rules rules = {
		.error = &INVALID_REQUEST_OBJECT,
		.algorithm = client->request_object_signing_alg,
		.algorithms = profile->algorithms,
		.if_unsigned = unsigned_refusal(client, use),
	};
	if (profile->signed_requests)
		rules.claims[0] = "exp", rules.claims[1] = "nbf";
	return rules;
}

/* ---- is it good? ------------------------------------------------------------------------------ */

struct reading {
	struct request *request;
	const struct client *client;
	struct slice keys, object;
	struct rules rules;
	struct refusal refusal; /* set where ST_INVALID is answered */
};

static status bad(struct reading *rd, const char *why)
{
	rd->refusal = refuse(rd->rules.error, why);
	return ST_INVALID;
}

static status verify(struct reading *rd)
{
	AUTO(auth_claims) struct auth_claims *claims = NULL;
	struct arena *a = &rd->request->arena;
	const char *issuer = arena_string(a, rd->client->client_id);
	const char *one[] = { arena_string(a, rd->rules.algorithm), NULL };
	if (!issuer || !one[0])
		return ST_NOMEM;

	struct auth_options options = AUTH_OPTIONS_INIT;
	options.kind = AUTH_REQUEST_OBJECT;
	options.issuer = issuer;
	options.audience = rd->request->issuer->conf->issuer;
	options.max_lifetime_s = HOUR_S;
	options.claims = rd->rules.claims;
	options.algorithms = rd->rules.algorithm.n ? one : rd->rules.algorithms;

	enum auth_status answer;
	status s = jwt_verify_jwks(&options, rd->keys, rd->object, rd->request->now, &answer, &claims);
	return s == ST_INVALID ? bad(rd, auth_strerror(answer)) : s;
}

/* FAPI 2.0 Message Signing §5.3.1, points 3 and 4; FAPI-CIBA §5.2.2: libauth has seen that both are integers. */
static status check_bounds(struct reading *rd, const json_t *members)
{
	double nbf = json_number_value(json_object_get(members, "nbf"));
	double exp = json_number_value(json_object_get(members, "exp"));
	if (!rd->rules.claims[0])
		return ST_OK;
	if (nbf < (double)(rd->request->now - HOUR_S))
		return bad(rd, "the request object is more than an hour old");
	return exp <= nbf + HOUR_S ? ST_OK : bad(rd, "the request object lives for more than an hour");
}

/* Nobody vouches for these; only what has passed is refused. */
static status check_unsigned(struct reading *rd, const json_t *members)
{
	int64_t now = rd->request->now;
	const json_t *exp = json_object_get(members, "exp"), *nbf = json_object_get(members, "nbf");
	rd->refusal = rd->rules.if_unsigned;
	if (rd->refusal.error)
		return ST_INVALID;
	if (exp && (!json_is_integer(exp) || json_integer_value(exp) <= now))
		return bad(rd, "the request object has expired");
	if (nbf && (!json_is_integer(nbf) || json_integer_value(nbf) > now + AUTH_LEEWAY_DEFAULT))
		return bad(rd, "the request object is not valid yet");
	return ST_OK;
}

/* A header of alg none that asks for nothing more, and an empty signature: its period is there. */
static bool is_unsigned(struct slice object, struct arena *a)
{
	AUTO(json) json_t *header = NULL;
	bool empty = object.n && object.p[object.n - 1] == '.' && !jwt_part(object, JWT_SIGNATURE).n;
	if (!empty || jwt_peek(object, JWT_HEADER, a, &header) != ST_OK)
		return false;
	const char *alg = json_string_value(json_object_get(header, "alg"));
	return alg && !strcmp(alg, "none") && !json_object_get(header, "crit");
}

/* ---- its members ---------------------------------------------------------------------------- */

static struct slice value_text(const json_t *value, struct arena *a)
{
	if (json_is_string(value))
		return arena_copy(a, json_text_of(value));
	return json_dump(value, JSON_COMPACT | JSON_ENCODE_ANY, a);
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

static status take_member(struct reading *rd, const char *name, const json_t *value, struct params *p)
{
	if (jwt_is_about_itself(name) || json_is_null(value))
		return ST_OK;
	/* RFC 9101 §4: objects do not nest. */
	if (!strcmp(name, "request") || !strcmp(name, "request_uri"))
		return bad(rd, "a request object has no request and no request_uri");
	if (!strcmp(name, "client_id"))
		return slice_is(rd->client->client_id, json_string_value(value))
			       ? ST_OK
			       : bad(rd, "client_id is not the one of the request");
	status s = add_member(p, name, value, &rd->request->arena);
	return s == ST_TOO_LARGE ? bad(rd, "the request object has too many members") : s;
}

static status read_members(struct reading *rd, const json_t *members, struct request_object *ret)
{
	struct arena *a = &rd->request->arena;
	struct params p = { .items = arena_array(a, struct param, OBJECT_MEMBERS_MAX) };
	const json_t *jti = json_object_get(members, "jti");
	struct slice jti_copy = jti ? value_text(jti, a) : NO_SLICE;
	if (!p.items || (jti && !jti_copy.p))
		return ST_NOMEM;
	p.items[p.n++] = (struct param){ SLICE("client_id"), rd->client->client_id };
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)members, name, value)
		TRY(take_member(rd, name, value, &p));
	ret->params = p;
	ret->jti = jti_copy;
	return ST_OK;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static status read_object(struct reading *rd, struct request_object *ret)
{
	AUTO(json) json_t *members = NULL;
	struct arena *a = &rd->request->arena;
	struct request_object object = { .is_signed = !is_unsigned(rd->object, a) };
	if (rd->object.n > AUTH_TOKEN_MAX)
		return bad(rd, "the request object is over 8 KiB");
	status s = jwt_peek(rd->object, JWT_PAYLOAD, a, &members);
	if (s != ST_OK)
		return s == ST_INVALID ? bad(rd, "the request object is no JWT") : s;
	if (object.is_signed)
		TRY(verify(rd));
	TRY(object.is_signed ? check_bounds(rd, members) : check_unsigned(rd, members));
	TRY(read_members(rd, members, &object));
	*ret = object;
	return ST_OK;
}

status request_object_read(struct request *r, const struct client *client, struct slice keys,
			   struct slice object, enum request_object_use use, struct request_object *ret,
			   struct refusal *ret_refusal)
{
	struct reading rd = {
		.request = r,
		.client = client,
		.keys = keys,
		.object = object,
		.rules = use == OBJECT_BACKCHANNEL ? backchannel_rules(client) : authorization_rules(client, use),
	};
	status s = read_object(&rd, ret);
	if (is_fault(s))
		return s;
	*ret_refusal = rd.refusal;
	return ST_OK;
}
