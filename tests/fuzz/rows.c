/*
 * Any bytes as a file of persons or of companies, CSV or JSON Lines: refused as a whole with a reason,
 * or read to its end row by row. What is read can be read a second time from any line on, and what is
 * refused can be corrected and imported: the rejects file gives the same columns again.
 */
#include "authctl/rejects.h"
#include "libauth/base/mem.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { NOW = 1750000000, ROWS_MAX = 64, RAW_MAX = ROW_MAX / 2 };

/* The first rows, as they were read the first time. */
struct seen {
	struct arena arena;
	struct row rows[ROWS_MAX];
	size_t n;
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

static struct slice keep(struct seen *s, struct slice text)
{
	struct slice copy = arena_copy(&s->arena, text);
	check(copy.p);
	return copy;
}

static void note(struct seen *s, const struct row *row)
{
	if (s->n == ROWS_MAX)
		return;
	struct row *kept = &s->rows[s->n++];
	*kept = *row;
	kept->raw = keep(s, row->raw);
	for (enum column c = 0; c < COLUMN_COUNT; c++)
		kept->said.columns[c] = keep(s, row->said.columns[c]);
}

static void expect_same(const struct row *a, const struct row *b)
{
	check(!strcmp(a->why.message, b->why.message));
	for (enum column c = 0; c < COLUMN_COUNT && !a->why.message[0]; c++)
		check(slice_equal(a->said.columns[c], b->said.columns[c]));
}

/* A row that can be read is text, has columns of this kind alone, and gets a verdict. */
static void check_row(enum subject_kind kind, const struct row *row)
{
	AUTO_ARENA struct arena a = {0};
	struct subject s;
	struct error e = {0};
	check(row->raw.n <= ROW_MAX);
	if (row->why.message[0])
		return;
	for (enum column c = 0; c < COLUMN_COUNT; c++) {
		enum column same;
		struct slice text = row->said.columns[c];
		check(!text.n || (slice_is_utf8(text) &&
		                  column_parse(kind, slice_str(column_name(c)), &same) == ST_OK));
	}
	status st = registration_check(kind, &row->said, NOW, &a, &s, &e);
	check(st == ST_OK ? s.number.n && s.name.n : st == ST_INVALID && e.message[0]);
}

static void read_all(struct rows *rows, struct seen *seen)
{
	AUTO_ARENA struct arena a = {0};
	struct row row;
	int64_t line = 0;
	status s;
	for (; (s = rows_next(rows, &a, &row)) == ST_OK; arena_reset(&a)) {
		check(row.line > line);
		line = row.line;
		check_row(rows->kind, &row);
		note(seen, &row);
	}
	check(s == ST_NOT_FOUND);
}

static void read_again(struct rows *rows, const struct seen *seen)
{
	AUTO_ARENA struct arena a = {0};
	struct row row;
	check(rows_again(rows) == ST_OK);
	for (size_t k = 0; k < seen->n; k += 1 + k) {
		check(rows_skip(rows, seen->rows[k].line) == ST_OK);
		check(rows_next(rows, &a, &row) == ST_OK && row.line == seen->rows[k].line);
		check(slice_equal(row.raw, seen->rows[k].raw));
		expect_same(&row, &seen->rows[k]);
	}
}

static int file_of(struct slice bytes)
{
	int fd = memfd_create("rows", MFD_CLOEXEC);
	check(fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n &&
	      lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

/* What the reader cannot take back: no room for two columns more, a carriage return at the end. */
static bool comes_back(const struct rows *rows, const struct row *row)
{
	return !row->why.message[0] && row->raw.n < RAW_MAX && rows->fields_n + 2 <= ROW_FIELDS_MAX &&
	       !(row->raw.n && row->raw.p[row->raw.n - 1] == '\r');
}

static void expect_in_rejects(struct rows *rejected, const struct rows *rows, const struct seen *seen)
{
	AUTO_ARENA struct arena a = {0};
	struct row row;
	for (size_t k = 0; k < seen->n; k++) {
		if (!comes_back(rows, &seen->rows[k]))
			continue;
		check(rows_next(rejected, &a, &row) == ST_OK);
		expect_same(&row, &seen->rows[k]);
	}
	check(rows_next(rejected, &a, &row) == ST_NOT_FOUND);
}

/* The rejects file is a stream here, not a file with a name. */
static void reject_all(const struct rows *rows, const struct seen *seen)
{
	char *text = NULL;
	size_t n = 0, rejected_n = 0;
	struct rejects r = {.rows = rows, .file = open_memstream(&text, &n)};
	struct error e = {0};
	check(r.file);
	if (rows->format == ROWS_CSV)
		fprintf(r.file, "line,reason,%s\n", rows->header);
	for (size_t k = 0; k < seen->n; k++) {
		const struct row *row = &seen->rows[k];
		if (!comes_back(rows, row))
			continue;
		rejected_n++;
		check(rejects_put(&r, row->line, "why, \"so\"", row->raw, &e) == ST_OK);
	}
	check(fclose(r.file) == 0);
	struct rows rejected = {.fd = file_of(slice_of(text, n))};
	if (rejected_n) {
		check(rows_open(&rejected, rejected.fd, rows->kind, rows->format, &e) == ST_OK);
		expect_in_rejects(&rejected, rows, seen);
		rows_done(&rejected);
	}
	close(rejected.fd);
	free(text);
}

static void import(enum subject_kind kind, struct slice bytes)
{
	struct rows rows = {.fd = file_of(bytes)};
	struct seen seen = {.arena.limit = 64 << 20};
	struct error e = {0};
	int fd = rows.fd;
	if (rows_open(&rows, fd, kind, ROWS_BY_CONTENT, &e) == ST_OK) {
		read_all(&rows, &seen);
		read_again(&rows, &seen);
		reject_all(&rows, &seen);
	} else {
		check(e.message[0]);
	}
	rows_done(&rows);
	arena_done(&seen.arena);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	import(SUBJECT_NATURAL, slice_of(data, n));
	import(SUBJECT_LEGAL, slice_of(data, n));
	return 0;
}
