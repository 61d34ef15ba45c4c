#include "authd/store/files.h"

#include "libauth/base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

status files_status(int error)
{
	switch (error) {
	case 0: return ST_OK;
	case ENOMEM: return ST_NOMEM;
	case ENOENT:
	case ENOTDIR: return ST_NOT_FOUND;
	case EEXIST: return ST_EXISTS;
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case EACCES:
	case EPERM:
	case EMFILE:
	case ENFILE: return ST_UNAVAILABLE;
	default: return ST_IO;
	}
}

status files_path(const char *dir, const char *name, char path[FILES_PATH_MAX])
{
	int n = snprintf(path, FILES_PATH_MAX, "%s/%s", dir, name);
	return n < 0 || n >= FILES_PATH_MAX ? ST_TOO_LARGE : ST_OK;
}

status files_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) ? files_status(errno) : ST_OK;
}

static status sync_path(const char *path, int flags)
{
	AUTO(fd) int fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return files_status(errno);
	return fsync(fd) ? ST_IO : ST_OK;
}

status files_sync_dir(const char *dir) { return sync_path(dir, O_RDONLY | O_DIRECTORY); }
status files_sync(const char *path) { return sync_path(path, O_RDWR); }

status files_boot_id(uint8_t ret[BOOT_ID_SIZE])
{
	AUTO(fd) int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, ret, BOOT_ID_SIZE) == BOOT_ID_SIZE ? ST_OK : ST_UNAVAILABLE;
}

static bool is_dots(const char *name) { return !strcmp(name, ".") || !strcmp(name, ".."); }

status files_remove_dir(const char *dir)
{
	DIR *d = opendir(dir);
	if (!d)
		return errno == ENOENT ? ST_OK : files_status(errno);
	struct dirent *entry;
	int failed = 0;
	while (!failed && (entry = readdir(d)))
		if (!is_dots(entry->d_name) && unlinkat(dirfd(d), entry->d_name, 0))
			failed = errno;
	closedir(d);
	if (!failed && rmdir(dir))
		failed = errno;
	return files_status(failed);
}

status files_lock_dir(const char *dir, int wait_ms, int *ret_fd)
{
	enum { STEP_MS = 20 };
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return files_status(errno);
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		bool busy = errno == EWOULDBLOCK;
		if (!busy || wait_ms <= 0) {
			close(fd);
			return busy ? ST_BUSY : ST_IO;
		}
		nanosleep(&(struct timespec){ .tv_nsec = STEP_MS * 1000000 }, NULL);
		wait_ms -= STEP_MS;
	}
	*ret_fd = fd;
	return ST_OK;
}

static status check_empty(const char *dir)
{
	DIR *d = opendir(dir);
	if (!d)
		return files_status(errno);
	struct dirent *entry;
	status s = ST_OK;
	while (!s && (entry = readdir(d)))
		if (!is_dots(entry->d_name))
			s = ST_EXISTS;
	closedir(d);
	return s;
}

static status write_file(const char *path, status (*write)(void *context, int fd), void *context)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return files_status(errno);
	status s = write(context, fd);
	if (!s && fsync(fd))
		s = files_status(errno);
	if (close(fd) && !s)
		s = files_status(errno);
	return s;
}

status files_publish(const char *dir, const char *name, status (*write)(void *context, int fd),
		     void *context, struct error *e)
{
	char path[FILES_PATH_MAX], partial[FILES_PATH_MAX];
	TRY(files_path(dir, name, path));
	TRY(files_path(dir, "partial", partial));
	status s = check_empty(dir);
	if (s == ST_EXISTS)
		return error_set(e, s, "%s: not empty", dir);
	if (s)
		return error_set(e, s, "%s: cannot be read: %s", dir, strerror(errno));

	s = write_file(partial, write, context);
	if (!s && rename(partial, path))
		s = files_status(errno);
	if (!s)
		s = files_sync_dir(dir);
	if (!s)
		return ST_OK;
	unlink(partial);
	return error_set(e, s, "%s: could not be written: %s", path, status_name(s));
}
