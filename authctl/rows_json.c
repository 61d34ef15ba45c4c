/* JSON Lines: one object of strings on each line. */
#include "authctl/rows.h"

#include <jansson.h>

static status take_member(struct rows *r, const char *name, const json_t *value, struct arena *a,
			  struct row *row)
{
	enum column c;
	if (strcmp(name, "line") == 0 || strcmp(name, "reason") == 0)
		return ST_OK;
	if (column_parse(r->kind, slice_str(name), &c) != ST_OK)
		return error_set(&row->why, ST_INVALID, "%.60s: not a column known here", name);
	if (json_is_null(value))
		return ST_OK;
	if (!json_is_string(value))
		return error_set(&row->why, ST_INVALID, "%s: not a string", column_name(c));
	row->said.columns[c] =
		arena_copy(a, slice_of(json_string_value(value), json_string_length(value)));
	return row->said.columns[c].p ? ST_OK : ST_NOMEM;
}

static status take_object(struct rows *r, const json_t *object, struct arena *a, struct row *row)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)object, name, value) {
		status s = take_member(r, name, value, a, row);
		if (s != ST_OK)
			return s == ST_INVALID ? ST_OK : s;
	}
	return ST_OK;
}

status rows_json_next(struct rows *r, struct arena *a, struct row *row)
{
	status s = rows_line(r, &r->at, &row->raw);
	if (s != ST_OK && s != ST_TOO_LARGE)
		return s;
	r->line++;
	if (s == ST_TOO_LARGE) {
		(void)error_set(&row->why, ST_INVALID, "longer than %d bytes", ROW_MAX);
		return ST_OK;
	}
	if (rows_is_blank(row->raw))
		return ST_OK;
	json_t *object = json_loadb((const char *)row->raw.p, row->raw.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object))
		(void)error_set(&row->why, ST_INVALID,
				"not one JSON object in UTF-8, with each member once");
	else
		s = take_object(r, object, a, row);
	json_decref(object);
	return s;
}
