#include "authd/service/profile.h"

/* FAPI 2.0 Security Profile §5.4.1 */
static const char *const STRONG[] = { "PS256", "ES256", "EdDSA", NULL };

#define METHOD(m) (1U << (m))
/* FAPI 2.0 Security Profile §5.3.2.1, points 6 and 7 */
enum {
	BY_KEY = METHOD(CLIENT_AUTH_PRIVATE_KEY_JWT) | METHOD(CLIENT_AUTH_TLS) |
		 METHOD(CLIENT_AUTH_SELF_SIGNED_TLS)
};

static const struct profile PROFILES[] = {
	{ .name = "" },
	{
		.name = "fapi2-security",
		.pushed_requests = true,
		.pkce = true,
		.bound_tokens = true,
		.issuer_audience = true,
		.steady_refresh = true,
		.auth_methods = BY_KEY,
		.algorithms = STRONG,
	},
	{
		.name = "fapi2-message-signing",
		.pushed_requests = true,
		.signed_requests = true,
		.signed_responses = true,
		.pkce = true,
		.bound_tokens = true,
		.issuer_audience = true,
		.steady_refresh = true,
		.auth_methods = BY_KEY,
		.algorithms = STRONG,
	},
};

const struct profile *profile_find(struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(PROFILES); i++)
		if (slice_is(name, PROFILES[i].name))
			return &PROFILES[i];
	return NULL;
}

const struct profile *profile_of(const struct client *c)
{
	const struct profile *p = profile_find(c->profile);
	/* A name that a later version wrote: the strictest row, not the loosest. */
	return p ? p : &PROFILES[COUNT_OF(PROFILES) - 1];
}

bool profile_allows(const struct profile *p, struct slice algorithm)
{
	for (size_t i = 0; p->algorithms && p->algorithms[i]; i++)
		if (slice_is(algorithm, p->algorithms[i]))
			return true;
	return !p->algorithms;
}

/* ---- at registration ------------------------------------------------------------------------ */

static status check_algorithms(const struct profile *p, const struct client *c, struct error *e)
{
	const struct {
		const char *member;
		struct slice value;
	} ALL[] = {
		{ "id_token_signed_response_alg", c->id_token_signed_response_alg },
		{ "token_endpoint_auth_signing_alg", c->token_endpoint_auth_signing_alg },
		{ "request_object_signing_alg", c->request_object_signing_alg },
		{ "authorization_signed_response_alg", c->authorization_signed_response_alg },
		{ "userinfo_signed_response_alg", c->userinfo_signed_response_alg },
		{ "introspection_signed_response_alg", c->introspection_signed_response_alg },
	};
	for (size_t i = 0; i < COUNT_OF(ALL); i++)
		if (ALL[i].value.n && !profile_allows(p, ALL[i].value))
			return error_set(e, ST_INVALID, "%s: %s takes PS256, ES256 and EdDSA alone", ALL[i].member,
					 p->name);
	return ST_OK;
}

static bool is_bound(const struct client *c)
{
	return c->dpop_bound_access_tokens || c->tls_client_certificate_bound_access_tokens;
}

status profile_check(const struct client *c, struct error *e)
{
	const struct profile *p = profile_find(c->profile);
	if (!p)
		return error_set(e, ST_INVALID, "profile: none of fapi2-security, fapi2-message-signing");
	if (p->auth_methods && !(p->auth_methods & METHOD(c->token_endpoint_auth_method)))
		return error_set(e, ST_INVALID, "token_endpoint_auth_method: %s takes private_key_jwt or mTLS",
				 p->name);
	if (p->bound_tokens && !is_bound(c))
		return error_set(e, ST_INVALID, "%s: set dpop_bound_access_tokens or "
				 "tls_client_certificate_bound_access_tokens", p->name);
	if (p->pkce && !c->require_pkce)
		return error_set(e, ST_INVALID, "require_pkce: %s demands it", p->name);
	if (p->steady_refresh && c->rotate_refresh)
		return error_set(e, ST_INVALID, "rotate_refresh: %s forbids it", p->name);
	if (p->signed_responses && slice_empty(c->authorization_signed_response_alg))
		return error_set(e, ST_INVALID, "authorization_signed_response_alg: %s demands it", p->name);
	return check_algorithms(p, c, e);
}

/* ---- at a request --------------------------------------------------------------------------- */

bool client_must_push(const struct issuer *is, const struct client *c)
{
	return profile_of(c)->pushed_requests || c->require_pushed_authorization_requests ||
	       slice_is(slice_str(is->conf->authorization.requests), "pushed");
}

bool client_must_sign_requests(const struct client *c)
{
	return profile_of(c)->signed_requests || c->require_signed_request_object;
}
