#include "authd/service/registration.h"

#include "authd/service/registration_profile.h"
#include "authd/service/login_name.h"

enum {
	NATURAL = 1 << SUBJECT_NATURAL,
	LEGAL = 1 << SUBJECT_LEGAL,
	BOTH = NATURAL | LEGAL,
	LEVEL_DEFAULT = 3, /* name and number agree with the register */
};

static const struct column_info {
	const char *name;
	unsigned kinds;
	size_t max; /* bytes */
} COLUMNS[COLUMN_COUNT] = {
	[COLUMN_TYPE] = {"type", NATURAL, 32},
	[COLUMN_NUMBER] = {"number", BOTH, 32},
	[COLUMN_NAME] = {"name", BOTH, 300},
	[COLUMN_BIRTHDATE] = {"birthdate", NATURAL, 10},
	[COLUMN_GENDER] = {"gender", NATURAL, 8},
	[COLUMN_PHONE_NUMBER] = {"phone_number", BOTH, 32},
	[COLUMN_EMAIL] = {"email", BOTH, 254},
	[COLUMN_ADDRESS] = {"address", BOTH, 1000},
	[COLUMN_LOGIN_NAME] = {"login_name", NATURAL, 64},
	[COLUMN_REPRESENTATIVE_NAME] = {"representative_name", LEGAL, 300},
	[COLUMN_REPRESENTATIVE_NUMBER] = {"representative_number", LEGAL, 32},
	[COLUMN_LEVEL] = {"level", BOTH, 1},
	[COLUMN_STATE] = {"state", BOTH, 16},
	[COLUMN_FAMILY_NAME] = {"family_name", NATURAL, 300},
	[COLUMN_GIVEN_NAME] = {"given_name", NATURAL, 300},
	[COLUMN_MIDDLE_NAME] = {"middle_name", NATURAL, 300},
	[COLUMN_NICKNAME] = {"nickname", NATURAL, 300},
	[COLUMN_PROFILE] = {"profile", NATURAL, 500},
	[COLUMN_PICTURE] = {"picture", NATURAL, 500},
	[COLUMN_WEBSITE] = {"website", NATURAL, 500},
	[COLUMN_ZONEINFO] = {"zoneinfo", NATURAL, 64},
	[COLUMN_LOCALE] = {"locale", NATURAL, 35},
	[COLUMN_MRZ] = {"mrz", NATURAL, 64},
	[COLUMN_OPERATION] = {"operation", BOTH, 16},
	[COLUMN_PREVIOUS_TYPE] = {"previous_type", NATURAL, 32},
	[COLUMN_PREVIOUS_NUMBER] = {"previous_number", BOTH, 32},
	[COLUMN_INTO_TYPE] = {"into_type", NATURAL, 32},
	[COLUMN_INTO_NUMBER] = {"into_number", BOTH, 32},
};

const char *column_name(enum column c)
{
	return COLUMNS[c].name;
}

status column_parse(enum subject_kind kind, struct slice name, enum column *ret)
{
	for (enum column c = 0; c < COLUMN_COUNT; c++) {
		if (!slice_is(name, COLUMNS[c].name) || !(COLUMNS[c].kinds & 1u << kind))
			continue;
		*ret = c;
		return ST_OK;
	}
	return ST_INVALID;
}

/* ---- one word out of a few ------------------------------------------------------------------ */

struct word {
	const char *text;
	int value;
};

static int word_value(const struct word *words, size_t n, struct slice text)
{
	for (size_t w = 0; w < n; w++)
		if (slice_is(text, words[w].text))
			return words[w].value;
	return 0;
}

static const struct word OPERATIONS[] = {
	{"add", OPERATION_ADD},
	{"change", OPERATION_CHANGE},
	{"deregister", OPERATION_DEREGISTER},
	{"merge", OPERATION_MERGE},
	{"split", OPERATION_SPLIT},
};

static const struct word STATES[] = {
	{"active", SUBJECT_ACTIVE},
	{"suspended", SUBJECT_SUSPENDED},
	{"deregistered", SUBJECT_DEREGISTERED},
};

/* GB/T 2261.1: 1 is male, 2 is female. */
static const struct word GENDERS[] = {
	{"male", 'm'}, {"female", 'f'}, {"男", 'm'}, {"女", 'f'}, {"1", 'm'}, {"2", 'f'},
};

const char *operation_name(enum operation o)
{
	for (size_t w = 0; w < COUNT_OF(OPERATIONS); w++)
		if (OPERATIONS[w].value == (int)o)
			return OPERATIONS[w].text;
	return "";
}

