#include "libauth/base/fd.h"

#include <errno.h>
#include <unistd.h>

enum { CHUNK = 4096 };

void fd_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

status fd_read_all(int fd, size_t most, struct buf *out)
{
	for (size_t total = 0;;) {
		uint8_t *room = buf_room(out, CHUNK);
		if (!room)
			return ST_NOMEM;
		ssize_t n = read(fd, room, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? ST_IO : ST_OK;
		buf_grown(out, (size_t)n);
		total += (size_t)n;
		if (total > most)
			return ST_TOO_LARGE;
	}
}

status fd_write_all(int fd, struct slice bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ST_IO;
		bytes = slice_from(bytes, (size_t)n);
	}
	return ST_OK;
}
