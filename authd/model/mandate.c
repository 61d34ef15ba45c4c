#include "authd/model/mandate.h"

#include "authd/model/codec.h"
#include "authd/model/former.h"
#include "libauth/base/mem.h"

#include <stdio.h>
#include <time.h>

static const char *const ROLES[] = {
	[MANDATE_LEGAL_REP] = "legal_rep",
	[MANDATE_MANAGER] = "manager",
	[MANDATE_AGENT] = "agent",
};

static const char *const STATES[] = {
	[MANDATE_OFFERED] = "offered",
	[MANDATE_ACTIVE] = "active",
	[MANDATE_DECLINED] = "declined",
	[MANDATE_ENDED] = "ended",
};

const char *mandate_role_name(enum mandate_role role)
{
	const char *name = role < COUNT_OF(ROLES) ? ROLES[role] : NULL;
	return name ? name : "none";
}

status mandate_role_parse(struct slice name, enum mandate_role *ret)
{
	for (size_t role = MANDATE_LEGAL_REP; role < COUNT_OF(ROLES); role++) {
		if (slice_is(name, ROLES[role])) {
			*ret = (enum mandate_role)role;
			return ST_OK;
		}
	}
	return ST_INVALID;
}

const char *mandate_state_name(enum mandate_state state)
{
	const char *name = state < COUNT_OF(STATES) ? STATES[state] : NULL;
	return name ? name : "none";
}

#define AT(member) offsetof(struct mandate, member)

static const struct codec_field FIELDS[] = {
	{ 1, CODEC_ID, AT(legal_id) },
	{ 2, CODEC_ID, AT(agent_id) },
	{ 3, CODEC_ID, AT(parent_id) },
	{ 4, CODEC_ID, AT(given_by) },
	{ 5, CODEC_ENUM, AT(role), MANDATE_LEGAL_REP, MANDATE_AGENT },
	{ 6, CODEC_ENUM, AT(state), MANDATE_OFFERED, MANDATE_ENDED },
	{ 7, CODEC_ENUM, AT(agent_type), NUMBER_RESIDENT, NUMBER_TYPE_LAST },
	{ 8, CODEC_SLICE, AT(agent_number) },
	{ 9, CODEC_SLICE, AT(agent_name) },
	{ 10, CODEC_BOOL, AT(all_matters) },
	{ 11, CODEC_LIST, AT(matters) },
	{ 12, CODEC_INT64, AT(valid_from) },
	{ 13, CODEC_INT64, AT(valid_until) },
	{ 14, CODEC_INT64, AT(created_at) },
	{ 15, CODEC_INT64, AT(decided_at) },
	{ 16, CODEC_INT64, AT(ended_at) },
};
static const struct codec MANDATE = CODEC(struct mandate, FIELDS);

status mandate_encode(const struct mandate *m, struct buf *out)
{
	return codec_encode(&MANDATE, m, out);
}

status mandate_decode(struct slice bytes, struct arena *a, struct mandate *ret)
{
	return codec_decode(&MANDATE, bytes, a, ret);
}

/* ---- what follows from it ------------------------------------------------------------------- */

bool mandate_has_number(const struct mandate *m, enum number_type type, struct slice number)
{
	return number_equal(m->agent_type, m->agent_number, type, number);
}

/* Of now, or before a document was reissued. */
static bool had_number(const struct mandate *m, const struct subject *person)
{
	struct slice rest = person->former;
	struct former f;
	while (former_next(&rest, &f))
		if (mandate_has_number(m, f.type, f.number))
			return true;
	return mandate_has_number(m, person->number_type, person->number);
}

bool mandate_is_for(const struct mandate *m, const struct subject *person)
{
	if (person->kind != SUBJECT_NATURAL)
		return false;
	if (!id_is_zero(m->agent_id))
		return id_equal(m->agent_id, person->id);
	return had_number(m, person) && (!m->agent_name.p || slice_equal(m->agent_name, person->name));
}

bool mandate_is_live(const struct mandate *m)
{
	return m->state == MANDATE_OFFERED || m->state == MANDATE_ACTIVE;
}

bool mandate_is_valid(const struct mandate *m, int64_t now)
{
	return m->state == MANDATE_ACTIVE && m->valid_from <= now && (!m->valid_until || now < m->valid_until);
}

bool mandate_covers(const struct mandate *m, struct slice matter)
{
	return m->all_matters || client_list_has(&m->matters, matter);
}

bool mandate_may_give(const struct mandate *m, enum mandate_role role)
{
	return m->role < role && m->role != MANDATE_AGENT;
}

static bool is_matter_character(uint8_t c)
{
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	return letter || (c >= '0' && c <= '9') || (c && strchr("._:-", c));
}

bool matter_is_name(struct slice matter)
{
	enum { MATTER_MAX = 64 };
	if (!matter.n || matter.n > MATTER_MAX)
		return false;
	for (size_t i = 0; i < matter.n; i++)
		if (!is_matter_character(matter.p[i]))
			return false;
	return true;
}

/* ---- its last day --------------------------------------------------------------------------- */

enum { DAY_S = 86400, CHINA_S = 8 * 3600 /* UTC+8 all the year (GB/T 7408.1) */ };

void mandate_last_day_text(int64_t until, char ret[MANDATE_DAY_SIZE])
{
	time_t within = (time_t)(until - 1 + CHINA_S);
	struct tm day;
	ret[0] = '\0';
	if (until && gmtime_r(&within, &day))
		strftime(ret, MANDATE_DAY_SIZE, "%Y-%m-%d", &day);
}

/* Whatever does not come out as it went in is no date: 30 February, a blank, a fifth digit. */
status mandate_last_day(struct slice date, int64_t *ret_until)
{
	char text[MANDATE_DAY_SIZE] = "", again[MANDATE_DAY_SIZE];
	struct tm day = { .tm_isdst = 0 };
	if (date.n != MANDATE_DAY_SIZE - 1)
		return ST_INVALID;
	memcpy(text, date.p, date.n);
	if (!strptime(text, "%Y-%m-%d", &day))
		return ST_INVALID;
	int64_t until = (int64_t)timegm(&day) + DAY_S - CHINA_S;
	mandate_last_day_text(until, again);
	if (strcmp(text, again) != 0)
		return ST_INVALID;
	*ret_until = until;
	return ST_OK;
}
