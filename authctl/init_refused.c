#include "authctl/init_refused.h"

void refused_done(struct refused *r)
{
	free(r->lines);
	arena_done(&r->arena);
}

status refused_note(struct refused *r, int64_t line)
{
	size_t byte = (size_t)line / 8;
	if (byte >= r->size) {
		size_t size = 2 * byte + 1024;
		uint8_t *lines = realloc(r->lines, size);
		if (!lines)
			return ST_NOMEM;
		memset(lines + r->size, 0, size - r->size);
		r->lines = lines;
		r->size = size;
	}
	r->lines[byte] |= (uint8_t)(1 << line % 8);
	return ST_OK;
}

static enum exit_code cannot_read(const struct refused *r, int64_t line, status s)
{
	return ctl_fail(r->import->ctl, REFUSED, "line %lld cannot be read a second time: %s",
			(long long)line, status_name(s));
}

/* The line as it stands there. */
static enum exit_code find(struct refused *r, int64_t line, struct row *ret)
{
	struct rows *rows = &r->import->rows;
	status s = r->again ? ST_OK : rows_again(rows);
	r->again = true;
	arena_reset(&r->arena);
	if (s == ST_OK)
		s = rows_skip(rows, line);
	if (s == ST_OK)
		s = rows_next(rows, &r->arena, ret);
	if (s == ST_OK && ret->line != line)
		s = ST_CONFLICT; /* it was changed meanwhile */
	return s == ST_OK ? DONE : cannot_read(r, line, s);
}

static enum exit_code write_noted(struct refused *r, int64_t line)
{
	struct row row;
	struct subject s;
	enum exit_code code = find(r, line, &row);
	if (code != DONE)
		return code;
	if (!row.why.message[0] && registration_check_first(SUBJECT_NATURAL, &row.said, r->now, &r->arena,
							    &s, &row.why) == ST_OK)
		return cannot_read(r, line, ST_CONFLICT);
	return import_refuse(r->import, line, row.why.message, row.raw);
}

/* All that were noted before this line. */
static enum exit_code catch_up(struct refused *r, int64_t line)
{
	enum exit_code code = DONE;
	for (; code == DONE && r->at < line && (size_t)r->at / 8 < r->size; r->at++)
		if (r->lines[r->at / 8] & 1 << r->at % 8)
			code = write_noted(r, r->at);
	return code;
}

enum exit_code refused_write(struct refused *r, int64_t line, const char *reason)
{
	struct row row;
	enum exit_code code = catch_up(r, line);
	if (code == DONE)
		code = find(r, line, &row);
	return code == DONE ? import_refuse(r->import, line, reason, row.raw) : code;
}

enum exit_code refused_end(struct refused *r)
{
	struct error why = { 0 };
	enum exit_code code = catch_up(r, INT64_MAX);
	if (code != DONE)
		return code;
	status s = rejects_end(&r->import->rejects, &why);
	return s == ST_OK ? DONE : ctl_failed(r->import->ctl, s, &why);
}
