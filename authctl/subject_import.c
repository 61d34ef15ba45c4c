/*
 * authctl person import, authctl entity import
 *
 * Rows go to authd in calls of bounded size; each call is one durable commit. authd may take only
 * the first rows of a call (it says how many): the others go with the next one.
 */
#include "authctl/commands.h"
#include "authctl/import.h"

#include "libauth/base/encode.h"

/* authd takes bodies of 64 KiB. */
enum { CALL_BYTES = 60 << 10, CALL_ROWS = 1000, TRIES = 8 };

/* A row under way: as JSON for authd, and as it came for the rejects. */
struct pending {
	int64_t line;
	struct slice json, raw;
};

struct sender {
	struct import im;
	const char *path;
	struct arena arena; /* of what is pending */
	struct pending rows[CALL_ROWS];
	size_t n, bytes;
};

/* ---- rows as JSON --------------------------------------------------------------------------- */

static void put_row(struct buf *out, const struct row *row)
{
	buf_put_text(out, "{\"line\":");
	buf_put_integer(out, row->line);
	for (enum column c = 0; c < COLUMN_COUNT; c++) {
		if (!row->said.columns[c].n)
			continue;
		buf_put_text(out, ",\"");
		buf_put_text(out, column_name(c));
		buf_put_text(out, "\":");
		buf_put_json_string(out, row->said.columns[c]);
	}
	buf_put_byte(out, '}');
}

static status append(struct sender *s, const struct row *row, struct slice json)
{
	struct pending *p = &s->rows[s->n];
	p->line = row->line;
	p->json = arena_copy(&s->arena, json);
	p->raw = arena_copy(&s->arena, row->raw);
	if (!p->json.p || !p->raw.p)
		return ST_NOMEM;
	s->n++;
	s->bytes += json.n + 1;
	return ST_OK;
}

static status body_of(const struct sender *s, struct buf *out)
{
	buf_put_text(out, "{\"rows\":[");
	for (size_t k = 0; k < s->n; k++) {
		if (k)
			buf_put_byte(out, ',');
		buf_put(out, s->rows[k].json);
	}
	buf_put(out, slice_of("]}", 3)); /* with its NUL */
	return buf_status(out);
}

/* ---- authd's answers ------------------------------------------------------------------------ */

static enum exit_code refuse(struct sender *s, const json_t *refused)
{
	int64_t line = json_integer_value(json_object_get(refused, "line"));
	const char *reason = json_string_value(json_object_get(refused, "reason"));
	for (size_t k = 0; k < s->n; k++)
		if (s->rows[k].line == line)
			return import_refuse(&s->im, line, reason ? reason : "refused", s->rows[k].raw);
	return ctl_fail(s->im.ctl, REFUSED, "authd refused line %lld, which it was not sent",
			(long long)line);
}

/* The rows that authd has not taken move to the front, into memory of their own. */
static status keep_rest(struct sender *s, size_t taken)
{
	struct arena old = s->arena;
	status st = ST_OK;
	s->arena = (struct arena){ 0 };
	s->bytes = 0;
	for (size_t k = taken; k < s->n && st == ST_OK; k++) {
		struct pending *p = &s->rows[k - taken];
		*p = s->rows[k];
		p->json = arena_copy(&s->arena, p->json);
		p->raw = arena_copy(&s->arena, p->raw);
		s->bytes += p->json.n + 1;
		st = p->json.p && p->raw.p ? ST_OK : ST_NOMEM;
	}
	s->n -= taken;
	arena_done(&old);
	return st;
}

static enum exit_code account(struct sender *s, const json_t *answer)
{
	size_t taken = (size_t)json_integer_value(json_object_get(answer, "taken")), k;
	json_t *refused;
	if (taken == 0 || taken > s->n)
		return ctl_fail(s->im.ctl, REFUSED, "authd's answer cannot be understood");
	for (enum registration_outcome o = 0; o < REGISTRATION_OUTCOMES; o++)
		s->im.counts[o] += json_integer_value(json_object_get(answer, registration_outcome_name(o)));
	json_array_foreach(json_object_get(answer, "refused"), k, refused) {
		enum exit_code code = refuse(s, refused);
		if (code != DONE)
			return code;
	}
	return keep_rest(s, taken) == ST_OK ? DONE : ctl_nomem(s->im.ctl);
}

