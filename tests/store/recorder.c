/*
 * LD_PRELOAD: does what the C library does, and writes it down (recording.h). A change is written
 * down before it is made, a sync after it has been made: so the recording never claims more
 * durability than there was.
 */
/* Both names of a function are wanted, that for large files and the plain one. */
#undef _FILE_OFFSET_BITS

#include "recording.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define EXPORT __attribute__((visibility("default")))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void give_up(const char *why)
{
	dprintf(STDERR_FILENO, "recorder: %s\n", why);
	_exit(99);
}

static void record(struct event e, const void *bytes)
{
	pthread_mutex_lock(&lock);
	int fd = REAL(open)(getenv(RECORD_LOG), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	struct iovec parts[] = { { &e, sizeof e }, { (void *)bytes, e.size } };
	if (fd < 0 || REAL(writev)(fd, parts, 2) != (ssize_t)(sizeof e + e.size))
		give_up("the log cannot be written");
	close(fd);
	pthread_mutex_unlock(&lock);
}

/* The name of a path relative to the directory; NULL for any other, and for locks. */
static const char *inside(const char *path)
{
	const char *dir = getenv(RECORD_DIR);
	size_t n = dir ? strlen(dir) : 0;
	if (!n || strncmp(path, dir, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	const char *name = path[n] ? path + n + 1 : path + n;
	return strstr(name, "lock.mdb") ? NULL : name;
}

static const char *fd_name(int fd, char path[PATH_MAX])
{
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, PATH_MAX - 1);
	if (n < 0)
		return NULL;
	path[n] = '\0';
	/* Its directory may have been renamed or removed meanwhile: the inode is what counts. */
	char *deleted = strstr(path, " (deleted)");
	if (deleted)
		*deleted = '\0';
	return inside(path);
}

static bool is_ours(int fd)
{
	char path[PATH_MAX];
	return fd_name(fd, path) != NULL;
}

static uint64_t inode(int fd)
{
	struct stat st;
	if (fstat(fd, &st))
		give_up("fstat");
	return st.st_ino;
}

static void record_name(enum event_type type, uint64_t file, const char *name)
{
	record((struct event){ type, (uint32_t)strlen(name) + 1, file, 0 }, name);
}

/* ---- bytes ---------------------------------------------------------------------------------- */

static void record_write(int fd, const void *bytes, size_t n, off_t offset)
{
	bool sync = fcntl(fd, F_GETFL) & O_DSYNC;
	record((struct event){ sync ? EVENT_WRITE_SYNC : EVENT_WRITE, (uint32_t)n, inode(fd),
			       (uint64_t)offset },
	       bytes);
}

static void record_vector(int fd, const struct iovec *parts, int n, off_t offset)
{
	for (int i = 0; i < n; i++) {
		record_write(fd, parts[i].iov_base, parts[i].iov_len, offset);
		offset += (off_t)parts[i].iov_len;
	}
}

EXPORT ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
	if (is_ours(fd))
		record_write(fd, bytes, n, offset);
	return REAL(pwrite)(fd, bytes, n, offset);
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int n)
{
	if (is_ours(fd))
		record_vector(fd, parts, n, lseek(fd, 0, SEEK_CUR));
	return REAL(writev)(fd, parts, n);
}

EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t offset)
{
	if (is_ours(fd))
		record_vector(fd, parts, n, offset);
	return REAL(pwritev)(fd, parts, n, offset);
}

EXPORT ssize_t write(int fd, const void *bytes, size_t n)
{
	if (fd == STDOUT_FILENO)
		record((struct event){ EVENT_ACK, (uint32_t)n, 0, 0 }, bytes);
	else if (is_ours(fd))
		record_write(fd, bytes, n, lseek(fd, 0, SEEK_CUR));
	return REAL(write)(fd, bytes, n);
}

EXPORT int ftruncate(int fd, off_t size)
{
	if (is_ours(fd))
		record((struct event){ EVENT_TRUNCATE, 0, inode(fd), (uint64_t)size }, NULL);
	return REAL(ftruncate)(fd, size);
}

