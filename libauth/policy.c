#include "libauth/policy.h"

#include "libauth/base/mem.h"
#include "libauth/kind.h"

#include <strings.h>

enum { LEEWAY_MAX_S = 3600 };

static const char *const DEFAULT_LADDER[] = {
	"urn:authd:acr:rn2", "urn:authd:acr:rn3", "urn:authd:acr:rn4", "urn:authd:acr:rn5", NULL,
};

/* ---- from options --------------------------------------------------------------------------- */

static status copy(struct policy *p, const char *s, struct slice *ret)
{
	if (!s)
		return ST_OK;
	*ret = arena_copy(&p->arena, slice_str(s));
	return ret->p ? ST_OK : ST_NOMEM;
}

static status copy_list(struct policy *p, const char *const *list, struct names *ret)
{
	size_t n = 0;
	while (list && list[n])
		n++;
	ret->items = arena_array(&p->arena, struct slice, n + 1);
	if (!ret->items)
		return ST_NOMEM;
	for (; ret->n < n; ret->n++)
		TRY(copy(p, list[ret->n], &ret->items[ret->n]));
	return ST_OK;
}

static status copy_audiences(struct policy *p, const struct auth_options *o, struct error *e)
{
	const char *one[] = { o->audience, NULL };
	if (o->audience && o->audiences)
		return error_set(e, ST_INVALID, "audience and audiences are both set");
	TRY(copy_list(p, o->audiences ? o->audiences : one, &p->audiences));
	if (!p->audiences.n && !(o->flags & AUTH_ANY_AUDIENCE))
		return error_set(e, ST_INVALID, "no audience, and not AUTH_ANY_AUDIENCE");
	return ST_OK;
}

static status copy_issuer(struct policy *p, const struct auth_options *o, struct error *e)
{
	if (!o->issuer && !(o->flags & AUTH_ANY_ISSUER))
		return error_set(e, ST_INVALID, "no issuer, and not AUTH_ANY_ISSUER");
	return copy(p, o->issuer, &p->issuer);
}

static status copy_algorithms(struct policy *p, const char *const *names, struct error *e)
{
	if (!names)
		p->algorithms = (1U << ALGORITHM_COUNT) - 1;
	for (; names && *names; names++) {
		const struct algorithm *a = algorithm_find(slice_str(*names));
		if (!a)
			return error_set(e, ST_INVALID, "algorithm \"%.40s\" is not known", *names);
		p->algorithms |= 1U << (a - ALGORITHMS);
	}
	return p->algorithms ? ST_OK : error_set(e, ST_INVALID, "no algorithm is allowed");
}

static bool find_name(const struct names *names, struct slice name, size_t *ret)
{
	for (size_t i = 0; i < names->n; i++) {
		if (!slice_equal(names->items[i], name))
			continue;
		*ret = i;
		return true;
	}
	return false;
}

static status copy_level(struct policy *p, const struct auth_options *o, struct error *e)
{
	TRY(copy_list(p, o->acr_ladder ? o->acr_ladder : DEFAULT_LADDER, &p->ladder));
	p->has_min_level = o->min_acr;
	if (o->min_acr && !find_name(&p->ladder, slice_str(o->min_acr), &p->min_level))
		return error_set(e, ST_INVALID, "min_acr \"%.100s\" is not in acr_ladder", o->min_acr);
	return ST_OK;
}

static status copy_times(struct policy *p, const struct auth_options *o, struct error *e)
{
	static const int64_t MOST = INT32_MAX;
	if (o->leeway_s < 0 || o->leeway_s > LEEWAY_MAX_S)
		return error_set(e, ST_INVALID, "leeway_s is not within 0 and %d", LEEWAY_MAX_S);
	if (o->max_age_s < -1 || o->max_token_age_s < -1 || o->max_lifetime_s < -1 ||
	    o->max_list_age_s < -1 || o->max_age_s > MOST || o->max_token_age_s > MOST ||
	    o->max_lifetime_s > MOST || o->max_list_age_s > MOST)
		return error_set(e, ST_INVALID, "an age is neither -1 nor within 0 and 2^31-1");
	p->leeway_s = o->leeway_s;
	p->max_age_s = o->max_age_s;
	p->max_token_age_s = o->max_token_age_s;
	p->max_lifetime_s = o->max_lifetime_s;
	p->max_list_age_s = o->max_list_age_s;
	return ST_OK;
}

