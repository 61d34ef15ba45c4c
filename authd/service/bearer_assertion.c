#include "authd/service/bearer_assertion.h"

#include "authd/service/json_fields.h"
#include "authd/service/login_name.h"
#include "libauth/auth.h"
#include "libauth/base/encode.h"

enum { LIFETIME_MAX_S = 600 };

status bearer_assertion_peek(struct slice assertion, struct arena *a, struct slice *ret_issuer)
{
	if (assertion.n > AUTH_TOKEN_MAX)
		return ST_INVALID;
	AUTO(json) json_t *claims = NULL;
	struct error why;
	struct slice rest = slice_from(assertion, slice_find(assertion, '.') + 1), payload;
	TRY(arena_base64url_decode(a, slice_first(rest, slice_find(rest, '.')), &payload));
	TRY(json_object_read(payload, &claims, &why));
	json_t *iss = json_object_get(claims, "iss");
	if (!json_is_string(iss))
		return ST_INVALID;
	struct slice copy = arena_copy(a, slice_of(json_string_value(iss), json_string_length(iss)));
	if (!copy.p)
		return ST_NOMEM;
	*ret_issuer = copy;
	return ST_OK;
}

/* ---- verifying ------------------------------------------------------------------------------ */

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

static status from_auth(enum auth_status s, struct bearer_assertion *ret)
{
	if (s == AUTH_NOMEM)
		return ST_NOMEM;
	if (s < 0)
		return ST_BUG;
	ret->reason = auth_strerror(s);
	return s == AUTH_OK ? ST_OK : ST_INVALID;
}

/* No client_id begins with a blank: so no client's own assertion has this key. */
static status note(const struct exchange_policy *row, const struct auth_claims *claims, int64_t left,
		   struct arena *a, struct bearer_assertion *ret)
{
	struct slice key = arena_format(a, " %.*s %s", SLICE_FMT(row->issuer), auth_claims_jti(claims));
	struct slice sub = arena_copy(a, slice_str(auth_claims_sub(claims)));
	if (!key.p || !sub.p)
		return ST_NOMEM;
	ret->subject = sub;
	ret->replay = (struct cache_command){ .verb = CACHE_ADD,
					      .kind = CACHE_REPLAY,
					      .key = key,
					      .value = SLICE("1"),
					      .expires_in_s = left > 0 ? left : 1 };
	return ST_OK;
}

status bearer_assertion_verify(struct issuer *is, const struct exchange_policy *row, struct slice assertion,
			       int64_t now, struct arena *a, struct bearer_assertion *ret)
{
	static const char *const TYPES[] = { "JWT", "authorization-grant+jwt", "", NULL };
	static const char *const CLAIMS[] = { "sub", "jti", NULL };
	AUTO_CHECKING struct checking c = { 0 };
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

	TRY(from_auth(auth_verifier_new(&options, &c.verifier, NULL), ret));
	TRY(from_auth(auth_keyset_from_json(row->jwks.p, row->jwks.n, &c.keys, NULL), ret));
	TRY(from_auth(auth_verifier_set_keys(c.verifier, c.keys), ret));
	TRY(from_auth(auth_verify(c.verifier, (const char *)assertion.p, assertion.n, now, &c.claims), ret));
	return note(row, c.claims, auth_claims_exp(c.claims) + options.leeway_s - now, a, ret);
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
