#include "authd/service/bearer_assertion.h"

#include "authd/service/foreign_jwt.h"
#include "authd/service/login_name.h"

enum { LIFETIME_MAX_S = 600 };

status bearer_assertion_peek(struct slice assertion, struct arena *a, struct slice *ret_issuer)
{
	return jwt_peek_claim(assertion, "iss", a, ret_issuer);
}

static status note(const struct exchange_policy *row, const struct auth_claims *claims, int64_t left,
		   struct arena *a, struct bearer_assertion *ret)
{
	struct slice sub = arena_copy(a, slice_str(auth_claims_sub(claims)));
	if (!sub.p)
		return ST_NOMEM;
	ret->subject = sub;
	return replay_mark("grant", row->issuer, slice_str(auth_claims_jti(claims)), left, a, &ret->replay);
}

status bearer_assertion_verify(struct issuer *is, const struct exchange_policy *row, struct slice assertion,
			       int64_t now, struct arena *a, struct bearer_assertion *ret)
{
	static const char *const TYPES[] = { "JWT", "authorization-grant+jwt", "", NULL };
	static const char *const CLAIMS[] = { "sub", "jti", NULL };
	AUTO(auth_claims) struct auth_claims *claims = NULL;
	enum auth_status answer;
	struct auth_options options = AUTH_OPTIONS_INIT;
	options.kind = AUTH_OTHER_TOKEN;
	options.types = TYPES;
	options.claims = CLAIMS;
	options.issuer = arena_string(a, row->issuer);
	options.audience = is->conf->issuer;
	options.flags = AUTH_SINGLE_AUDIENCE;
	options.max_lifetime_s = LIFETIME_MAX_S;
	if (!options.issuer)
		return ST_NOMEM;

	status s = jwt_verify_jwks(&options, row->jwks, assertion, now, &answer, &claims);
	if (s == ST_INVALID)
		ret->reason = auth_strerror(answer);
	TRY(s);
	return note(row, claims, auth_claims_exp(claims) + options.leeway_s - now, a, ret);
}

/* ---- whom it means -------------------------------------------------------------------------- */

static status find_id(struct issuer *is, enum subject_rule rule, struct slice sub, int64_t now,
		      struct arena *a, struct id *ret)
{
	struct subject subject;
	if (rule == SUBJECT_ID)
		return id_parse(sub, ret) == ST_OK ? ST_OK : ST_NOT_FOUND;
	TRY(subjects_find_login(is, sub, now, a, &subject));
	*ret = subject.id;
	return ST_OK;
}

status bearer_assertion_subject(struct issuer *is, const struct exchange_policy *row, struct slice sub,
				int64_t now, struct arena *a, struct subject *ret, uint64_t *ret_version)
{
	struct subject subject = { 0 };
	struct id id;
	uint64_t version = VERSION_NONE;
	if (row->subject_rule == SUBJECT_OF_TOKEN)
		return ST_NOT_FOUND;
	if (row->subject_rule == SUBJECT_CLIENT) {
		if (!slice_equal(sub, row->client_id))
			return ST_NOT_FOUND;
	} else {
		TRY(find_id(is, row->subject_rule, sub, now, a, &id));
		TRY(subjects_get_version(is, id, a, &subject, &version));
		if (subject.state != SUBJECT_ACTIVE)
			return ST_NOT_FOUND;
	}
	*ret = subject;
	*ret_version = version;
	return ST_OK;
}
