/* An export of the audit: mapped, so that its size costs no memory. */
#include "authctl/audit.h"

#include "libauth/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

void audit_file_done(struct audit_file *f)
{
	json_decref(f->header);
	json_decref(f->trailer);
	if (f->bytes.p)
		munmap((void *)f->bytes.p, f->bytes.n);
	*f = (struct audit_file){ 0 };
}

bool audit_file_line(struct slice *rest, struct slice *ret)
{
	if (!rest->n)
		return false;
	*ret = slice_first(*rest, slice_find(*rest, '\n'));
	*rest = slice_from(*rest, ret->n + 1);
	return true;
}

static json_t *read_json(struct slice line)
{
	return json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
}

/* First line, last line, and what lies between. */
static bool take_apart(struct audit_file *f)
{
	struct slice rest = f->bytes, header, trailer;
	if (!rest.n || rest.p[rest.n - 1] != '\n' || !audit_file_line(&rest, &header) || !rest.n)
		return false;
	const uint8_t *end = rest.n > 1 ? memrchr(rest.p, '\n', rest.n - 1) : NULL;
	size_t n = end ? (size_t)(end + 1 - rest.p) : 0;
	trailer = slice_first(slice_from(rest, n), rest.n - n - 1);
	f->entries = slice_first(rest, n);
	f->header = read_json(header);
	f->trailer = read_json(trailer);
	return json_integer_value(json_object_get(f->header, "audit_export")) == 1 &&
	       json_string_value(json_object_get(f->header, "issuer")) &&
	       json_string_value(json_object_get(f->trailer, "seal"));
}

static enum exit_code map(struct ctl *c, const char *path, struct slice *ret)
{
	struct stat st;
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		return ctl_fail(c, REFUSED, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return ctl_fail(c, REFUSED, "%s: not an export of the audit", path);
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return ctl_fail(c, REFUSED, "%s: %s", path, strerror(errno));
	*ret = slice_of(p, (size_t)st.st_size);
	return DONE;
}

enum exit_code audit_file_open(struct ctl *c, const char *path, struct audit_file *ret)
{
	AUTO_AUDIT_FILE struct audit_file f = { 0 };
	enum exit_code code = map(c, path, &f.bytes);
	if (code != DONE)
		return code;
	if (!take_apart(&f))
		return ctl_fail(c, REFUSED, "%s: not a whole export of the audit: its first or last line is not one's",
				path);
	*ret = f;
	f = (struct audit_file){ 0 };
	return DONE;
}

/* ---- checking it ------------------------------------------------------------------------------ */

static enum exit_code add_outside(struct ctl *c, const char *path, struct audit_check *check)
{
	enum { MAX = 64 << 20 };
	AUTO_BUF struct buf text = { .limit = MAX };
	if (!path)
		return DONE;
	enum exit_code code = ctl_read(c, path, MAX, &text);
	struct slice rest = buf_slice(&text), line;
	while (code == DONE && audit_file_line(&rest, &line))
		if (line.n && audit_check_outside(check, line) != ST_OK)
			code = ctl_nomem(c);
	return code;
}

/* The seal, which says what the file is to hold. */
static enum exit_code open_seal(struct ctl *c, const struct audit_file *f, struct auth_keyset *keys,
				struct audit_statement *ret)
{
	AUTO(auth_verifier) struct auth_verifier *v = NULL;
	struct error why = { 0 };
	const char *issuer = json_string_value(json_object_get(f->header, "issuer"));
	const char *seal = json_string_value(json_object_get(f->trailer, "seal"));
	status s = audit_verifier_new(STATEMENT_EXPORT, issuer, keys, &v, &why);
	if (s == ST_OK)
		s = audit_statement_verify(v, slice_str(seal), time(NULL), ret, &why);
	return s == ST_OK ? DONE : ctl_fail(c, REFUSED, "the export's seal does not hold: %s", why.message);
}

static enum exit_code check_entries(struct ctl *c, const struct audit_file *f, struct audit_check *check)
{
	struct progress progress;
	struct slice rest = f->entries, line;
	int64_t n = 0;
	status s = ST_OK;
	progress_begin(&progress, -1);
	progress_step(&progress, "verifying", (int64_t)f->entries.n);
	while (s == ST_OK && audit_file_line(&rest, &line)) {
		s = audit_check_entry(check, line);
		progress_show(&progress, (int64_t)(f->entries.n - rest.n), ++n);
	}
	progress_end(&progress);
	return s == ST_OK ? DONE : ctl_failed(c, s, NULL);
}

enum exit_code audit_file_check(struct ctl *c, const struct audit_file *f, const char *keys_path,
				const char *checkpoints_path, struct audit_check **ret)
{
	AUTO(audit_check) struct audit_check *check = NULL;
	AUTO(auth_keyset) struct auth_keyset *keys = NULL;
	struct audit_statement seal;
	struct error why = { 0 };
	const char *issuer = json_string_value(json_object_get(f->header, "issuer"));
	enum exit_code code = audit_keys(c, json_object_get(f->trailer, "jwks"), keys_path, &keys);
	if (code == DONE)
		code = open_seal(c, f, keys, &seal);
	if (code != DONE)
		return code;
	status s = audit_check_new(issuer, keys, time(NULL), &check, &why);
	if (s != ST_OK)
		return ctl_failed(c, s, &why);
	code = add_outside(c, checkpoints_path, check);
	if (code != DONE)
		return code;
	audit_check_begin(check, seal.before, true);
	code = check_entries(c, f, check);
	if (code != DONE)
		return code;
	s = audit_check_end(check, &seal.last, false);
	if (s != ST_OK)
		return ctl_failed(c, s, NULL);
	*ret = TAKE(check);
	return DONE;
}
