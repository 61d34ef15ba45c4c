/* The rows of an import: RFC 4180 and JSON Lines, through a pipe, in pieces of any size. */
#include "authctl/rejects.h"
#include "authctl/rows.h"

#include "libauth/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define assert_ok(call) assert_int_equal((call), ST_OK)

/* A file with this text that only its descriptor names. */
static int file_of(const char *text, size_t n)
{
	char path[] = "/tmp/authctl-rows-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

struct read {
	struct rows rows;
	struct arena arena;
	int fd;
};

static status open_text(struct read *r, const char *text, size_t n, struct error *e)
{
	*r = (struct read){ .fd = file_of(text, n) };
	return rows_open(&r->rows, r->fd, SUBJECT_NATURAL, ROWS_BY_CONTENT, e);
}

static void done(struct read *r)
{
	rows_done(&r->rows);
	arena_done(&r->arena);
	close(r->fd);
}

static void expect_row(struct read *r, int64_t line, const char *number, const char *name)
{
	struct row row;
	assert_ok(rows_next(&r->rows, &r->arena, &row));
	assert_string_equal(row.why.message, "");
	assert_int_equal(row.line, line);
	assert_true(slice_is(row.said.columns[COLUMN_NUMBER], number));
	assert_true(slice_is(row.said.columns[COLUMN_NAME], name));
}

static void expect_refused(struct read *r, int64_t line)
{
	struct row row;
	assert_ok(rows_next(&r->rows, &r->arena, &row));
	assert_int_equal(row.line, line);
	if (!row.why.message[0])
		fail_msg("line %lld was let in", (long long)line);
}

static void expect_end(struct read *r)
{
	struct row row;
	assert_int_equal(rows_next(&r->rows, &r->arena, &row), ST_NOT_FOUND);
	assert_int_equal(rows_next(&r->rows, &r->arena, &row), ST_NOT_FOUND);
}

static void csv(void **state)
{
	static const char text[] =
		"\xef\xbb\xbfname,number,email\r\n"
		"a,1,\r\n"
		"\r\n"
		"\"b, \"\"c\"\"\",2,x\n"
		",,\n"
		"\"d\ne\",3,\n"
		"f,4,\"\"\n"
		"g,5,h"; /* the last line may have no end */
	struct read r;
	(void)state;
	assert_ok(open_text(&r, text, sizeof text - 1, NULL));
	assert_int_equal(r.rows.format, ROWS_CSV);
	expect_row(&r, 2, "1", "a");
	expect_row(&r, 4, "2", "b, \"c\"");
	expect_row(&r, 5, "", "");
	expect_row(&r, 6, "3", "d\ne");
	expect_row(&r, 8, "4", "f");
	expect_row(&r, 9, "5", "g");
	expect_end(&r);
	done(&r);
}

static void bad_csv_costs_its_own_line(void **state)
{
	static const char text[] =
		"number,name\n"
		"1\n"
		"1,2,3\n"
		"1,a\"b\n"
		"1,\"a\"b\n"
		"1,\"a\n" /* this quote is closed by the next one, far away */
		"2,b\n3,c\n4,d\n5,e\n6,f\n7,g\n8,h\n9,i\n10,j\n"
		"1,\"\n"
		"11,k\n";
	struct read r;
	(void)state;
	assert_ok(open_text(&r, text, sizeof text - 1, NULL));
	for (int line = 2; line <= 6; line++)
		expect_refused(&r, line);
	expect_row(&r, 7, "2", "b");
	expect_row(&r, 8, "3", "c");
	for (int line = 9; line <= 15; line++) {
		struct row row;
		assert_ok(rows_next(&r.rows, &r.arena, &row));
		assert_string_equal(row.why.message, "");
	}
	expect_refused(&r, 16);
	expect_row(&r, 17, "11", "k");
	expect_end(&r);
	done(&r);
}

static void headers(void **state)
{
	static const char *const bad[] = {
		"", "\n\n", "number\n", "name\n", "number,name,nonsense\n", "number,name,name\n",
		"number,name,\"x\n", "number,name,\xff\n", "1,a\n", "number,name,representative_name\n",
		"number, name\n", "Number,Name\n",
	};
	static const char utf16[] = "\xff\xfe" "n\0u\0";
	struct read r;
	struct error e;
	(void)state;
	for (size_t k = 0; k < COUNT_OF(bad); k++) {
		e = (struct error){ 0 };
		if (open_text(&r, bad[k], strlen(bad[k]), &e) != ST_INVALID || !e.message[0])
			fail_msg("%s", bad[k]);
		done(&r);
	}
	assert_int_equal(open_text(&r, utf16, sizeof utf16 - 1, &e), ST_INVALID);
	assert_non_null(strstr(e.message, "UTF-16"));
	done(&r);
	assert_ok(open_text(&r, "line,reason,number,name\n7,\"why, oh\",1,a\n", 41, &e));
	expect_row(&r, 2, "1", "a");
	done(&r);
}

/* GB18030 whose every tenth line happens to be UTF-8 would bring in other people's names. */
static void another_encoding_is_refused_whole(void **state)
{
	AUTO_BUF struct buf text = { 0 };
	struct read r;
	struct error e;
	(void)state;
	buf_put_text(&text, "number,name\n");
	for (int k = 0; k < 100; k++)
		buf_put_text(&text, k % 10 ? "1,\xd5\xc5\xc8\xfd\n" : "1,\xc4\xb2\n");
	assert_int_equal(open_text(&r, (const char *)text.p, text.n, &e), ST_INVALID);
	assert_non_null(strstr(e.message, "GB18030"));
	done(&r);
}

static void json_lines(void **state)
{
	static const char text[] =
		"\n"
		"{\"number\":\"1\",\"name\":\"a\",\"email\":null,\"line\":3,\"reason\":\"x\"}\n"
		"{\"number\":1,\"name\":\"a\"}\n"
		"{\"number\":\"1\",\"number\":\"2\"}\n"
		"{\"number\":\"1\",\"nonsense\":\"2\"}\n"
		"[]\n"
		"{\"number\":\"1\"\n"
		"{\"number\":\"1\"} {}\n"
		"{\"number\":\"\\u0000\"}\n"
		"{\"number\":\"\xff\"}\n"
		"  {\"name\":\"\\u4e2d\",\"number\":\"2\"}\r\n";
	struct read r;
	(void)state;
	assert_ok(open_text(&r, text, sizeof text - 1, NULL));
	assert_int_equal(r.rows.format, ROWS_JSON_LINES);
	expect_row(&r, 2, "1", "a");
	for (int line = 3; line <= 10; line++)
		expect_refused(&r, line);
	expect_row(&r, 11, "2", "中");
	expect_end(&r);
	done(&r);
}

/* However long: memory stays flat, and the lines behind it count on. */
static void a_line_without_end(void **state)
{
	enum { HUGE = 3 << 20 };
	AUTO_BUF struct buf text = { .limit = HUGE * 2 };
	struct read r;
	(void)state;
	buf_put_text(&text, "number,name\n1,a\n2,");
	for (int k = 0; k < HUGE; k++)
		buf_put_byte(&text, 'x');
	buf_put_text(&text, "\n3,c\n");
	assert_ok(open_text(&r, (const char *)text.p, text.n, NULL));
	expect_row(&r, 2, "1", "a");
	expect_refused(&r, 3);
	expect_row(&r, 4, "3", "c");
	expect_end(&r);
	assert_true(r.rows.data.capacity < 1 << 20);
	done(&r);
}

/* Many lines, so that the reader's buffer is filled and emptied at every offset. */
static void many_lines(void **state)
{
	enum { LINES = 100000 };
	AUTO_BUF struct buf text = { 0 };
	struct read r;
	(void)state;
	buf_put_text(&text, "number,name\n");
	for (int k = 0; k < LINES; k++)
		buf_format(&text, k % 3 ? "%d,n%d\n" : "\"%d\",\"n%d\"\n", k, k);
	assert_ok(open_text(&r, (const char *)text.p, text.n, NULL));
	for (int k = 0; k < LINES; k++) {
		char number[16], name[16];
		snprintf(number, sizeof number, "%d", k);
		snprintf(name, sizeof name, "n%d", k);
		arena_reset(&r.arena);
		expect_row(&r, k + 2, number, name);
	}
	expect_end(&r);
	assert_int_equal(r.rows.bytes + 12, (int64_t)text.n); /* the header is not a row */
	assert_true(r.rows.data.capacity < 1 << 20);
	done(&r);
}

/* A pipe with this in it, up to its end. */
static int pipe_of(const char *text, size_t n)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0)
		_exit(write(ends[1], text, n) != (ssize_t)n);
	assert_true(child > 0);
	close(ends[1]);
	return ends[0];
}

