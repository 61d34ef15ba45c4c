#include "authd/service/client_secret_jwt.h"

#include "authd/service/foreign_jwt.h"
#include "authd/service/sealed_text.h"
#include "libauth/base/encode.h"

#include <openssl/hmac.h>

enum { LEEWAY_S = 60, SECRET_MIN = 32 };

static struct slice label(struct slice client_id, struct arena *a)
{
	return arena_format(a, "client secret %.*s", SLICE_FMT(client_id));
}

status client_secret_seal(struct issuer *is, struct slice client_id, struct slice secret, struct arena *a,
			  struct slice *ret)
{
	struct slice what = label(client_id, a);
	return what.p ? sealed_text_make(is, SECRET_SUBJECT_WRAP, what, secret, a, ret) : ST_NOMEM;
}

status client_secret_renew(struct issuer *is, const struct client *c, struct arena *a, struct slice *ret,
			   bool *ret_new)
{
	struct secret_ages ages;
	struct slice secret;
	TRY(keys_secret_ages(is->keys, SECRET_SUBJECT_WRAP, &ages));
	*ret_new = c->secret_sealed.n && sealed_text_version(c->secret_sealed, a) != ages.newest;
	if (!*ret_new)
		return ST_OK;
	struct slice what = label(c->client_id, a);
	if (!what.p)
		return ST_NOMEM;
	status s = sealed_text_open(is, SECRET_SUBJECT_WRAP, what, c->secret_sealed, a, &secret);
	if (s != ST_OK)
		return is_fault(s) ? s : ST_CORRUPT;
	return client_secret_seal(is, c->client_id, secret, a, ret);
}

static bool text_is(const json_t *object, const char *name, struct slice wanted)
{
	const json_t *v = json_object_get(object, name);
	return json_is_string(v) &&
	       slice_equal(slice_of(json_string_value(v), json_string_length(v)), wanted);
}

/* RFC 7515 §4.1: what it does not know of, it may not pass over. */
static bool header_is_good(const json_t *header)
{
	return text_is(header, "alg", SLICE("HS256")) && !json_object_get(header, "crit") &&
	       !json_object_get(header, "b64") && !json_object_get(header, "zip") &&
	       (!json_object_get(header, "typ") || text_is(header, "typ", SLICE("JWT")) ||
		text_is(header, "typ", SLICE("client-authentication+jwt")));
}

static bool mac_is_good(struct slice secret, struct slice signed_part, struct slice text, struct arena *a)
{
	uint8_t expected[32];
	unsigned n = sizeof expected;
	struct slice given;
	return secret.n >= SECRET_MIN && arena_base64url_decode(a, text, &given) == ST_OK &&
	       HMAC(EVP_sha256(), secret.p, (int)secret.n, signed_part.p, signed_part.n, expected, &n) &&
	       slice_equal_secret(slice_of(expected, n), given);
}

/* Header and MAC; the claims come back once it is the client's. */
static status open_assertion(struct slice assertion, struct slice secret, struct arena *a, json_t **ret)
{
	AUTO(json) json_t *header = NULL;
	TRY(jwt_peek(assertion, JWT_HEADER, a, &header));
	struct slice signature = jwt_part(assertion, JWT_SIGNATURE);
	struct slice signed_part = slice_first(assertion, assertion.n - signature.n - 1);
	if (!header_is_good(header) || !mac_is_good(secret, signed_part, signature, a))
		return ST_INVALID;
	return jwt_peek(assertion, JWT_PAYLOAD, a, ret);
}

static bool audience_has(const json_t *aud, const struct client_audiences *audiences)
{
	size_t i;
	const json_t *one;
	json_array_foreach((json_t *)aud, i, one)
		if (audience_has(one, audiences))
			return true;
	for (const char *const *item = audiences->items; *item && json_is_string(aud); item++)
		if (strcmp(json_string_value(aud), *item) == 0)
			return true;
	return false;
}

static const char *check_times(const json_t *claims, int64_t now)
{
	const json_t *exp = json_object_get(claims, "exp"), *nbf = json_object_get(claims, "nbf");
	const json_t *iat = json_object_get(claims, "iat");
	if (!json_is_number(exp) || (nbf && !json_is_number(nbf)) || (iat && !json_is_number(iat)))
		return "a time is missing from the client assertion, or is no number";
	if (json_number_value(exp) + LEEWAY_S <= (double)now)
		return "the client assertion has expired";
	if (json_number_value(exp) > (double)(now + CLIENT_ASSERTION_LIFE_MAX_S + LEEWAY_S))
		return "the client assertion lives for too long";
	if ((nbf && json_number_value(nbf) > (double)(now + LEEWAY_S)) ||
	    (iat && json_number_value(iat) > (double)(now + LEEWAY_S)))
		return "the client assertion is not valid yet";
	return NULL;
}

static const char *check_claims(const json_t *claims, const struct client *client,
				const struct client_audiences *audiences, int64_t now)
{
	if (!text_is(claims, "iss", client->client_id) || !text_is(claims, "sub", client->client_id))
		return "the client assertion's iss and sub are not the client";
	if (!audience_has(json_object_get(claims, "aud"), audiences))
		return "the client assertion is for another audience";
	if (!json_string_length(json_object_get(claims, "jti")))
		return "the client assertion has no jti";
	return check_times(claims, now);
}

status client_secret_jwt_verify(struct issuer *is, const struct client *client, struct slice assertion,
				const char *endpoint, int64_t now, struct arena *a,
				struct client_assertion *ret)
{
	struct client_audiences audiences;
	struct slice what = label(client->client_id, a), secret;
	if (!what.p)
		return ST_NOMEM;
	TRY(client_audiences_make(is, client, endpoint, a, &audiences));
	status s = sealed_text_open(is, SECRET_SUBJECT_WRAP, what, client->secret_sealed, a, &secret);
	if (s != ST_OK)
		return s == ST_INVALID ? ST_CORRUPT : s;
	AUTO(json) json_t *claims = NULL;
	s = open_assertion(assertion, secret, a, &claims);
	if (is_fault(s))
		return s;
	ret->reason = s == ST_OK ? check_claims(claims, client, &audiences, now)
				 : "the client assertion is not HS256 by the client's secret";
	if (ret->reason)
		return ST_INVALID;
	const json_t *jti = json_object_get(claims, "jti");
	struct slice copy = arena_copy(a, slice_of(json_string_value(jti), json_string_length(jti)));
	int64_t exp = (int64_t)json_number_value(json_object_get(claims, "exp"));
	if (!copy.p)
		return ST_NOMEM;
	*ret = (struct client_assertion){ .jti = copy, .expires_in_s = exp + LEEWAY_S - now };
	return ST_OK;
}