static enum exit_code flush(struct sender *s)
{
	AUTO_BUF struct buf body = { 0 };
	AUTO(json) json_t *answer = NULL;
	enum exit_code code = REFUSED;
	bool conflict = true;
	if (body_of(s, &body) != ST_OK)
		return ctl_nomem(s->im.ctl);
	for (int k = 0; k < TRIES && conflict; k++) {
		conflict = false;
		code = ctl_try(s->im.ctl, s->path, (const char *)body.p, &answer, &conflict);
	}
	if (conflict)
		return ctl_fail(s->im.ctl, REFUSED, "somebody else is changing the same people");
	return code == DONE ? account(s, answer) : code;
}

/* ---- the whole file ------------------------------------------------------------------------- */

static enum exit_code send_row(struct sender *s, const struct row *row)
{
	AUTO_BUF struct buf json = { 0 };
	enum exit_code code = DONE;
	put_row(&json, row);
	if (buf_status(&json) != ST_OK)
		return ctl_nomem(s->im.ctl);
	if (json.n > CALL_BYTES)
		return import_refuse(&s->im, row->line, "too long", row->raw);
	while (code == DONE && s->n && (s->n == CALL_ROWS || s->bytes + json.n > CALL_BYTES))
		code = flush(s);
	if (code != DONE)
		return code;
	return append(s, row, buf_slice(&json)) == ST_OK ? DONE : ctl_nomem(s->im.ctl);
}

static enum exit_code send_rows(struct sender *s, struct arena *a)
{
	for (;;) {
		struct row row;
		bool end;
		arena_reset(a);
		enum exit_code code = import_next(&s->im, a, &row, &end);
		if (code == DONE && !end)
			code = send_row(s, &row);
		if (code != DONE || end)
			return code;
	}
}

static enum exit_code import(struct ctl *c, enum subject_kind kind, const char *path)
{
	AUTO(mem) void *memory = calloc(1, sizeof(struct sender));
	AUTO_ARENA struct arena a = { 0 };
	struct sender *s = memory;
	if (!s)
		return ctl_nomem(c);
	s->path = path;
	enum exit_code code = import_begin(&s->im, c, c->args[0], kind);
	if (code != DONE)
		return code;
	code = send_rows(s, &a);
	while (code == DONE && s->n)
		code = flush(s);
	arena_done(&s->arena);
	return import_end(&s->im, code);
}

static enum exit_code person_import(struct ctl *c)
{
	return import(c, SUBJECT_NATURAL, "/admin/v1/persons/import");
}

static enum exit_code entity_import(struct ctl *c)
{
	return import(c, SUBJECT_LEGAL, "/admin/v1/entities/import");
}

static const struct flag FLAGS[] = { IMPORT_FLAGS };

const struct command PERSON_IMPORT = {
	.words = "person import",
	.arguments = "FILE|-",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Register many natural persons from CSV or JSON Lines",
	.help = "CSV in UTF-8, whose first line names the columns in any order: number and name, and as\n"
		"you have them type, birthdate, gender, phone_number, email, address, login_name, level,\n"
		"state, and for portals family_name, given_name, middle_name, nickname, profile, picture,\n"
		"website, zoneinfo and locale. JSON Lines has the same names. Passwords are not imported.\n"
		"Types are resident (where none is said), residence_permit (of Hong Kong, Macao, Taiwan),\n"
		"foreign_pr, hm_travel, tw_travel and passport. A passport's second machine readable line\n"
		"may come as mrz: its check digits are tried, number, birthdate and gender compared.\n"
		"\n"
		"A delta has a column operation. add: somebody new; change: somebody known, whose number may\n"
		"be a new one, with previous_number (and previous_type); deregister: no sign-in any more;\n"
		"merge: number and into_number (into_type) are one person, into_number stays; split: takes a\n"
		"merge back. Portals see the same subject as before. The same delta again changes nothing.\n"
		"\n"
		"Each line is checked. Refused ones go to a rejects file with line number and reason;\n"
		"correct them there and import that file. A number that is known updates the same person;\n"
		"an empty field leaves what is there. So after an interruption, just run it again.\n"
		"\n"
		"  $ cat people.csv\n"
		"  number,name,phone_number\n"
		"  11010519491231002X,张三,13800138000\n"
		"  $ authctl person import people.csv\n"
		"  1 lines in 0.0 s: 1 added, 0 updated, 0 unchanged, 0 refused\n"
		"  $ zcat register.csv.gz | authctl person import - --rejects refused.csv\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = person_import,
};

const struct command ENTITY_IMPORT = {
	.words = "entity import",
	.arguments = "FILE|-",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Register many legal persons from CSV or JSON Lines",
	.help = "As \"authctl person import\", with the columns number (the credit code), name,\n"
		"representative_name, representative_number, phone_number, email, address, level, state.\n"
		"\n"
		"  $ authctl entity import companies.csv\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = entity_import,
};
