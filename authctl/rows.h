/*
 * The rows of an import: CSV (RFC 4180) or JSON Lines, from a file or a pipe, one at a time, so that
 * memory stays flat however long the file is.
 *
 *	rows_open() -> rows_next() until ST_NOT_FOUND -> rows_done()
 *	rows_keep() before the first row -> rows_again() -> rows_skip() -> rows_next() ...
 *
 * CSV begins with a line that names the columns, in any order; JSON Lines has one object of strings
 * on each line. The columns `line` and `reason` are passed over, so that a rejects file can be
 * corrected and imported.                                                   Threads: there is one.
 */
#pragma once

#include "authctl/spool.h"
#include "authd/service/registration.h"
#include "libauth/base/buf.h"

enum rows_format { ROWS_BY_CONTENT, ROWS_CSV, ROWS_JSON_LINES };

enum { ROW_MAX = 16 << 10, ROW_FIELDS_MAX = 64 };

struct rows {
	int fd;
	off_t start;         /* of a file: where it begins; -1: it can be read once alone */
	struct spool *spool; /* then, if it is kept: a copy */
	bool replay;         /* what comes, comes from the copy */
	enum subject_kind kind;
	enum rows_format format;

	struct buf data;
	size_t at;      /* of the next line in data */
	bool ended;     /* nothing more will come from fd */
	int64_t line;   /* number of the next line, from 1 */
	int64_t bytes;  /* read and dealt with so far */

	int fields[ROW_FIELDS_MAX]; /* CSV: the column of each field, or -1 */
	size_t fields_n;
	char *header; /* CSV: its first line */
};

struct row {
	int64_t line;
	struct slice raw;         /* as it stands there, without the line's end */
	struct registration said;
	struct error why;         /* with a message: it cannot be read */
};

/* Finds out the format and reads the header. ST_INVALID or ST_IO, with a message. */
status rows_open(struct rows *r, int fd, enum subject_kind kind, enum rows_format format,
		 struct error *e);
void rows_done(struct rows *r);

/* The next row that is not empty; its slices are good until the next call or in the arena.
 * ST_NOT_FOUND at the end; ST_IO, ST_NOMEM. */
status rows_next(struct rows *r, struct arena *a, struct row *ret);

/* See to it that all can be read again, with a copy in dir if need be. */
status rows_keep(struct rows *r, const char *dir, enum suite suite);
/* Begin again, at line 1, which is the header of CSV. */
status rows_again(struct rows *r);
/* Go on to this line, without a look at those before. ST_NOT_FOUND. */
status rows_skip(struct rows *r, int64_t line);

/* ---- between the files of this reader --------------------------------------------------------- */

/* The line that begins at *offset of r->data, without its end; *offset is moved behind it.
 * ST_NOT_FOUND, ST_TOO_LARGE (then *ret is its beginning), or a fault. */
status rows_line(struct rows *r, size_t *offset, struct slice *ret);

bool rows_is_blank(struct slice s);
status rows_csv_header(struct rows *r, struct error *e);
status rows_csv_next(struct rows *r, struct arena *a, struct row *ret);
status rows_json_next(struct rows *r, struct arena *a, struct row *ret);
