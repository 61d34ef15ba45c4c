#include "authctl/rows.h"

#include <errno.h>
#include <unistd.h>

enum { CHUNK = 64 << 10, BAD_LINES_MAX = 3 };

static status fill_from_copy(struct rows *r)
{
	AUTO_ARENA struct arena a = { .limit = 2 * SPOOL_PIECE_MAX };
	struct slice piece;
	status s = spool_take(r->spool, &a, &piece);
	r->ended = s == ST_NOT_FOUND;
	if (s != ST_OK)
		return r->ended ? ST_OK : s;
	buf_put(&r->data, piece);
	return buf_status(&r->data);
}

static status fill(struct rows *r)
{
	if (r->replay)
		return fill_from_copy(r);
	uint8_t *room = buf_room(&r->data, CHUNK);
	if (!room)
		return ST_NOMEM;
	ssize_t n = read(r->fd, room, CHUNK);
	if (n < 0)
		return errno == EINTR ? ST_OK : ST_IO;
	r->ended = n == 0;
	buf_grown(&r->data, (size_t)n);
	return n && r->spool ? spool_put(r->spool, slice_of(room, (size_t)n)) : ST_OK;
}

/* Read on until the line that begins at offset is there whole, or is known to be too long. */
static status fill_line(struct rows *r, size_t offset, size_t *ret_length)
{
	for (;;) {
		struct slice rest = slice_from(buf_slice(&r->data), offset);
		*ret_length = slice_find(rest, '\n');
		if (*ret_length < rest.n || r->ended)
			return ST_OK;
		if (rest.n > CHUNK * 4)
			return ST_TOO_LARGE;
		TRY(fill(r));
	}
}

/* A line beyond all bounds: what is left of it is dropped as it comes. */
static status skip_line(struct rows *r, size_t offset)
{
	size_t length;
	status s;
	while ((s = fill_line(r, offset, &length)) == ST_TOO_LARGE)
		r->data.n = offset + ROW_MAX;
	return s;
}

status rows_line(struct rows *r, size_t *offset, struct slice *ret)
{
	size_t length;
	status s = fill_line(r, *offset, &length);
	bool huge = s == ST_TOO_LARGE;
	if (huge)
		s = skip_line(r, *offset);
	TRY(s);
	struct slice rest = slice_from(buf_slice(&r->data), *offset);
	length = slice_find(rest, '\n');
	if (!rest.n)
		return ST_NOT_FOUND;
	struct slice line = slice_first(rest, length);
	*offset += length < rest.n ? length + 1 : length;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	*ret = slice_first(line, ROW_MAX);
	return huge || line.n > ROW_MAX ? ST_TOO_LARGE : ST_OK;
}

/* What has been dealt with makes room. */
static void compact(struct rows *r)
{
	if (r->at < CHUNK && r->at < r->data.n)
		return;
	memmove(r->data.p, r->data.p + r->at, r->data.n - r->at);
	r->data.n -= r->at;
	r->at = 0;
}

bool rows_is_blank(struct slice s)
{
	for (size_t k = 0; k < s.n; k++)
		if (s.p[k] != ' ' && s.p[k] != '\t')
			return false;
	return true;
}

static bool is_ascii(struct slice s)
{
	for (size_t k = 0; k < s.n; k++)
		if (s.p[k] >= 0x80)
			return false;
	return true;
}

/* A file in another encoding has lines that happen to be UTF-8, with other people's names in them:
 * so it is refused as a whole, where its beginning shows it. */
static bool begins_in_utf8(struct slice rest)
{
	size_t good = 0, bad = 0;
	while (rest.n) {
		size_t length = slice_find(rest, '\n');
		struct slice line = slice_first(rest, length);
		if (length < rest.n && !is_ascii(line))
			*(slice_is_utf8(line) ? &good : &bad) += 1;
		rest = slice_from(rest, length + 1);
	}
	return bad < BAD_LINES_MAX || good > bad * 10;
}

/* Files from spreadsheets begin with a byte order mark. */
static status begin(struct rows *r, struct error *e)
{
	static const struct slice utf8 = SLICE_INIT("\xef\xbb\xbf");
	while (r->data.n < CHUNK && !r->ended)
		TRY(fill(r));
	struct slice start = buf_slice(&r->data);
	if (slice_starts(start, SLICE("\xff\xfe")) || slice_starts(start, SLICE("\xfe\xff")))
		return error_set(e, ST_INVALID, "this is UTF-16; convert it: iconv -f UTF-16 -t UTF-8");
	if (!begins_in_utf8(start))
		return error_set(e, ST_INVALID, "this is not UTF-8; if it is GB18030, convert it: "
						"iconv -f GB18030 -t UTF-8");
	r->at = slice_starts(start, utf8) ? utf8.n : 0;
	return ST_OK;
}

static status find_format(struct rows *r, struct error *e)
{
	size_t offset = r->at;
	struct slice line;
	status s;
	while ((s = rows_line(r, &offset, &line)) == ST_OK && rows_is_blank(line))
		;
	if (s == ST_NOT_FOUND)
		return error_set(e, ST_INVALID, "there is nothing in it");
	if (is_fault(s))
		return s;
	while (line.n && rows_is_blank(slice_first(line, 1)))
		line = slice_from(line, 1);
	r->format = line.n && line.p[0] == '{' ? ROWS_JSON_LINES : ROWS_CSV;
	return ST_OK;
}

status rows_open(struct rows *r, int fd, enum subject_kind kind, enum rows_format format,
		 struct error *e)
{
	*r = (struct rows){ .fd = fd, .kind = kind, .format = format, .line = 1,
			    .start = lseek(fd, 0, SEEK_CUR) };
	status s = begin(r, e);
	if (s == ST_OK && format == ROWS_BY_CONTENT)
		s = find_format(r, e);
	if (s == ST_OK && r->format == ROWS_CSV)
		s = rows_csv_header(r, e);
	if (s == ST_IO)
		return error_set(e, s, "cannot be read");
	return s;
}

void rows_done(struct rows *r)
{
	buf_done(&r->data);
	free(r->header);
	r->header = NULL;
	spool_free(TAKE(r->spool));
}

status rows_keep(struct rows *r, const char *dir, enum suite suite)
{
	if (r->start >= 0)
		return ST_OK;
	TRY(spool_new(dir, suite, &r->spool));
	return spool_put(r->spool, buf_slice(&r->data));
}

status rows_again(struct rows *r)
{
	r->data.n = 0;
	r->ended = false;
	r->line = 1;
	r->replay = r->spool;
	if (r->spool)
		TRY(spool_rewind(r->spool));
	else if (lseek(r->fd, r->start, SEEK_SET) < 0)
		return ST_IO;
	return begin(r, NULL);
}

status rows_skip(struct rows *r, int64_t line)
{
	while (r->line < line) {
		struct slice passed;
		compact(r);
		status s = rows_line(r, &r->at, &passed);
		if (s != ST_OK && s != ST_TOO_LARGE)
			return s;
		r->line++;
	}
	return ST_OK;
}

status rows_next(struct rows *r, struct arena *a, struct row *ret)
{
	for (;;) {
		compact(r);
		size_t before = r->at;
		struct row row = { .line = r->line };
		status s = r->format == ROWS_CSV ? rows_csv_next(r, a, &row) : rows_json_next(r, a, &row);
		r->bytes += (int64_t)(r->at - before);
		if (s != ST_OK)
			return s;
		if (row.why.message[0] || !rows_is_blank(row.raw)) {
			*ret = row;
			return ST_OK;
		}
	}
}
