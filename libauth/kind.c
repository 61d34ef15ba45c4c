#include "libauth/kind.h"

#include "libauth/base/mem.h"

/* RFC 7523 §3, OpenID Connect Core §9: a client asserts itself. */
static enum auth_status check_assertion(const struct auth_claims *c)
{
	struct slice iss = json_text(claims_get(c, SLICE("iss")));
	struct slice sub = json_text(claims_get(c, SLICE("sub")));
	return iss.n && slice_equal(iss, sub) ? AUTH_OK : AUTH_BAD_CLAIM;
}

/* OpenID Connect Back-Channel Logout §2.4, §2.6 */
static enum auth_status check_logout(const struct auth_claims *c)
{
	const struct auth_value *event = json_member(
		claims_get(c, SLICE("events")),
		SLICE("http://schemas.openid.net/event/backchannel-logout"));
	if (auth_value_type(event) != AUTH_TYPE_OBJECT)
		return AUTH_BAD_CLAIM;
	bool names_somebody = claims_get(c, SLICE("sub")) || claims_get(c, SLICE("sid"));
	return names_somebody ? AUTH_OK : AUTH_MISSING_CLAIM;
}

static const struct kind_rules KINDS[] = {
	[AUTH_ACCESS_TOKEN] = {
		.types = { "at+jwt" },
		.required = { "exp", "sub", "client_id", "iat", "jti" },
	},
	[AUTH_ID_TOKEN] = {
		.types = { "JWT", "" },
		.required = { "exp", "sub", "iat" },
		.forbidden = "events",
	},
	[AUTH_CLIENT_ASSERTION] = {
		.types = { "JWT", "client-authentication+jwt", "" },
		.required = { "exp", "sub", "jti" },
		.check = check_assertion,
	},
	[AUTH_LOGOUT_TOKEN] = {
		.types = { "logout+jwt" },
		.required = { "exp", "iat", "jti", "events" },
		.forbidden = "nonce",
		.check = check_logout,
	},
	[AUTH_OTHER_TOKEN] = {
		.required = { "exp" },
	},
};

const struct kind_rules *kind_find(enum auth_kind kind)
{
	return (size_t)kind < COUNT_OF(KINDS) ? &KINDS[kind] : NULL;
}
