#include "libauth/text_file.h"

#include "libauth/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static void close_file(FILE *file)
{
	if (file)
		fclose(file);
}
DEFINE_AUTO(file, FILE *, close_file)

status text_file_read(const char *path, size_t most, uint8_t **ret, size_t *ret_n, struct error *e)
{
	AUTO(file) FILE *file = fopen(path, "rbe");
	if (!file)
		return error_set(e, errno == ENOENT ? ST_NOT_FOUND : ST_IO, "%.100s: %m", path);
	AUTO_MEM uint8_t *bytes = malloc(most + 2);
	if (!bytes)
		return error_set(e, ST_NOMEM, "no memory");
	size_t n = fread(bytes, 1, most + 1, file);
	if (ferror(file))
		return error_set(e, ST_IO, "%.100s: %m", path);
	if (n > most)
		return error_set(e, ST_TOO_LARGE, "%.100s: more than %zu bytes", path, most);
	bytes[n] = '\0';
	*ret = TAKE(bytes);
	*ret_n = n;
	return ST_OK;
}

/* The name is durable once its directory is. */
static bool sync_directory_of(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	snprintf(dir, sizeof dir, "%.*s", (int)n, path);
	AUTO(fd) int fd = open(n ? dir : slash ? "/" : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && fsync(fd) == 0;
}

status text_file_replace(const char *path, struct slice bytes, struct error *e)
{
	char temporary[PATH_MAX];
	int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
	if (n < 0 || (size_t)n >= sizeof temporary)
		return error_set(e, ST_IO, "%.100s: the name is too long", path);
	AUTO(fd) int fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return error_set(e, ST_IO, "%.100s: %m", path);
	if (fd_write_all(fd, bytes) == ST_OK && fsync(fd) == 0 && rename(temporary, path) == 0 &&
	    sync_directory_of(path))
		return ST_OK;
	status failed = error_set(e, ST_IO, "%.100s: %m", path);
	unlink(temporary);
	return failed;
}