static status copy_kind(struct policy *p, const struct auth_options *o, struct error *e)
{
	p->rules = kind_find(o->kind);
	if (!p->rules)
		return error_set(e, ST_INVALID, "kind is not an enum auth_kind");
	TRY(copy_list(p, o->types ? o->types : p->rules->types, &p->types));
	if (!p->types.n)
		return error_set(e, ST_INVALID, "no type is accepted");
	return ST_OK;
}

status policy_init(struct policy *p, const struct auth_options *o, struct error *e)
{
	static const unsigned FLAGS = AUTH_ANY_ISSUER | AUTH_ANY_AUDIENCE | AUTH_SINGLE_AUDIENCE |
				      AUTH_IGNORE_EXPIRY | AUTH_REQUIRE_STATUS |
				      AUTH_ACCEPT_REVOCATION_UNKNOWN | AUTH_BOUND;
	if (o->size != sizeof *o)
		return error_set(e, ST_INVALID, "options do not start from AUTH_OPTIONS_INIT");
	if (o->flags & ~FLAGS)
		return error_set(e, ST_INVALID, "a flag is not known");
	p->flags = o->flags;
	TRY(copy_kind(p, o, e));
	TRY(copy_issuer(p, o, e));
	TRY(copy_audiences(p, o, e));
	TRY(copy_algorithms(p, o->algorithms, e));
	TRY(copy_level(p, o, e));
	TRY(copy_times(p, o, e));
	TRY(copy(p, o->authorized_party, &p->authorized_party));
	TRY(copy_list(p, o->scopes, &p->scopes));
	return copy_list(p, o->claims, &p->claims);
}

void policy_done(struct policy *p) { arena_done(&p->arena); }

/* ---- the type ------------------------------------------------------------------------------- */

/* RFC 7515 §4.1.9: a media type, compared without case; "application/" may be left out. */
static bool same_media_type(struct slice a, struct slice b)
{
	return a.n == b.n && (!a.n || !strncasecmp((const char *)a.p, (const char *)b.p, a.n));
}

bool policy_accepts_type(const struct policy *p, struct slice type)
{
	static const struct slice PREFIX = SLICE_INIT("application/");
	if (type.p && !type.n)
		return false;
	if (type.n > PREFIX.n && same_media_type(slice_first(type, PREFIX.n), PREFIX) &&
	    slice_find(slice_from(type, PREFIX.n), '/') == type.n - PREFIX.n)
		type = slice_from(type, PREFIX.n);
	for (size_t i = 0; i < p->types.n; i++)
		if (same_media_type(type, p->types.items[i]))
			return true;
	return false;
}

/* ---- the claims ----------------------------------------------------------------------------- */

/* Claims that are strings wherever they stand. */
static enum auth_status check_strings(const struct auth_claims *c)
{
	static const enum claim STRINGS[] = {
		CLAIM_ISS, CLAIM_SUB, CLAIM_JTI, CLAIM_CLIENT_ID, CLAIM_AZP,
		CLAIM_SCOPE, CLAIM_ACR, CLAIM_SID, CLAIM_NONCE,
	};
	for (size_t i = 0; i < COUNT_OF(STRINGS); i++) {
		const struct auth_value *v = claims_get(c, STRINGS[i]);
		if (v && v->type != AUTH_TYPE_STRING)
			return AUTH_BAD_CLAIM;
	}
	return AUTH_OK;
}

static enum auth_status check_present(const struct policy *p, const struct auth_claims *c)
{
	if (p->rules->required & ~c->present)
		return AUTH_MISSING_CLAIM;
	/* RFC 9449 §7.2, RFC 8705 §3: taken without its proof, a bound token would be a bearer token. */
	if (claims_get(c, CLAIM_CNF) && !(p->flags & AUTH_BOUND))
		return AUTH_WRONG_BINDING;
	if ((p->flags & AUTH_REQUIRE_STATUS) && !claims_get(c, CLAIM_STATUS))
		return AUTH_MISSING_CLAIM;
	for (size_t i = 0; i < p->claims.n; i++)
		if (!claims_find(c, p->claims.items[i]))
			return AUTH_MISSING_CLAIM;
	if (p->rules->forbidden & c->present)
		return AUTH_BAD_CLAIM;
	return p->rules->check ? p->rules->check(c) : AUTH_OK;
}

