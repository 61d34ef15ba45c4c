#include "authd/service/software_statement.h"

#include "authd/service/json_fields.h"
#include "libauth/auth.h"
#include "libauth/base/encode.h"

static const char MEMBER[] = "software_statement";

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

static status from_auth(enum auth_status s, struct error *e)
{
	if (s == AUTH_OK)
		return ST_OK;
	if (s < 0)
		return s == AUTH_NOMEM ? ST_NOMEM : ST_UNAVAILABLE;
	bool stranger = s == AUTH_WRONG_ISSUER || s == AUTH_UNKNOWN_KEY;
	return error_set(e, stranger ? ST_FORBIDDEN : ST_INVALID, "%s: %s", MEMBER, auth_strerror(s));
}

/* One audience it may have, if any, is this issuer (RFC 7519 §4.1.3). */
static status check_audience(const struct auth_claims *claims, const char *issuer, struct error *e)
{
	if (!auth_claims_aud_count(claims) || auth_claims_has_aud(claims, issuer))
		return ST_OK;
	return error_set(e, ST_INVALID, "%s: it is for another audience", MEMBER);
}

static status verify(struct issuer *is, struct slice statement, int64_t now, struct error *e)
{
	AUTO_CHECKING struct checking c = { 0 };
	static const char *const TYPES[] = { "JWT", "software-statement+jwt", "", NULL };
	struct auth_options options = AUTH_OPTIONS_INIT;
	options.kind = AUTH_OTHER_TOKEN;
	options.types = TYPES;
	options.flags = AUTH_ANY_ISSUER | AUTH_ANY_AUDIENCE;

	TRY(from_auth(auth_keyset_from_directory(is->conf->registration.statements, &c.keys, NULL), e));
	TRY(from_auth(auth_verifier_new(&options, &c.verifier, NULL), e));
	TRY(from_auth(auth_verifier_set_keys(c.verifier, c.keys), e));
	TRY(from_auth(auth_verify(c.verifier, (const char *)statement.p, statement.n, now, &c.claims), e));
	return check_audience(c.claims, is->conf->issuer, e);
}

static status read_claims(struct slice statement, struct arena *a, json_t **ret, struct error *e)
{
	struct slice rest = slice_from(statement, slice_find(statement, '.') + 1), payload;
	TRY(arena_base64url_decode(a, slice_first(rest, slice_find(rest, '.')), &payload));
	return json_object_read(payload, ret, e);
}

status software_statement_apply(struct issuer *is, json_t *metadata, int64_t now, struct arena *a,
				struct error *e)
{
	static const char *const OF_JWT[] = { "iss", "sub", "aud", "exp", "nbf", "iat", "jti", MEMBER };
	const json_t *value = json_object_get(metadata, MEMBER);
	if (!value)
		return ST_OK;
	if (!json_is_string(value))
		return error_set(e, ST_INVALID, "%s: not a string", MEMBER);
	if (!is->conf->registration.statements)
		return error_set(e, ST_FORBIDDEN, "%s: nobody's are accepted here", MEMBER);
	struct slice statement = slice_of(json_string_value(value), json_string_length(value));
	TRY(verify(is, statement, now, e));

	AUTO(json) json_t *claims = NULL;
	TRY(read_claims(statement, a, &claims, e));
	for (size_t k = 0; k < COUNT_OF(OF_JWT); k++)
		json_object_del(claims, OF_JWT[k]);
	return json_object_update(metadata, claims) == 0 ? ST_OK : ST_NOMEM;
}
