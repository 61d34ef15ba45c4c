#include "authctl/import.h"
#include "authctl/print.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static enum exit_code format_of(const struct ctl *c, enum rows_format *ret)
{
	const char *name = flag_text(c, "format");
	*ret = ROWS_BY_CONTENT;
	if (!name)
		return DONE;
	if (strcmp(name, "csv") != 0 && strcmp(name, "jsonl") != 0)
		return ctl_fail(c, USAGE, "--format is csv or jsonl");
	*ret = strcmp(name, "csv") == 0 ? ROWS_CSV : ROWS_JSON_LINES;
	return DONE;
}

static const char *rejects_path(struct ctl *c, const char *path)
{
	if (flag_text(c, "rejects"))
		return flag_text(c, "rejects");
	if (strcmp(path, "-") == 0)
		return "authctl.rejects";
	return (const char *)arena_format(&c->arena, "%s.rejects", path).p;
}

enum exit_code import_begin(struct import *im, struct ctl *c, const char *path,
			    enum subject_kind kind)
{
	enum rows_format format;
	struct error why = { 0 };
	bool piped = strcmp(path, "-") == 0;
	*im = (struct import){ .ctl = c, .rows.fd = -1 };
	enum exit_code code = format_of(c, &format);
	if (code != DONE)
		return code;
	im->rejects = (struct rejects){ .path = rejects_path(c, path), .rows = &im->rows };
	int fd = piped ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ctl_fail(c, REFUSED, "%s: %s", path, strerror(errno));
	progress_begin(&im->progress, fd);
	status s = rows_open(&im->rows, fd, kind, format, &why);
	if (s == ST_OK)
		return DONE;
	rows_done(&im->rows);
	return ctl_fail(c, REFUSED, "%s: %s", piped ? "standard input" : path,
			why.message[0] ? why.message : status_name(s));
}

enum exit_code import_refuse(struct import *im, int64_t line, const char *reason, struct slice raw)
{
	struct error why = { 0 };
	status s = rejects_put(&im->rejects, line, reason, raw, &why);
	return s == ST_OK ? DONE : ctl_failed(im->ctl, s, &why);
}

enum exit_code import_read(struct import *im, struct arena *a, struct row *ret, bool *ret_end)
{
	progress_show(&im->progress, im->rows.bytes, im->lines);
	status s = rows_next(&im->rows, a, ret);
	*ret_end = s == ST_NOT_FOUND;
	if (s != ST_OK && !*ret_end)
		return ctl_fail(im->ctl, REFUSED, "line %lld cannot be read: %s",
				(long long)im->rows.line, status_name(s));
	im->lines += !*ret_end;
	return DONE;
}

enum exit_code import_next(struct import *im, struct arena *a, struct row *ret, bool *ret_end)
{
	for (;;) {
		enum exit_code code = import_read(im, a, ret, ret_end);
		if (code != DONE || *ret_end || !ret->why.message[0])
			return code;
		code = import_refuse(im, ret->line, ret->why.message, ret->raw);
		if (code != DONE)
			return code;
	}
}

static void say(const struct import *im, bool whole)
{
	printf("%s%lld lines in %.1f s: ", whole ? "" : "Interrupted after ", (long long)im->lines,
	       progress_seconds(&im->progress));
	for (enum registration_outcome o = 0; o < REGISTRATION_OUTCOMES; o++)
		if (im->counts[o] || o <= REGISTRATION_UNCHANGED)
			printf("%lld %s, ", (long long)im->counts[o], registration_outcome_name(o));
	printf("%lld refused\n", (long long)im->rejects.n);
	if (im->rejects.n)
		printf("The refused lines, with reasons: %s\n"
		       "Correct them there and import that file.\n", im->rejects.path);
	if (!whole)
		printf("Run it again: %s.\n", im->afresh ?
						       "it begins anew" :
						       "what is there already is not written twice");
}

static void say_json(const struct import *im, bool whole)
{
	AUTO(json) json_t *answer = json_pack(
		"{s:b, s:I, s:I, s:s*, s:I}", "complete", (int)whole, "lines", (json_int_t)im->lines,
		"refused", (json_int_t)im->rejects.n, "rejects",
		im->rejects.n ? im->rejects.path : NULL, "duration_ms",
		(json_int_t)(progress_seconds(&im->progress) * 1000));
	for (enum registration_outcome o = 0; answer && o < REGISTRATION_OUTCOMES; o++)
		json_object_set_new(answer, registration_outcome_name(o), json_integer(im->counts[o]));
	print_json(answer);
}

enum exit_code import_end(struct import *im, enum exit_code code)
{
	struct error why = { 0 };
	progress_end(&im->progress);
	status s = rejects_end(&im->rejects, &why);
	if (s != ST_OK && code == DONE)
		code = ctl_failed(im->ctl, s, &why);
	if (im->ctl->json)
		say_json(im, code == DONE);
	else
		say(im, code == DONE);
	if (im->rows.fd > STDIN_FILENO)
		close(im->rows.fd);
	rows_done(&im->rows);
	return code == DONE && im->rejects.n ? PARTLY : code;
}
