#include "authd/service/registration_profile.h"

#include "libauth/base/mem.h"

static bool is_any(struct slice) { return true; }

static bool is_web(struct slice s)
{
	for (size_t k = 0; k < s.n; k++)
		if (s.p[k] <= 0x20 || s.p[k] >= 0x7f || strchr("\"<>\\", s.p[k]))
			return false;
	return slice_starts(s, SLICE("https://")) || slice_starts(s, SLICE("http://"));
}

/* "Asia/Shanghai", "Etc/GMT+8"; "zh-CN" */
static bool is_tag(struct slice s)
{
	for (size_t k = 0; k < s.n; k++) {
		uint8_t c = s.p[k], letter = c | 0x20;
		bool good = (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') ||
			    (c && strchr("/_+-", c));
		if (!good)
			return false;
	}
	return true;
}

#define AT(member) offsetof(struct subject, member)
static const struct text {
	enum column column;
	size_t offset;
	bool (*form)(struct slice);
	const char *complaint;
} TEXTS[] = {
	{ COLUMN_FAMILY_NAME, AT(family_name), is_any, NULL },
	{ COLUMN_GIVEN_NAME, AT(given_name), is_any, NULL },
	{ COLUMN_MIDDLE_NAME, AT(middle_name), is_any, NULL },
	{ COLUMN_NICKNAME, AT(nickname), is_any, NULL },
	{ COLUMN_PROFILE, AT(profile), is_web, "not an http or https address" },
	{ COLUMN_PICTURE, AT(picture), is_web, "not an http or https address" },
	{ COLUMN_WEBSITE, AT(website), is_web, "not an http or https address" },
	{ COLUMN_ZONEINFO, AT(zoneinfo), is_tag, "not the name of a time zone" },
	{ COLUMN_LOCALE, AT(locale), is_tag, "not a language tag" },
};

static struct slice *text_at(struct subject *s, const struct text *t)
{
	return (struct slice *)((char *)s + t->offset);
}

status registration_profile_take(const struct registration *row, struct subject *s, struct error *e)
{
	for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
		struct slice said = row->columns[TEXTS[i].column];
		if (!said.n)
			continue;
		if (!TEXTS[i].form(said))
			return error_set(e, ST_INVALID, "%s: %s", column_name(TEXTS[i].column),
					 TEXTS[i].complaint);
		*text_at(s, &TEXTS[i]) = said;
	}
	return ST_OK;
}

bool registration_profile_merge(struct subject *known, const struct subject *said)
{
	bool changed = false;
	struct subject copy = *said;
	for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
		struct slice *old = text_at(known, &TEXTS[i]), new = *text_at(&copy, &TEXTS[i]);
		if (!new.n || slice_equal(*old, new))
			continue;
		*old = new;
		changed = true;
	}
	return changed;
}