status operation_parse(struct slice text, enum operation *ret, struct error *e)
{
	int value = word_value(OPERATIONS, COUNT_OF(OPERATIONS), text);
	if (text.n && !value)
		return error_set(e, ST_INVALID,
		                 "operation: not add, change, deregister, merge or split");
	*ret = (enum operation)value;
	return ST_OK;
}

const char *registration_outcome_name(enum registration_outcome o)
{
	static const char *const names[REGISTRATION_OUTCOMES] = {
	        [REGISTRATION_ADDED] = "added",         [REGISTRATION_UPDATED] = "updated",
	        [REGISTRATION_UNCHANGED] = "unchanged", [REGISTRATION_DEREGISTERED] = "deregistered",
	        [REGISTRATION_MERGED] = "merged",       [REGISTRATION_SPLIT] = "split",
	};
	return names[o];
}

const char *subject_state_name(enum subject_state s)
{
	if (s == SUBJECT_MERGED)
		return "merged"; /* not to be had by a row's state */
	for (size_t w = 0; w < COUNT_OF(STATES); w++)
		if (STATES[w].value == (int)s)
			return STATES[w].text;
	return "unknown";
}

/* ---- the forms of the columns --------------------------------------------------------------- */

static bool has_control(struct slice s)
{
	for (size_t k = 0; k < s.n; k++)
		if (s.p[k] < 0x20 || s.p[k] == 0x7f)
			return true;
	return false;
}

/* What holds for every column: text, on one line, of a sensible length, without blanks around it.
 */
static status check_text(struct slice s, enum column c, struct error *e)
{
	const char *name = COLUMNS[c].name;
	if (s.n > COLUMNS[c].max)
		return error_set(e, ST_INVALID, "%s: longer than %zu bytes", name, COLUMNS[c].max);
	if (!slice_is_utf8(s))
		return error_set(e, ST_INVALID, "%s: not UTF-8 text", name);
	if (has_control(s))
		return error_set(e, ST_INVALID, "%s: a control character", name);
	if (s.n && (s.p[0] == ' ' || s.p[s.n - 1] == ' '))
		return error_set(e, ST_INVALID, "%s: begins or ends with a blank", name);
	return ST_OK;
}

