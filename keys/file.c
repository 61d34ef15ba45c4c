#include "keys/file.h"

#include "libauth/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_TRIES = 200, LOCK_PAUSE_NS = 10 * 1000 * 1000 };

DEFINE_AUTO(path, char *, free)

static status io_error(struct error *e, const char *what, const char *path)
{
	return error_set(e, ST_IO, "cannot %s %s: %s", what, path, strerror(errno));
}

static status path_join(char out[PATH_MAX], const char *dir, const char *name, const char *end,
			struct error *e)
{
	int n = snprintf(out, PATH_MAX, "%s/%s%s", dir, name, end);
	return n > 0 && n < PATH_MAX ? ST_OK : error_set(e, ST_INVALID, "path too long: %s", dir);
}

/* ---- who may own it --------------------------------------------------------------------- */

static status check_owner(const struct stat *st, const char *path, mode_t forbidden, struct error *e)
{
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return error_set(e, ST_INVALID,
				 "%s belongs to user %u: it must belong to user %u or to root", path,
				 (unsigned)st->st_uid, (unsigned)geteuid());
	if (st->st_mode & forbidden)
		return error_set(e, ST_INVALID,
				 "%s has mode %04o, which lets others at it: run chmod go= %s", path,
				 (unsigned)(st->st_mode & 07777), path);
	return ST_OK;
}

static status check_file(const struct stat *st, const char *path, enum file_trust trust,
			 struct error *e)
{
	if (!S_ISREG(st->st_mode))
		return error_set(e, ST_INVALID, "%s is not a regular file", path);
	bool of_root = trust == FILE_CREDENTIAL && st->st_uid == 0 && st->st_gid == 0;
	TRY(check_owner(st, path, of_root ? 037 : 077, e));
	if (st->st_size > PRIVATE_FILE_MAX)
		return error_set(e, ST_TOO_LARGE, "%s is too large to be a key file", path);
	return ST_OK;
}

status file_check_dir(const char *dir, struct error *e)
{
	struct stat st;
	if (stat(dir, &st) != 0 && errno == ENOENT)
		return error_set(e, ST_NOT_FOUND, "there is no directory %s", dir);
	if (stat(dir, &st) != 0)
		return io_error(e, "look at", dir);
	if (!S_ISDIR(st.st_mode))
		return error_set(e, ST_INVALID, "%s is not a directory", dir);
	return check_owner(&st, dir, 077, e);
}

bool file_is_within(const char *path, const char *dir)
{
	AUTO(path) char *inner = realpath(path, NULL);
	AUTO(path) char *outer = dir ? realpath(dir, NULL) : NULL;
	if (!inner || !outer)
		return false;
	size_t n = strlen(outer);
	while (n && outer[n - 1] == '/')
		n--;
	return strncmp(inner, outer, n) == 0 && (inner[n] == '/' || inner[n] == '\0');
}

/* ---- reading ---------------------------------------------------------------------------- */

status file_read(const char *path, enum file_trust trust, struct buf *ret, struct error *e)
{
	/* O_NONBLOCK: a FIFO in this place is refused, and not waited for. */
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (trust == FILE_PRIVATE ? O_NOFOLLOW : 0);
	AUTO(fd) int fd = open(path, flags);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return error_set(e, ST_NOT_FOUND, "there is no file %s", path);
	if (fd < 0 && errno == ELOOP)
		return error_set(e, ST_INVALID, "%s is a symbolic link", path);
	if (fd < 0)
		return io_error(e, "open", path);
	struct stat st;
	if (fstat(fd, &st) != 0)
		return io_error(e, "look at", path);
	TRY(check_file(&st, path, trust, e));
	status s = fd_read_all(fd, PRIVATE_FILE_MAX, ret);
	if (s == ST_TOO_LARGE)
		return error_set(e, s, "%s is too large to be a key file", path);
	return s == ST_IO ? io_error(e, "read", path) : s;
}

/* ---- writing ---------------------------------------------------------------------------- */

/* A whole and synced file under a name that nobody reads. */
static status write_beside(const char *path, struct slice bytes, struct error *e)
{
	if (unlink(path) != 0 && errno != ENOENT) /* left over from a kill */
		return io_error(e, "remove", path);
	AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return io_error(e, "make", path);
	/* The mode is ours, whatever the umask says. */
	if (fchmod(fd, 0600) != 0 || fd_write_all(fd, bytes) != ST_OK || fsync(fd) != 0) {
		status s = io_error(e, "write", path);
		(void)unlink(path);
		return s;
	}
	return ST_OK;
}

status file_sync_dir(const char *dir, struct error *e)
{
	AUTO(fd) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return io_error(e, "open", dir);
	/* A file system that is mounted read-only has nothing to sync. */
	if (fsync(fd) != 0 && errno != EROFS && errno != EINVAL)
		return io_error(e, "sync", dir);
	return ST_OK;
}

status file_replace(const char *dir, const char *name, struct slice bytes, struct error *e)
{
	char path[PATH_MAX], beside[PATH_MAX];
	TRY(path_join(path, dir, name, "", e));
	TRY(path_join(beside, dir, name, ".new", e));
	TRY(write_beside(beside, bytes, e));
	if (rename(beside, path) != 0) {
		status s = io_error(e, "replace", path);
		(void)unlink(beside);
		return s;
	}
	return file_sync_dir(dir, e);
}

status file_create(const char *dir, const char *name, struct slice bytes, struct error *e)
{
	char path[PATH_MAX], beside[PATH_MAX];
	TRY(path_join(path, dir, name, "", e));
	TRY(path_join(beside, dir, name, ".new", e));
	TRY(write_beside(beside, bytes, e));
	/* link(), because rename() would overwrite. */
	int failed = link(beside, path) == 0 ? 0 : errno;
	(void)unlink(beside);
	if (failed == EEXIST)
		return error_set(e, ST_EXISTS, "%s exists already", path);
	errno = failed;
	return failed ? io_error(e, "make", path) : file_sync_dir(dir, e);
}

/* ---- the lock --------------------------------------------------------------------------- */

status file_lock(const char *dir, int *ret, struct error *e)
{
	char path[PATH_MAX];
	TRY(path_join(path, dir, "lock", "", e));
	/* Opened anew each time: flock() then also holds between threads. */
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return io_error(e, "open", path);
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			*ret = fd;
			return ST_OK;
		}
		if (errno != EWOULDBLOCK && errno != EINTR)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = LOCK_PAUSE_NS }, NULL);
	}
	close(fd);
	return error_set(e, ST_UNAVAILABLE, "another process holds %s for too long", path);
}

void file_unlock(int lock) { fd_close(lock); }