/* Line 3 has a record of two lines: the one after it begins at line 5. */
static void expect_all_again(struct read *r, size_t many)
{
	struct row row;
	for (int times = 0; times < 2; times++) {
		assert_ok(rows_again(&r->rows));
		assert_ok(rows_skip(&r->rows, 3));
		expect_row(r, 3, "2", "b\nb");
		assert_ok(rows_skip(&r->rows, 5));
		expect_refused(r, 5);
		assert_ok(rows_skip(&r->rows, (int64_t)many));
		expect_row(r, (int64_t)many, "3", "c");
		assert_int_equal(rows_next(&r->rows, &r->arena, &row), ST_NOT_FOUND);
		assert_int_equal(rows_skip(&r->rows, (int64_t)many + 9), ST_NOT_FOUND);
	}
}

static void all_can_be_read_again(void **state)
{
	(void)state;
	static const char head[] = "\xef\xbb\xbfnumber,name\n1,a\n2,\"b\nb\"\nx\n";
	enum { LINES = 40000 }; /* in several pieces */
	AUTO_BUF struct buf text = { 0 };
	buf_put(&text, slice_of(head, sizeof head - 1));
	for (int line = 6; line <= LINES; line++)
		buf_put_text(&text, "3,c\n");
	assert_ok(buf_status(&text));
	for (int piped = 0; piped < 2; piped++) {
		struct read r = { 0 };
		struct row row;
		const char *bytes = (const char *)text.p;
		r.fd = piped ? pipe_of(bytes, text.n) : file_of(bytes, text.n);
		assert_ok(rows_open(&r.rows, r.fd, SUBJECT_NATURAL, ROWS_BY_CONTENT, NULL));
		assert_ok(rows_keep(&r.rows, "/tmp", SUITE_SM));
		size_t n = 0;
		while (rows_next(&r.rows, &r.arena, &row) == ST_OK)
			n++;
		assert_int_equal(n, LINES - 2); /* but the header, and one with two lines */
		expect_all_again(&r, LINES);
		done(&r);
	}
}

