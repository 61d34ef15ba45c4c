#include "authd/service/claims.h"

#include "libauth/base/mem.h"

enum form {
	TEXT,    /* struct slice */
	TIME,    /* int64_t */
	ADDRESS, /* struct slice, the member `formatted` (§5.1.1) */
	FLAG,    /* bool, told where the text at `of` is there */
};

#define AT(member) offsetof(struct subject, member)
static const struct claim {
	const char *name, *scope;
	enum form form;
	size_t offset, of;
} CLAIMS[] = {
	{ "name", "profile", TEXT, AT(name), 0 },
	{ "family_name", "profile", TEXT, AT(family_name), 0 },
	{ "given_name", "profile", TEXT, AT(given_name), 0 },
	{ "middle_name", "profile", TEXT, AT(middle_name), 0 },
	{ "nickname", "profile", TEXT, AT(nickname), 0 },
	{ "preferred_username", "profile", TEXT, AT(login_name), 0 },
	{ "profile", "profile", TEXT, AT(profile), 0 },
	{ "picture", "profile", TEXT, AT(picture), 0 },
	{ "website", "profile", TEXT, AT(website), 0 },
	{ "gender", "profile", TEXT, AT(gender), 0 },
	{ "birthdate", "profile", TEXT, AT(birthdate), 0 },
	{ "zoneinfo", "profile", TEXT, AT(zoneinfo), 0 },
	{ "locale", "profile", TEXT, AT(locale), 0 },
	{ "updated_at", "profile", TIME, AT(updated_at), 0 },
	{ "email", "email", TEXT, AT(email), 0 },
	{ "email_verified", "email", FLAG, AT(email_verified), AT(email) },
	{ "phone_number", "phone", TEXT, AT(phone_number), 0 },
	{ "phone_number_verified", "phone", FLAG, AT(phone_number_verified), AT(phone_number) },
	{ "address", "address", ADDRESS, AT(address), 0 },
};
#undef AT

static struct slice text_at(const struct subject *s, size_t offset)
{
	return *(const struct slice *)((const char *)s + offset);
}

static void write_claim(struct json_writer *w, const struct claim *c, const struct subject *s)
{
	const void *at = (const char *)s + c->offset;
	switch (c->form) {
	case TEXT:
		if (text_at(s, c->offset).n)
			json_text(w, c->name, text_at(s, c->offset));
		return;
	case TIME: json_number(w, c->name, *(const int64_t *)at); return;
	case FLAG:
		if (text_at(s, c->of).n)
			json_bool(w, c->name, *(const bool *)at);
		return;
	case ADDRESS:
		if (!text_at(s, c->offset).n)
			return;
		json_begin_object(w, c->name);
		json_text(w, "formatted", text_at(s, c->offset));
		json_end(w);
		return;
	}
}

static bool is_released(const struct claim *c, struct claims_release release)
{
	return slice_has_word(release.scope, slice_str(c->scope)) ||
	       slice_has_word(release.names, slice_str(c->name));
}

void claims_write(struct json_writer *w, const struct subject *s, struct claims_release release)
{
	for (size_t i = 0; i < COUNT_OF(CLAIMS); i++)
		if (is_released(&CLAIMS[i], release))
			write_claim(w, &CLAIMS[i], s);
}

bool claims_any(struct claims_release release)
{
	for (size_t i = 0; i < COUNT_OF(CLAIMS); i++)
		if (is_released(&CLAIMS[i], release))
			return true;
	return false;
}

const char *claims_scope_of(struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(CLAIMS); i++)
		if (slice_is(name, CLAIMS[i].name))
			return CLAIMS[i].scope;
	return NULL;
}

void claims_write_names(struct json_writer *w)
{
	for (size_t i = 0; i < COUNT_OF(CLAIMS); i++)
		json_text(w, NULL, slice_str(CLAIMS[i].name));
}
