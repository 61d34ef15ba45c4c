#include "authd/model/exchange_policy.h"

#include "authd/model/codec.h"
#include "libauth/base/mem.h"

static const char *const RULES[] = {
	[SUBJECT_CLIENT] = "client",
	[SUBJECT_LOGIN] = "login",
	[SUBJECT_ID] = "id",
};

const char *subject_rule_name(enum subject_rule rule)
{
	const char *name = rule < COUNT_OF(RULES) ? RULES[rule] : NULL;
	return name ? name : "token";
}

status subject_rule_parse(struct slice name, enum subject_rule *ret)
{
	for (size_t rule = SUBJECT_CLIENT; rule < COUNT_OF(RULES); rule++) {
		if (slice_is(name, RULES[rule])) {
			*ret = (enum subject_rule)rule;
			return ST_OK;
		}
	}
	return ST_INVALID;
}

#define AT(member) offsetof(struct exchange_policy, member)

static const struct codec_field FIELDS[] = {
	{ 1, CODEC_SLICE, AT(client_id) },
	{ 2, CODEC_SLICE, AT(issuer) },
	{ 3, CODEC_SLICE, AT(token_type) },
	{ 4, CODEC_SLICE, AT(audience) },
	{ 5, CODEC_SLICE, AT(jwks) },
	{ 6, CODEC_ENUM, AT(subject_rule), SUBJECT_OF_TOKEN, SUBJECT_ID },
	{ 7, CODEC_SLICE, AT(scope) },
	{ 8, CODEC_INT64, AT(created_at) },
};
static const struct codec EXCHANGE_POLICY = CODEC(struct exchange_policy, FIELDS);

status exchange_policy_encode(const struct exchange_policy *p, struct buf *out)
{
	return codec_encode(&EXCHANGE_POLICY, p, out);
}

status exchange_policy_decode(struct slice bytes, struct exchange_policy *ret)
{
	return codec_decode(&EXCHANGE_POLICY, bytes, NULL, ret);
}
