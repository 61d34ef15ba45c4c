/* Comma-separated values, RFC 4180. */
#include "authctl/rows.h"

#include <stdio.h>

/* A quoted field may have line ends in it; a quote that was forgotten must not swallow the file. */
enum { RECORD_LINES_MAX = 8, IGNORED = -1 };

struct fields {
	struct slice items[ROW_FIELDS_MAX];
	size_t n;
};

enum split { SPLIT_DONE, SPLIT_OPEN, SPLIT_BAD };

/* The quoted field at the start of s, without its quotes, doubled ones made single, in the arena. */
static enum split quoted(struct slice s, struct arena *a, struct slice *ret, size_t *ret_length)
{
	uint8_t *out = arena_alloc(a, s.n + 1);
	size_t n = 0, k = 1;
	if (!out)
		return SPLIT_BAD;
	for (; k < s.n; k++) {
		if (s.p[k] != '"')
			out[n++] = s.p[k];
		else if (k + 1 < s.n && s.p[k + 1] == '"')
			out[n++] = s.p[k++];
		else
			break;
	}
	if (k >= s.n)
		return SPLIT_OPEN;
	*ret = slice_of(out, n);
	*ret_length = k + 1;
	return k + 1 == s.n || s.p[k + 1] == ',' ? SPLIT_DONE : SPLIT_BAD;
}

static enum split split(struct slice record, struct arena *a, struct fields *ret)
{
	struct slice rest = record;
	ret->n = 0;
	for (;;) {
		struct slice field;
		size_t length = slice_find(rest, ',');
		enum split state = SPLIT_DONE;
		if (ret->n == ROW_FIELDS_MAX)
			return SPLIT_BAD;
		if (rest.n && rest.p[0] == '"')
			state = quoted(rest, a, &field, &length);
		else
			field = slice_first(rest, length);
		if (state != SPLIT_DONE)
			return state;
		if (field.p == rest.p && slice_find(field, '"') < field.n)
			return SPLIT_BAD;
		ret->items[ret->n++] = field;
		if (length == rest.n)
			return SPLIT_DONE;
		rest = slice_from(rest, length + 1);
	}
}

/* ---- the header ----------------------------------------------------------------------------- */

static status bad_column(const struct rows *r, struct slice name, struct error *e)
{
	return error_set(e, ST_INVALID, "the first line names a column \"%.*s\"; those that are known "
			 "are in authctl %s import --help",
			 (int)(name.n < 40 ? name.n : 40), (const char *)name.p,
			 r->kind == SUBJECT_LEGAL ? "entity" : "person");
}

static status take_column(struct rows *r, struct slice name, struct error *e)
{
	enum column c;
	int *field = &r->fields[r->fields_n];
	if (slice_is(name, "line") || slice_is(name, "reason")) {
		*field = IGNORED;
	} else if (column_parse(r->kind, name, &c) != ST_OK) {
		return bad_column(r, name, e);
	} else {
		for (size_t k = 0; k < r->fields_n; k++)
			if (r->fields[k] == (int)c)
				return error_set(e, ST_INVALID, "the first line names %s twice",
						 column_name(c));
		*field = (int)c;
	}
	r->fields_n++;
	return ST_OK;
}

static bool names(const struct rows *r, enum column c)
{
	for (size_t k = 0; k < r->fields_n; k++)
		if (r->fields[k] == (int)c)
			return true;
	return false;
}

status rows_csv_header(struct rows *r, struct error *e)
{
	AUTO_ARENA struct arena a = { 0 };
	struct fields fields;
	struct slice line;
	status s = rows_line(r, &r->at, &line);
	if (is_fault(s))
		return s;
	if (s == ST_NOT_FOUND)
		return error_set(e, ST_INVALID, "there is nothing in it");
	if (s != ST_OK || !slice_is_utf8(line))
		return error_set(e, ST_INVALID, "the first line is not UTF-8; if the file is GB18030, "
						"convert it: iconv -f GB18030 -t UTF-8");
	if (split(line, &a, &fields) != SPLIT_DONE)
		return error_set(e, ST_INVALID, "the first line is not CSV");
	for (size_t k = 0; k < fields.n; k++)
		TRY(take_column(r, fields.items[k], e));
	if (!names(r, COLUMN_NUMBER) || (!names(r, COLUMN_NAME) && !names(r, COLUMN_OPERATION)))
		return error_set(e, ST_INVALID, "the first line names the columns: number and name have "
						"to be among them");
	r->header = strndup((const char *)line.p, line.n);
	r->line++;
	return r->header ? ST_OK : ST_NOMEM;
}

/* ---- records -------------------------------------------------------------------------------- */

/* One record: its first line, and those behind it that a quoted field reaches over. */
static status next_record(struct rows *r, struct arena *a, struct row *row, struct fields *fields,
			  enum split *ret_split)
{
	struct slice line;
	size_t start = r->at, end = r->at;
	status s = rows_line(r, &end, &line);
	row->raw = line;
	*ret_split = s == ST_OK ? split(line, a, fields) : SPLIT_BAD;
	r->at = end;
	r->line++;
	if (*ret_split != SPLIT_OPEN)
		return s;
	for (int k = 1; k < RECORD_LINES_MAX && *ret_split == SPLIT_OPEN; k++) {
		if (rows_line(r, &end, &line) != ST_OK || end - start > ROW_MAX)
			break;
		struct slice record = slice_first(slice_from(buf_slice(&r->data), start),
						  (size_t)(line.p + line.n - (r->data.p + start)));
		*ret_split = split(record, a, fields);
		if (*ret_split == SPLIT_DONE) {
			row->raw = record;
			r->at = end;
			r->line += k;
		}
	}
	/* Reading on may have moved the bytes. */
	if (*ret_split != SPLIT_DONE)
		row->raw = slice_first(slice_from(buf_slice(&r->data), start), row->raw.n);
	return ST_OK;
}

static void take_fields(const struct rows *r, const struct fields *fields, struct row *row)
{
	if (fields->n != r->fields_n) {
		(void)error_set(&row->why, ST_INVALID, "%zu fields where the first line names %zu",
				fields->n, r->fields_n);
		return;
	}
	for (size_t k = 0; k < fields->n; k++)
		if (r->fields[k] != IGNORED)
			row->said.columns[r->fields[k]] = fields->items[k];
}

status rows_csv_next(struct rows *r, struct arena *a, struct row *row)
{
	struct fields fields = { .n = 0 };
	enum split state;
	status s = next_record(r, a, row, &fields, &state);
	if (s == ST_TOO_LARGE) {
		(void)error_set(&row->why, ST_INVALID, "longer than %d bytes", ROW_MAX);
		return ST_OK;
	}
	if (s == ST_OK && row->raw.n && state != SPLIT_DONE)
		(void)error_set(&row->why, ST_INVALID, "the quotes do not match (RFC 4180)");
	else if (s == ST_OK && row->raw.n && !slice_is_utf8(row->raw))
		(void)error_set(&row->why, ST_INVALID, "not UTF-8 text");
	else if (s == ST_OK && row->raw.n)
		take_fields(r, &fields, row);
	return s;
}