static status check_columns(enum subject_kind kind, const struct registration *row, struct error *e)
{
	for (enum column c = 0; c < COLUMN_COUNT; c++) {
		if (!row->columns[c].n)
			continue;
		if (!(COLUMNS[c].kinds & 1u << kind))
			return error_set(e, ST_INVALID, "%s: not a column of a %s person",
			                 COLUMNS[c].name,
			                 kind == SUBJECT_NATURAL ? "natural" : "legal");
		TRY(check_text(row->columns[c], c, e));
	}
	return ST_OK;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static int digits(const uint8_t *p, size_t n)
{
	int value = 0;
	for (size_t k = 0; k < n; k++)
		value = value * 10 + (p[k] - '0');
	return value;
}

static int days_in(int year, int month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

static bool is_date(struct slice s)
{
	static const char form[] = "dddd-dd-dd";
	if (s.n != sizeof form - 1)
		return false;
	for (size_t k = 0; k < s.n; k++)
		if (form[k] == 'd' ? !is_digit(s.p[k]) : s.p[k] != '-')
			return false;
	int year = digits(s.p, 4), month = digits(s.p + 5, 2), day = digits(s.p + 8, 2);
	return year >= 1800 && month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month);
}

/* As people write them: +86 138-0013-8000. */
static bool is_phone_number(struct slice s)
{
	size_t count = 0;
	for (size_t k = 0; k < s.n; k++) {
		if (is_digit(s.p[k]))
			count++;
		else if (!(s.p[k] == '+' && k == 0) && !strchr(" -()", s.p[k]))
			return false;
	}
	return count >= 5 && count <= 15; /* E.164 */
}

static bool is_email(struct slice s)
{
	size_t at = slice_find(s, '@');
	struct slice domain = slice_from(s, at + 1);
	if (at == 0 || at > 64 || at == s.n || slice_find(domain, '@') < domain.n)
		return false;
	if (slice_find(s, ' ') < s.n || !domain.n || domain.p[0] == '.' ||
	    domain.p[domain.n - 1] == '.')
		return false;
	return slice_find(domain, '.') < domain.n;
}

static status check_form(bool good, struct slice s, enum column c, const char *form,
                         struct error *e)
{
	if (!s.n || good)
		return ST_OK;
	return error_set(e, ST_INVALID, "%s: %s", COLUMNS[c].name, form);
}

/* ---- the parts of a row --------------------------------------------------------------------- */

static struct slice column_of(const struct registration *row, enum column c)
{
	return row->columns[c].n ? row->columns[c] : NO_SLICE;
}

static status number_type_of(enum subject_kind kind, const struct registration *row, enum column c,
                             enum number_type *ret, struct error *e)
{
	enum number_type type = kind == SUBJECT_LEGAL ? NUMBER_CREDIT : NUMBER_RESIDENT;
	struct slice text = column_of(row, c);
	if (text.n && number_type_parse(text, &type) != ST_OK)
		return error_set(e, ST_INVALID, "%s: not a type of document", column_name(c));
	if ((type == NUMBER_CREDIT) != (kind == SUBJECT_LEGAL))
		return error_set(e, ST_INVALID, "%s: a credit code belongs to a legal person",
		                 column_name(c));
	*ret = type;
	return ST_OK;
}

status registration_number(enum subject_kind kind, const struct registration *row, enum column type,
                           enum column number, int64_t now, struct arena *a,
                           enum number_type *ret_type, struct slice *ret,
                           struct number_facts *ret_facts, struct error *e)
{
	struct slice text = column_of(row, number);
	struct number_facts facts;
	struct error why = {0};
	enum number_type t = NUMBER_NONE;
	TRY(number_type_of(kind, row, type, &t, e));
	if (!text.n)
		return error_set(e, ST_INVALID, "%s: missing", column_name(number));
	status st = number_check(t, text, true, now, a, ret, &facts, &why);
	if (st == ST_INVALID)
		return error_set(e, ST_INVALID, "%s: %s", column_name(number), why.message);
	TRY(st);
	*ret_type = number_type_exact(t, *ret);
	if (ret_facts)
		*ret_facts = facts;
	return ST_OK;
}

static status take_number(const struct registration *row, int64_t now, struct arena *a,
                          struct subject *s, struct number_facts *ret_facts, struct error *e)
{
	TRY(registration_number(s->kind, row, COLUMN_TYPE, COLUMN_NUMBER, now, a, &s->number_type,
	                        &s->number, ret_facts, e));
	s->number_flagged = ret_facts->flagged;
	return ST_OK;
}

/* As it stands in a machine readable line: 1974-08-12 is 740812. */
static bool is_born(struct slice birthdate, const char *yymmdd)
{
	static const uint8_t at[] = {2, 3, 5, 6, 8, 9};
	for (size_t k = 0; k < sizeof at; k++)
		if (birthdate.p[at[k]] != (uint8_t)yymmdd[k])
			return false;
	return true;
}

/* The machine readable line's check digits, and that it is of this passport and this person. */
static status check_mrz(const struct registration *row, const struct subject *s, struct error *e)
{
	struct slice line = column_of(row, COLUMN_MRZ);
	struct number_mrz mrz;
	struct error why = {0};
	if (!line.n)
		return ST_OK;
	if (s->number_type != NUMBER_PASSPORT)
		return error_set(e, ST_INVALID, "mrz: only a passport's is read here");
	if (number_mrz_check(line, &mrz, &why) != ST_OK)
		return error_set(e, ST_INVALID, "mrz: %s", why.message);
	if (!slice_is(s->number, mrz.number))
		return error_set(e, ST_INVALID, "mrz: the number is another one");
	if (s->birthdate.n && mrz.birthdate[0] && !is_born(s->birthdate, mrz.birthdate))
		return error_set(e, ST_INVALID, "mrz: the birth date is another one");
	if (s->gender.n && mrz.gender && s->gender.p[0] != (uint8_t)mrz.gender)
		return error_set(e, ST_INVALID, "mrz: the gender is another one");
	return ST_OK;
}

static status take_birthdate(const struct registration *row, const struct number_facts *facts,
                             struct arena *a, struct subject *s, struct error *e)
{
	struct slice text = column_of(row, COLUMN_BIRTHDATE);
	TRY(check_form(is_date(text), text, COLUMN_BIRTHDATE, "not a date as YYYY-MM-DD", e));
	if (!facts->birthdate[0]) {
		s->birthdate = text;
		return ST_OK;
	}
	if (text.n && !slice_is(text, facts->birthdate))
		return error_set(e, ST_INVALID, "birthdate: the number says another date");
	s->birthdate = arena_copy(a, slice_str(facts->birthdate));
	return s->birthdate.p ? ST_OK : ST_NOMEM;
}

static status take_gender(const struct registration *row, const struct number_facts *facts,
                          struct subject *s, struct error *e)
{
	struct slice text = column_of(row, COLUMN_GENDER);
	int gender = word_value(GENDERS, COUNT_OF(GENDERS), text);
	TRY(check_form(gender != 0, text, COLUMN_GENDER, "neither male nor female", e));
	if (gender && facts->gender && gender != facts->gender)
		return error_set(e, ST_INVALID, "gender: the number says the other one");
	gender = gender ? gender : facts->gender;
	if (gender)
		s->gender = gender == 'm' ? SLICE("male") : SLICE("female");
	return ST_OK;
}

static status take_contact(const struct registration *row, struct arena *a, struct subject *s,
                           struct error *e)
{
	struct slice phone = column_of(row, COLUMN_PHONE_NUMBER);
	struct slice email = column_of(row, COLUMN_EMAIL);
	struct slice login_name = column_of(row, COLUMN_LOGIN_NAME);
	TRY(check_form(is_phone_number(phone), phone, COLUMN_PHONE_NUMBER, "not a telephone number",
	               e));
	TRY(check_form(is_email(email), email, COLUMN_EMAIL, "not an e-mail address", e));
	if (login_name.n)
		TRY(login_name_check(login_name, a, &s->login_name, e));
	s->phone_number = phone;
	s->email = email;
	s->address = column_of(row, COLUMN_ADDRESS);
	return ST_OK;
}

static status take_standing(const struct registration *row, struct subject *s, struct error *e)
{
	struct slice level = column_of(row, COLUMN_LEVEL);
	struct slice state = column_of(row, COLUMN_STATE);
	if (level.n)
		s->level = level.p[0] - '0';
	s->state = (enum subject_state)word_value(STATES, COUNT_OF(STATES), state);
	TRY(check_form(s->level >= LEVEL_MIN && s->level <= LEVEL_MAX, level, COLUMN_LEVEL,
	               "not 2, 3, 4 or 5", e));
	return check_form(s->state != 0, state, COLUMN_STATE,
	                  "not active, suspended or deregistered", e);
}

static status take_name(const struct registration *row, struct subject *s, struct error *e)
{
	enum operation o;
	TRY(operation_parse(column_of(row, COLUMN_OPERATION), &o, e));
	s->name = column_of(row, COLUMN_NAME);
	if (!s->name.n && (o == OPERATION_PUT || o == OPERATION_ADD))
		return error_set(e, ST_INVALID, "name: missing");
	return ST_OK;
}

status registration_check(enum subject_kind kind, const struct registration *row, int64_t now,
                          struct arena *a, struct subject *ret, struct error *e)
{
	struct subject s = {.kind = kind};
	struct number_facts facts = {0};
	TRY(check_columns(kind, row, e));
	TRY(take_number(row, now, a, &s, &facts, e));
	TRY(take_name(row, &s, e));
	TRY(take_birthdate(row, &facts, a, &s, e));
	TRY(take_gender(row, &facts, &s, e));
	TRY(check_mrz(row, &s, e));
	TRY(take_contact(row, a, &s, e));
	TRY(registration_profile_take(row, &s, e));
	TRY(take_standing(row, &s, e));
	s.representative_name = column_of(row, COLUMN_REPRESENTATIVE_NAME);
	s.representative_number = column_of(row, COLUMN_REPRESENTATIVE_NUMBER);
	*ret = s;
	return ST_OK;
}

status registration_check_first(enum subject_kind kind, const struct registration *row, int64_t now,
                                struct arena *a, struct subject *ret, struct error *e)
{
	enum operation o;
	TRY(operation_parse(column_of(row, COLUMN_OPERATION), &o, e));
	if (o != OPERATION_PUT && o != OPERATION_ADD)
		return error_set(e, ST_INVALID, "operation: nobody is registered yet; only add is possible");
	return registration_check(kind, row, now, a, ret, e);
}

/* ---- putting it in its place ---------------------------------------------------------------- */

void registration_complete(struct subject *s)
{
	s->level = s->level ? s->level : LEVEL_DEFAULT;
	s->state = s->state ? s->state : SUBJECT_ACTIVE;
}

/* Take over a text that the row has; true if it is new. */
static bool renew(struct slice *known, struct slice said)
{
	if (!said.n || slice_equal(*known, said))
		return false;
	*known = said;
	return true;
}

/* What the row says, laid over what is known. */
bool registration_merge(struct subject *known, const struct subject *said)
{
	bool phone = renew(&known->phone_number, said->phone_number);
	bool email = renew(&known->email, said->email);
	bool changed = phone | email;
	changed |= renew(&known->name, said->name);
	changed |= renew(&known->birthdate, said->birthdate);
	changed |= renew(&known->gender, said->gender);
	changed |= renew(&known->address, said->address);
	changed |= registration_profile_merge(known, said);
	changed |= renew(&known->login_name, said->login_name);
	changed |= renew(&known->representative_name, said->representative_name);
	changed |= renew(&known->representative_number, said->representative_number);
	if (phone)
		known->phone_number_verified = false;
	if (email)
		known->email_verified = false;
	if (said->level && said->level != known->level) {
		known->level = said->level;
		changed = true;
	}
	if (said->state && said->state != known->state) {
		known->state = said->state;
		changed = true;
	}
	return changed;
}
