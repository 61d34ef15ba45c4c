#include "authd/page/asked.h"

#include "authd/page/templates.gen.h"
#include "libauth/base/mem.h"

enum { NAME_SHOWN = 80, PURPOSE_SHOWN = 300 };

/* Scopes with an explanation of their own (OpenID Connect Core §11). */
static const struct {
	const char *scope;
	int field;
} SCOPES[] = {
	{ "openid", FIELD_SCOPE_OPENID },
	{ "offline_access", FIELD_SCOPE_OFFLINE_ACCESS },
};
/* Those that ask for claims (§5.4): what they tell is said claim by claim. */
static const char CLAIM_SCOPES[] = "profile email phone address";

static bool is_explained(struct slice scope)
{
	for (size_t i = 0; i < COUNT_OF(SCOPES); i++)
		if (slice_is(scope, SCOPES[i].scope))
			return true;
	return slice_has_word(slice_str(CLAIM_SCOPES), scope);
}

/* The next scope that has no explanation. */
static bool next_other(struct slice *rest, struct slice *ret)
{
	while (slice_next_word(rest, ret))
		if (!is_explained(*ret))
			return true;
	return false;
}

static bool next_scope(void *rest, struct value *v)
{
	struct slice scope = NO_SLICE;
	bool more = next_other(rest, &scope);
	v[FIELD_SCOPE] = value_shown(scope, NAME_SHOWN, CUT_END);
	return more;
}

/* Claims by name (OIDC Core §5.1). */
static const struct {
	const char *name;
	int field;
} CLAIMS[] = {
	{ "name", FIELD_CLAIM_NAME },
	{ "family_name", FIELD_CLAIM_FAMILY_NAME },
	{ "given_name", FIELD_CLAIM_GIVEN_NAME },
	{ "middle_name", FIELD_CLAIM_MIDDLE_NAME },
	{ "nickname", FIELD_CLAIM_NICKNAME },
	{ "preferred_username", FIELD_CLAIM_PREFERRED_USERNAME },
	{ "profile", FIELD_CLAIM_PROFILE },
	{ "picture", FIELD_CLAIM_PICTURE },
	{ "website", FIELD_CLAIM_WEBSITE },
	{ "gender", FIELD_CLAIM_GENDER },
	{ "birthdate", FIELD_CLAIM_BIRTHDATE },
	{ "zoneinfo", FIELD_CLAIM_ZONEINFO },
	{ "locale", FIELD_CLAIM_LOCALE },
	{ "updated_at", FIELD_CLAIM_UPDATED_AT },
	{ "email", FIELD_CLAIM_EMAIL },
	{ "email_verified", FIELD_CLAIM_EMAIL_VERIFIED },
	{ "phone_number", FIELD_CLAIM_PHONE_NUMBER },
	{ "phone_number_verified", FIELD_CLAIM_PHONE_NUMBER_VERIFIED },
	{ "address", FIELD_CLAIM_ADDRESS },
	{ "age_over_14", FIELD_CLAIM_AGE_OVER_14 },
	{ "age_over_18", FIELD_CLAIM_AGE_OVER_18 },
	{ "age_over_60", FIELD_CLAIM_AGE_OVER_60 },
	{ "region", FIELD_CLAIM_REGION },
	{ "document_type", FIELD_CLAIM_DOCUMENT_TYPE },
	{ "document_number", FIELD_CLAIM_DOCUMENT_NUMBER },
};

static bool next_right(void *rows, struct value *v)
{
	struct page_rights *rights = rows;
	if (!rights->n)
		return false;
	for (size_t i = 0; i < COUNT_OF(CLAIMS); i++)
		v[CLAIMS[i].field] = value_flag(slice_has_word(rights->items->claims, slice_str(CLAIMS[i].name)));
	v[FIELD_RIGHT_PURPOSE] = value_shown(rights->items->purpose, PURPOSE_SHOWN, CUT_END);
	v[FIELD_BY_DUTY] = value_flag(rights->items->by_duty);
	rights->items++;
	rights->n--;
	return true;
}

/* Members of RFC 9396 §2.2, which have a name of ours. */
static const struct {
	const char *name;
	int field;
} MEMBERS[] = {
	{ "actions", FIELD_DETAIL_ACTIONS },       { "datatypes", FIELD_DETAIL_DATATYPES },
	{ "identifier", FIELD_DETAIL_IDENTIFIER }, { "locations", FIELD_DETAIL_LOCATIONS },
	{ "privileges", FIELD_DETAIL_PRIVILEGES },
};

/* Nothing of what somebody agrees to is cut off; it was limited when it was asked for. */
static struct value whole_value(struct slice text) { return value_shown(text, SIZE_MAX, CUT_END); }

static bool next_value(void *rows, struct value *v)
{
	struct page_member *m = rows;
	if (!m->n)
		return false;
	v[FIELD_DETAIL_VALUE] = whole_value(*m->values++);
	m->n--;
	return true;
}

static bool next_member(void *rows, struct value *v)
{
	struct asked *a = rows;
	struct page_detail *d = &a->detail;
	if (!d->n)
		return false;
	a->member = *d->members++;
	d->n--;
	bool known = false;
	for (size_t i = 0; i < COUNT_OF(MEMBERS); i++) {
		bool is_this = slice_is(a->member.name, MEMBERS[i].name);
		v[MEMBERS[i].field] = value_flag(is_this);
		known |= is_this;
	}
	v[FIELD_DETAIL_OTHER] = value_flag(!known);
	v[FIELD_DETAIL_NAME] = whole_value(a->member.name);
	v[FIELD_DETAIL_VALUES] = value_list(next_value, &a->member);
	return true;
}

static bool next_detail(void *rows, struct value *v)
{
	struct asked *a = rows;
	if (!a->details_n)
		return false;
	a->detail = *a->details++;
	a->details_n--;
	v[FIELD_DETAIL_TYPE] = whole_value(a->detail.type);
	v[FIELD_DETAIL_MEMBERS] = value_list(next_member, a);
	return true;
}

void asked_set(struct value *v, struct asked *a)
{
	for (size_t i = 0; i < COUNT_OF(SCOPES); i++)
		v[SCOPES[i].field] = value_flag(slice_has_word(a->scope, slice_str(SCOPES[i].scope)));
	v[FIELD_RIGHTS] = value_list(next_right, &a->rights);
	v[FIELD_OTHER_SCOPES] = value_list(next_scope, &a->scope);
	v[FIELD_DETAILED] = value_flag(a->details_n > 0);
	v[FIELD_AUTHORIZATION_DETAILS] = value_list(next_detail, a);
}
