#include "libauth/kind.h"

#include "libauth/base/mem.h"

/* RFC 7523 §3, OpenID Connect Core §9: a client asserts itself. */
static enum auth_status check_assertion(const struct auth_claims *c)
{
	struct slice iss = json_text(claims_get(c, CLAIM_ISS));
	struct slice sub = json_text(claims_get(c, CLAIM_SUB));
	return iss.n && slice_equal(iss, sub) ? AUTH_OK : AUTH_BAD_CLAIM;
}

/* OpenID Connect Back-Channel Logout §2.4, §2.6 */
static enum auth_status check_logout(const struct auth_claims *c)
{
	const struct auth_value *event = json_member(
		claims_get(c, CLAIM_EVENTS),
		SLICE("http://schemas.openid.net/event/backchannel-logout"));
	if (auth_value_type(event) != AUTH_TYPE_OBJECT)
		return AUTH_BAD_CLAIM;
	bool names_somebody = claims_get(c, CLAIM_SUB) || claims_get(c, CLAIM_SID);
	return names_somebody ? AUTH_OK : AUTH_MISSING_CLAIM;
}

/* RFC 9701 §5 */
static enum auth_status check_introspection(const struct auth_claims *c)
{
	const struct auth_value *answer = claims_find(c, SLICE("token_introspection"));
	if (!answer)
		return AUTH_MISSING_CLAIM;
	const struct auth_value *active = auth_value_member(answer, "active");
	return auth_value_type(active) == AUTH_TYPE_BOOLEAN ? AUTH_OK : AUTH_BAD_CLAIM;
}

/* RFC 9101 §10.8: an assertion of a client names it in `sub`, and is no request. */
static enum auth_status check_request(const struct auth_claims *c)
{
	struct slice iss = json_text(claims_get(c, CLAIM_ISS));
	struct slice sub = json_text(claims_get(c, CLAIM_SUB));
	return sub.p && slice_equal(iss, sub) ? AUTH_BAD_CLAIM : AUTH_OK;
}

#define BIT(claim) (1U << (claim))

static const struct kind_rules KINDS[] = {
	[AUTH_ACCESS_TOKEN] = {
		.types = { "at+jwt" },
		.required = BIT(CLAIM_EXP) | BIT(CLAIM_SUB) | BIT(CLAIM_CLIENT_ID) | BIT(CLAIM_IAT) |
			    BIT(CLAIM_JTI),
	},
	[AUTH_ID_TOKEN] = {
		.types = { "JWT", "" },
		.required = BIT(CLAIM_EXP) | BIT(CLAIM_SUB) | BIT(CLAIM_IAT),
		.forbidden = BIT(CLAIM_EVENTS),
	},
	[AUTH_CLIENT_ASSERTION] = {
		.types = { "JWT", "client-authentication+jwt", "" },
		.required = BIT(CLAIM_EXP) | BIT(CLAIM_SUB) | BIT(CLAIM_JTI),
		.check = check_assertion,
	},
	[AUTH_LOGOUT_TOKEN] = {
		.types = { "logout+jwt" },
		.required = BIT(CLAIM_EXP) | BIT(CLAIM_IAT) | BIT(CLAIM_JTI) | BIT(CLAIM_EVENTS),
		.forbidden = BIT(CLAIM_NONCE),
		.check = check_logout,
	},
	[AUTH_INTROSPECTION] = {
		.types = { "token-introspection+jwt" },
		.required = BIT(CLAIM_IAT),
		.forbidden = BIT(CLAIM_SUB) | BIT(CLAIM_EXP),
		.may_last = true,
		.check = check_introspection,
	},
	[AUTH_USERINFO] = {
		.types = { "JWT", "" },
		.required = BIT(CLAIM_SUB),
		.forbidden = BIT(CLAIM_EVENTS),
		.may_last = true,
	},
	[AUTH_REQUEST_OBJECT] = {
		.types = { "oauth-authz-req+jwt", "JWT", "" },
		.may_last = true,
		.check = check_request,
	},
	[AUTH_OTHER_TOKEN] = {
		.required = BIT(CLAIM_EXP),
	},
};

const struct kind_rules *kind_find(enum auth_kind kind)
{
	return (size_t)kind < COUNT_OF(KINDS) ? &KINDS[kind] : NULL;
}
