#include "authctl/rejects.h"

#include "libauth/base/encode.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

static status failed(const struct rejects *r, struct error *e)
{
	return error_set(e, ST_IO, "%s: %s", r->path, strerror(errno));
}

static status begin(struct rejects *r, struct error *e)
{
	int fd = open(r->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return failed(r, e);
	r->file = fchmod(fd, 0600) == 0 ? fdopen(fd, "w") : NULL;
	if (!r->file) {
		close(fd);
		return failed(r, e);
	}
	if (r->rows->format == ROWS_CSV)
		fprintf(r->file, "line,reason,%s\n", r->rows->header);
	return ST_OK;
}

/* RFC 4180: quotes around it, and those inside doubled. */
static void put_quoted(struct buf *out, struct slice s)
{
	buf_put_byte(out, '"');
	for (size_t k = 0; k < s.n; k++) {
		if (s.p[k] == '"')
			buf_put_byte(out, '"');
		buf_put_byte(out, s.p[k]);
	}
	buf_put_byte(out, '"');
}

static void put_csv(struct buf *out, int64_t line, const char *reason, struct slice raw)
{
	buf_put_integer(out, line);
	buf_put_byte(out, ',');
	put_quoted(out, slice_str(reason));
	buf_put_byte(out, ',');
	buf_put(out, raw);
}

/* The object with two members more; what was no object stands as it came, in a string. */
static status put_json(struct buf *out, int64_t line, const char *reason, struct slice raw)
{
	json_t *object = json_loadb((const char *)raw.p, raw.n, 0, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		object = json_pack("{s:s}", "text", slice_is_utf8(raw) ? "" : "(not UTF-8)");
		if (slice_is_utf8(raw))
			json_object_set_new(object, "text",
					    json_stringn((const char *)raw.p, raw.n));
	}
	json_object_set_new(object, "line", json_integer(line));
	json_object_set_new(object, "reason", json_string(reason));
	char *text = json_dumps(object, JSON_COMPACT);
	buf_put_text(out, text ? text : "");
	json_decref(object);
	status s = text ? ST_OK : ST_NOMEM;
	free(text);
	return s;
}

status rejects_put(struct rejects *r, int64_t line, const char *reason, struct slice raw,
		   struct error *e)
{
	AUTO_BUF struct buf out = { 0 };
	if (!r->file)
		TRY(begin(r, e));
	if (r->rows->format == ROWS_CSV)
		put_csv(&out, line, reason, raw);
	else
		TRY(put_json(&out, line, reason, raw));
	buf_put_byte(&out, '\n');
	TRY(buf_status(&out));
	r->n++;
	return fwrite(out.p, 1, out.n, r->file) == out.n ? ST_OK : failed(r, e);
}

status rejects_end(struct rejects *r, struct error *e)
{
	if (r->ended)
		return ST_OK;
	r->ended = true;
	if (!r->file) {
		if (r->path)
			(void)unlink(r->path);
		return ST_OK;
	}
	bool good = fflush(r->file) == 0 && fsync(fileno(r->file)) == 0;
	good = (fclose(r->file) == 0) && good;
	r->file = NULL;
	return good ? ST_OK : failed(r, e);
}
