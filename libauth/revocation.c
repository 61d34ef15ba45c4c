#include "libauth/revocation.h"

static enum auth_status unknown(const struct policy *p)
{
	return p->flags & AUTH_ACCEPT_REVOCATION_UNKNOWN ? AUTH_OK : AUTH_REVOCATION_UNKNOWN;
}

/* §4.1, point 5 of §8.3: a policy that names an age overrules the issuer's `ttl`. */
static bool is_young(const struct status_list *list, const struct policy *p, int64_t now)
{
	int64_t most = p->max_list_age_s;
	if (most < 0)
		most = list->ttl >= 0 ? list->ttl : AUTH_LIST_AGE_DEFAULT;
	return list->expires > now - p->leeway_s &&
	       (most > INT32_MAX || list->issued + most + p->leeway_s >= now);
}

enum auth_status revocation_check(const struct trust *trust, const struct policy *p,
				  struct slice issuer, struct auth_claims *claims, int64_t now)
{
	const struct auth_value *member = claims_get(claims, CLAIM_STATUS);
	const struct auth_value *reference = auth_value_member(member, "status_list");
	struct slice uri = json_text(auth_value_member(reference, "uri"));
	int64_t index;
	unsigned value;
	if (!member)
		return AUTH_OK;
	if (member->type != AUTH_TYPE_OBJECT)
		return AUTH_BAD_CLAIM;
	if (!reference) /* another mechanism, of which nothing is known here */
		return unknown(p);
	if (auth_value_integer(auth_value_member(reference, "idx"), &index) != AUTH_OK || !uri.n)
		return AUTH_BAD_CLAIM;
	const struct status_list *list = trust_find_list(trust, uri, issuer);
	if (!list)
		return unknown(p);
	if (!status_list_get(list, index, &value))
		return AUTH_BAD_CLAIM;
	/* What was revoked once stays so, however old the list that says it. */
	if (value != STATUS_VALID)
		return AUTH_REVOKED;
	if (!is_young(list, p, now))
		return unknown(p);
	claims->status_checked = true;
	return AUTH_OK;
}