/* A shared writable mapping could change without our knowing. */
EXPORT void *mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
	bool writes = (protection & PROT_WRITE) && (flags & MAP_SHARED) && fd >= 0;
	if (writes && is_ours(fd))
		record((struct event){ EVENT_UNKNOWN, 0, 0, 0 }, NULL);
	return REAL(mmap)(at, n, protection, flags, fd, offset);
}

/* ---- durability ----------------------------------------------------------------------------- */

static void record_sync(int fd)
{
	struct stat st;
	char path[PATH_MAX];
	const char *name = fd_name(fd, path);
	if (!name || fstat(fd, &st))
		return;
	if (S_ISDIR(st.st_mode))
		record_name(EVENT_SYNC_DIR, 0, name);
	else
		record((struct event){ EVENT_SYNC, 0, st.st_ino, 0 }, NULL);
}

static bool is_left_out(const char *function)
{
	const char *name = getenv(RECORD_SKIP_SYNC);
	return name && strcmp(name, function) == 0;
}

EXPORT int fdatasync(int fd)
{
	if (is_left_out("fdatasync"))
		return 0;
	int rc = REAL(fdatasync)(fd);
	if (!rc)
		record_sync(fd);
	return rc;
}

EXPORT int fsync(int fd)
{
	if (is_left_out("fsync"))
		return 0;
	int rc = REAL(fsync)(fd);
	if (!rc)
		record_sync(fd);
	return rc;
}

/* ---- names ---------------------------------------------------------------------------------- */

static int open_recorded(const char *path, int flags, mode_t mode)
{
	bool fresh = (flags & O_CREAT) && access(path, F_OK);
	int fd = REAL(open)(path, flags, mode);
	const char *name = inside(path);
	if (fd >= 0 && fresh && name)
		record_name(EVENT_CREATE, inode(fd), name);
	else if (fd >= 0 && (flags & O_TRUNC) && name)
		record((struct event){ EVENT_TRUNCATE, 0, inode(fd), 0 }, NULL);
	return fd;
}

EXPORT int open(const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	mode_t mode = (flags & O_CREAT) ? va_arg(args, mode_t) : 0;
	va_end(args);
	return open_recorded(path, flags, mode);
}

EXPORT int rename(const char *from, const char *to)
{
	const char *a = inside(from), *b = inside(to);
	char names[2 * PATH_MAX];
	struct stat st;
	if (a && b && stat(from, &st) == 0) {
		int n = snprintf(names, sizeof names, "%s%c%s", a, '\0', b);
		record((struct event){ EVENT_RENAME, (uint32_t)n + 1, st.st_ino, 0 }, names);
	}
	return REAL(rename)(from, to);
}

EXPORT int mkdir(const char *path, mode_t mode)
{
	int rc = REAL(mkdir)(path, mode);
	if (!rc && inside(path))
		record_name(EVENT_MKDIR, 0, inside(path));
	return rc;
}

EXPORT int unlink(const char *path)
{
	if (inside(path))
		record_name(EVENT_UNLINK, 0, inside(path));
	return REAL(unlink)(path);
}

EXPORT int rmdir(const char *path)
{
	int rc = REAL(rmdir)(path);
	if (!rc && inside(path))
		record_name(EVENT_UNLINK, 0, inside(path));
	return rc;
}

EXPORT int unlinkat(int dir, const char *name, int flags)
{
	char path[PATH_MAX], full[2 * PATH_MAX];
	const char *base = fd_name(dir, path);
	snprintf(full, sizeof full, "%s/%s", path, name);
	if (base && inside(full))
		record_name(EVENT_UNLINK, 0, inside(full));
	return REAL(unlinkat)(dir, name, flags);
}

/* The names with large-file suffixes are the same functions here. */
EXPORT __attribute__((alias("pwrite"))) ssize_t pwrite64(int, const void *, size_t, off_t);
EXPORT __attribute__((alias("pwritev"))) ssize_t pwritev64(int, const struct iovec *, int, off_t);
EXPORT __attribute__((alias("ftruncate"))) int ftruncate64(int, off_t);
EXPORT __attribute__((alias("open"))) int open64(const char *, int, ...);
EXPORT __attribute__((alias("mmap"))) void *mmap64(void *, size_t, int, int, int, off_t);