static void a_copy_is_sealed(void **state)
{
	(void)state;
	AUTO(spool) struct spool *s = NULL;
	AUTO_ARENA struct arena a = { 0 };
	struct slice piece;
	assert_int_equal(spool_new("/nonexistent", SUITE_SM, &s), ST_UNAVAILABLE);
	assert_ok(spool_new("/tmp", SUITE_SM, &s));
	assert_ok(spool_put(s, SLICE("one")));
	assert_ok(spool_put(s, SLICE("")));
	assert_ok(spool_put(s, SLICE("three")));
	assert_int_equal(spool_put(s, slice_of("", SPOOL_PIECE_MAX + 1)), ST_BUG);
	assert_ok(spool_rewind(s));
	assert_ok(spool_take(s, &a, &piece));
	assert_true(slice_is(piece, "one"));
	assert_ok(spool_take(s, &a, &piece));
	assert_true(slice_empty(piece));
	assert_ok(spool_take(s, &a, &piece));
	assert_true(slice_is(piece, "three"));
	assert_int_equal(spool_take(s, &a, &piece), ST_NOT_FOUND);
}

static void rejects_can_be_imported(void **state)
{
	static const char text[] = "number,name\n1,\"a,b\"\n";
	char path[64];
	struct read r, again;
	struct row row;
	(void)state;
	snprintf(path, sizeof path, "/tmp/authctl-rejects-%ld", (long)getpid());
	assert_ok(open_text(&r, text, sizeof text - 1, NULL));
	assert_ok(rows_next(&r.rows, &r.arena, &row));
	struct rejects rejects = { .path = path, .rows = &r.rows };
	assert_ok(rejects_put(&rejects, 2, "say \"why\", and\nwhere", row.raw, NULL));
	assert_ok(rejects_end(&rejects, NULL));
	assert_ok(rejects_end(&rejects, NULL)); /* once is enough */
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	again = (struct read){ .fd = open(path, O_RDONLY) };
	assert_ok(rows_open(&again.rows, again.fd, SUBJECT_NATURAL, ROWS_BY_CONTENT, NULL));
	expect_row(&again, 2, "1", "a,b");
	done(&again);

	/* Nothing refused the next time: nothing is left. */
	rejects = (struct rejects){ .path = path, .rows = &r.rows };
	assert_ok(rejects_end(&rejects, NULL));
	assert_int_equal(access(path, F_OK), -1);
	rejects.path = "/nonexistent/file";
	struct error e = { 0 };
	assert_int_equal(rejects_put(&rejects, 2, "why", row.raw, &e), ST_IO);
	assert_non_null(strstr(e.message, "/nonexistent/file"));
	done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv),
		cmocka_unit_test(bad_csv_costs_its_own_line),
		cmocka_unit_test(headers),
		cmocka_unit_test(another_encoding_is_refused_whole),
		cmocka_unit_test(json_lines),
		cmocka_unit_test(a_line_without_end),
		cmocka_unit_test(many_lines),
		cmocka_unit_test(all_can_be_read_again),
		cmocka_unit_test(a_copy_is_sealed),
		cmocka_unit_test(rejects_can_be_imported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
