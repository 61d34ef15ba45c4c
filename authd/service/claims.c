#include "authd/service/claims.h"

#include "libauth/base/mem.h"

#include <stdio.h>
#include <time.h>

enum form {
	TEXT,    /* struct slice */
	TIME,    /* int64_t */
	ADDRESS, /* struct slice, the member `formatted` (§5.1.1) */
	FLAG,    /* bool, told where the text at `of` is there */
	AGE,     /* at least `of` years old, today */
	REGION,  /* of the document's number */
	DOCUMENT_TYPE,
};

/* Codes, grants and the ledger hold the numbers of rows: new ones go to the end, none moves. */
#define AT(member) offsetof(struct subject, member)
static const struct claim {
	const char *name, *scope; /* NULL: asked for by name alone */
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
	/* What is derived says no more than a portal needs; the names of ages are ISO/IEC 18013-5's. */
	{ "age_over_14", NULL, AGE, 0, 14 },
	{ "age_over_18", NULL, AGE, 0, 18 },
	{ "age_over_60", NULL, AGE, 0, 60 },
	{ "region", NULL, REGION, 0, 0 },
	{ "document_type", NULL, DOCUMENT_TYPE, 0, 0 },
	{ "document_number", NULL, TEXT, AT(number), 0 },
};
#undef AT
_Static_assert(COUNT_OF(CLAIMS) <= 64, "claim_set has a bit for each");

static claim_set bit(size_t row) { return UINT64_C(1) << row; }

static struct slice text_at(const struct subject *s, size_t offset)
{
	return *(const struct slice *)((const char *)s + offset);
}

/* Today's date where the decree holds: China has one time, eight hours east. */
static struct slice date_in_years(int64_t now, int years, char buf[static 16])
{
	enum { EAST_S = 8 * 3600 };
	time_t seconds = (time_t)(now + EAST_S);
	struct tm day;
	if (!gmtime_r(&seconds, &day))
		return NO_SLICE;
	int n = snprintf(buf, 16, "%04d-%02d-%02d", day.tm_year + 1900 + years, day.tm_mon + 1, day.tm_mday);
	return slice_of(buf, n == 10 ? 10 : 0);
}

/* Who was born on the 29th of February is a year older on the 1st of March. */
static void write_age(struct json_writer *w, const struct claim *c, const struct subject *s, int64_t now)
{
	char buf[16];
	struct slice latest = date_in_years(now, -(int)c->of, buf);
	if (s->birthdate.n == 10 && latest.n == 10)
		json_bool(w, c->name, memcmp(s->birthdate.p, latest.p, 10) <= 0);
}

static bool has_region(enum number_type type)
{
	return type == NUMBER_CREDIT || type == NUMBER_RESIDENT || type == NUMBER_RESIDENCE_PERMIT;
}

/* The province-level code of GB/T 2260, where the number has one. */
static void write_region(struct json_writer *w, const struct claim *c, const struct subject *s)
{
	char code[6] = { '0', '0', '0', '0', '0', '0' };
	size_t at = s->number_type == NUMBER_CREDIT ? 2 : 0;
	if (!has_region(s->number_type) || s->number.n < at + 6)
		return;
	memcpy(code, s->number.p + at, 2);
	json_text(w, c->name, slice_of(code, sizeof code));
}

static void write_claim(struct json_writer *w, const struct claim *c, const struct subject *s, int64_t now)
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
	case AGE: write_age(w, c, s, now); return;
	case REGION: write_region(w, c, s); return;
	case DOCUMENT_TYPE: json_text(w, c->name, slice_str(number_type_name(s->number_type))); return;
	}
}

void claims_write(struct json_writer *w, const struct subject *s, claim_set set, int64_t now)
{
	for (size_t i = 0; i < COUNT_OF(CLAIMS); i++)
		if (set & bit(i))
			write_claim(w, &CLAIMS[i], s, now);
}

claim_set claims_of_scope(struct slice scope)
{
	claim_set set = 0;
	for (size_t i = 0; i < COUNT_OF(CLAIMS); i++)
		if (CLAIMS[i].scope && slice_has_word(scope, slice_str(CLAIMS[i].scope)))
			set |= bit(i);
	return set;
}

claim_set claims_named(struct slice names)
{
	claim_set set = 0;
	for (size_t i = 0; i < COUNT_OF(CLAIMS); i++)
		if (slice_has_word(names, slice_str(CLAIMS[i].name)))
			set |= bit(i);
	return set;
}

status claims_names(claim_set set, struct arena *a, struct slice *ret)
{
	AUTO_BUF struct buf words = { 0 };
	for (size_t i = 0; i < COUNT_OF(CLAIMS); i++) {
		if (!(set & bit(i)))
			continue;
		if (words.n)
			buf_put_byte(&words, ' ');
		buf_put_text(&words, CLAIMS[i].name);
	}
	if (!words.n) {
		*ret = NO_SLICE;
		return buf_status(&words);
	}
	*ret = buf_finish(&words, a);
	return ret->p ? ST_OK : ST_NOMEM;
}

void claims_write_names(struct json_writer *w)
{
	for (size_t i = 0; i < COUNT_OF(CLAIMS); i++)
		json_text(w, NULL, slice_str(CLAIMS[i].name));
}
