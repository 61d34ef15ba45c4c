#include "keys/keyfile.h"

#include "keys/file.h"
#include "keys/seal.h"

#include "libauth/base/encode.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FORM_VERSION = 1, KEK_ID_SIZE = 8, HEAD_MAX = 128 };

static status path_of(char out[PATH_MAX], const char *dir, const char *name, struct error *e)
{
	int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);
	return n > 0 && n < PATH_MAX ? ST_OK : error_set(e, ST_INVALID, "path too long: %.80s", dir);
}

/* "authd NAME VERSION " */
static void put_form(struct buf *b, const char *name)
{
	buf_format(b, "authd %s %d ", name, FORM_VERSION);
}

/* The line that a file of this name under this KEK begins with. */
static status put_head(struct buf *b, const char *name, const struct secret *kek)
{
	uint8_t id[MAC_SIZE];
	TRY(mac(kek, &SLICE("authd kek id"), 1, id));
	put_form(b, name);
	buf_put_hex(b, slice_of(id, KEK_ID_SIZE));
	buf_put_byte(b, '\n');
	return buf_status(b);
}

static status file_key(const struct secret *kek, const char *name, struct secret *ret)
{
	char label[HEAD_MAX];
	snprintf(label, sizeof label, "authd key file %s", name);
	return derive(kek, label, ret);
}

static status open_sealed(struct slice file, const char *path, const char *name,
			  const struct secret *kek, struct arena *a, struct slice *ret,
			  struct error *e)
{
	AUTO_BUF struct buf head = { 0 }, form = { 0 };
	put_form(&form, name);
	TRY(buf_status(&form));
	TRY(put_head(&head, name, kek));
	if (!slice_starts(file, buf_slice(&form)))
		return error_set(e, ST_CORRUPT, "%s is damaged, or of another version of authd", path);
	if (!slice_starts(file, buf_slice(&head)))
		return error_set(e, ST_INVALID, "%s is sealed under another key-encryption key", path);

	AUTO_SECRET struct secret key = { 0 };
	TRY(file_key(kek, name, &key));
	status s = unseal(&key, buf_slice(&head), slice_from(file, head.n), a, ret);
	return s == ST_INVALID ? error_set(e, ST_CORRUPT, "%s was altered or damaged", path) : s;
}

status keyfile_read(const char *dir, const char *name, const struct secret *kek, struct arena *a,
		    struct slice *ret, struct error *e)
{
	char path[PATH_MAX];
	TRY(path_of(path, dir, name, e));
	AUTO_BUF struct buf file = { 0 };
	TRY(file_read(path, FILE_PRIVATE, &file, e));
	return open_sealed(buf_slice(&file), path, name, kek, a, ret, e);
}

status keyfile_write(const char *dir, const char *name, const struct secret *kek,
		     struct slice content, struct error *e)
{
	return keyfile_write_as(dir, name, name, kek, content, e);
}

status keyfile_write_as(const char *dir, const char *name, const char *file_name,
			const struct secret *kek, struct slice content, struct error *e)
{
	AUTO_ARENA struct arena scratch = { .limit = 2 * (size_t)PRIVATE_FILE_MAX };
	AUTO_BUF struct buf file = { 0 };
	AUTO_SECRET struct secret key = { 0 };
	struct slice sealed;
	TRY(put_head(&file, name, kek));
	TRY(file_key(kek, name, &key));
	TRY(seal(&key, buf_slice(&file), content, &scratch, &sealed));
	buf_put(&file, sealed);
	TRY(buf_status(&file));
	if (file.n > PRIVATE_FILE_MAX) /* it could not be read again */
		return error_set(e, ST_TOO_LARGE, "%s/%s would be too large", dir, name);
	return file_replace(dir, file_name, buf_slice(&file), e);
}

status keyfile_adopt(const char *dir, const char *file, const char *name, struct error *e)
{
	char from[PATH_MAX], to[PATH_MAX];
	TRY(path_of(from, dir, file, e));
	TRY(path_of(to, dir, name, e));
	if (rename(from, to) != 0)
		return error_set(e, ST_IO, "cannot rename %s: %s", from, strerror(errno));
	return file_sync_dir(dir, e);
}

status keyfile_remove(const char *dir, const char *file, struct error *e)
{
	char path[PATH_MAX];
	TRY(path_of(path, dir, file, e));
	if (unlink(path) != 0 && errno != ENOENT)
		return error_set(e, ST_IO, "cannot remove %s: %s", path, strerror(errno));
	return file_sync_dir(dir, e);
}

status keyfile_is_under(const char *dir, const char *name, const char *file_name,
			const struct secret *kek, bool *ret, struct error *e)
{
	char path[PATH_MAX];
	AUTO_BUF struct buf file = { 0 }, head = { 0 };
	TRY(path_of(path, dir, file_name, e));
	TRY(file_read(path, FILE_PRIVATE, &file, e));
	TRY(put_head(&head, name, kek));
	*ret = slice_starts(buf_slice(&file), buf_slice(&head));
	return ST_OK;
}

status keyfile_exists(const char *dir, const char *name, struct error *e)
{
	char path[PATH_MAX];
	struct stat st;
	TRY(path_of(path, dir, name, e));
	if (lstat(path, &st) == 0)
		return ST_OK;
	if (errno == ENOENT || errno == ENOTDIR)
		return ST_NOT_FOUND;
	return error_set(e, ST_IO, "cannot look at %s: %s", path, strerror(errno));
}