static enum auth_status check_issuer(const struct policy *p, const struct auth_claims *c)
{
	struct slice iss = json_text(claims_get(c, CLAIM_ISS));
	return !p->issuer.p || slice_equal(iss, p->issuer) ? AUTH_OK : AUTH_WRONG_ISSUER;
}

static enum auth_status check_audience(const struct policy *p, const struct auth_claims *c)
{
	const struct auth_value *aud = claims_get(c, CLAIM_AUD);
	if (aud && !claims_aud_is_valid(c))
		return AUTH_BAD_CLAIM;
	if ((p->flags & AUTH_SINGLE_AUDIENCE) && !json_text(aud).p)
		return AUTH_WRONG_AUDIENCE;
	for (size_t i = 0; i < p->audiences.n; i++)
		if (claims_has_aud(c, p->audiences.items[i]))
			return AUTH_OK;
	return p->audiences.n ? AUTH_WRONG_AUDIENCE : AUTH_OK;
}

/* OpenID Connect Core §3.1.3.7, points 4 and 5 */
static enum auth_status check_party(const struct policy *p, const struct auth_claims *c)
{
	if (!p->authorized_party.p)
		return AUTH_OK;
	struct slice azp = json_text(claims_get(c, CLAIM_AZP));
	if (!azp.p)
		return auth_claims_aud_count(c) > 1 ? AUTH_WRONG_PARTY : AUTH_OK;
	return slice_equal(azp, p->authorized_party) ? AUTH_OK : AUTH_WRONG_PARTY;
}

/* Times have 53 bits and ages 31, so that no sum overflows. */
static enum auth_status check_expiry(const struct policy *p, const struct auth_claims *c, int64_t now)
{
	int64_t exp = 0;
	enum auth_status s = claims_time(c, CLAIM_EXP, &exp);
	if (s == AUTH_NO_CLAIM && p->rules->may_last)
		return AUTH_OK;
	if (s != AUTH_OK)
		return s == AUTH_NO_CLAIM ? AUTH_MISSING_CLAIM : s;
	if (!(p->flags & AUTH_IGNORE_EXPIRY) && now >= exp + p->leeway_s)
		return AUTH_EXPIRED;
	if (p->max_lifetime_s >= 0 && exp - p->max_lifetime_s - p->leeway_s > now)
		return AUTH_LIVES_TOO_LONG;
	return AUTH_OK;
}

/* A time that may not lie in the future, and may not be older than `most` seconds unless that is -1. */
static enum auth_status check_past(const struct policy *p, const struct auth_claims *c,
				   enum claim claim, int64_t most, int64_t now)
{
	int64_t at = 0;
	enum auth_status s = claims_time(c, claim, &at);
	if (s == AUTH_NO_CLAIM)
		return most >= 0 ? AUTH_MISSING_CLAIM : AUTH_OK;
	if (s != AUTH_OK)
		return s;
	if (at - p->leeway_s > now)
		return AUTH_NOT_YET_VALID;
	return most >= 0 && at + most + p->leeway_s < now ? AUTH_TOO_OLD : AUTH_OK;
}

static enum auth_status check_scope(const struct policy *p, const struct auth_claims *c)
{
	struct slice scope = json_text(claims_get(c, CLAIM_SCOPE));
	for (size_t i = 0; i < p->scopes.n; i++)
		if (!slice_has_word(scope, p->scopes.items[i]))
			return AUTH_MISSING_SCOPE;
	return AUTH_OK;
}

static enum auth_status check_level(const struct policy *p, const struct auth_claims *c)
{
	size_t level;
	if (!p->has_min_level)
		return AUTH_OK;
	if (!find_name(&p->ladder, json_text(claims_get(c, CLAIM_ACR)), &level))
		return AUTH_LEVEL_TOO_LOW;
	return level >= p->min_level ? AUTH_OK : AUTH_LEVEL_TOO_LOW;
}

enum auth_status policy_check(const struct policy *p, const struct auth_claims *c, int64_t now)
{
	CHECK(check_strings(c));
	CHECK(check_issuer(p, c));
	CHECK(check_audience(p, c));
	CHECK(check_present(p, c));
	CHECK(check_party(p, c));
	CHECK(check_expiry(p, c, now));
	CHECK(check_past(p, c, CLAIM_NBF, -1, now));
	CHECK(check_past(p, c, CLAIM_IAT, p->max_token_age_s, now));
	CHECK(check_past(p, c, CLAIM_AUTH_TIME, p->max_age_s, now));
	CHECK(check_scope(p, c));
	return check_level(p, c);
}
