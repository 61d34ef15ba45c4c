#include "authd/service/software_statement.h"

#include "authd/service/foreign_jwt.h"

static const char MEMBER[] = "software_statement";

/* One audience it may have, if any, is this issuer (RFC 7519 §4.1.3). */
static status check_audience(const struct auth_claims *claims, const char *issuer, struct error *e)
{
	if (!auth_claims_aud_count(claims) || auth_claims_has_aud(claims, issuer))
		return ST_OK;
	return error_set(e, ST_INVALID, "%s: it is for another audience", MEMBER);
}

static status refused(enum auth_status why, struct error *e)
{
	bool stranger = why == AUTH_WRONG_ISSUER || why == AUTH_UNKNOWN_KEY;
	return error_set(e, stranger ? ST_FORBIDDEN : ST_INVALID, "%s: %s", MEMBER, auth_strerror(why));
}

static status verify(struct issuer *is, struct slice statement, int64_t now, struct error *e)
{
	AUTO(auth_keyset) struct auth_keyset *keys = NULL;
	AUTO(auth_claims) struct auth_claims *claims = NULL;
	static const char *const TYPES[] = { "JWT", "software-statement+jwt", "", NULL };
	struct auth_options options = AUTH_OPTIONS_INIT;
	options.kind = AUTH_OTHER_TOKEN;
	options.types = TYPES;
	options.flags = AUTH_ANY_ISSUER | AUTH_ANY_AUDIENCE;

	enum auth_status answer = auth_keyset_from_directory(is->conf->registration.statements, &keys, NULL);
	status s = status_of_auth(answer);
	if (s == ST_OK)
		s = jwt_verify(&options, keys, statement, now, &answer, &claims);
	if (s == ST_INVALID)
		return refused(answer, e);
	TRY(s);
	return check_audience(claims, is->conf->issuer, e);
}

status software_statement_apply(struct issuer *is, json_t *metadata, int64_t now, struct arena *a,
				struct error *e)
{
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
	TRY(jwt_peek(statement, JWT_PAYLOAD, a, &claims));
	const char *name;
	json_t *claim;
	void *next;
	json_object_foreach_safe(claims, next, name, claim)
		if (jwt_is_about_itself(name) || !strcmp(name, MEMBER))
			json_object_del(claims, name);
	return json_object_update(metadata, claims) == 0 ? ST_OK : ST_NOMEM;
}
