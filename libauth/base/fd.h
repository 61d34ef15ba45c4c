/* File descriptors: read and written whole, closed at the end of a scope.    Threads: nothing is kept. */
#pragma once

#include "libauth/base/buf.h"
#include "libauth/base/mem.h"

/* Below 0: nothing is done. */
void fd_close(int fd);
/* AUTO(fd) int fd = open(...); */
DEFINE_AUTO(fd, int, fd_close)

/* Append all that is left in it. ST_TOO_LARGE: more than `most` bytes; ST_NOMEM; ST_IO, and errno says why. */
status fd_read_all(int fd, size_t most, struct buf *out);

/* ST_IO, and errno says why. */
status fd_write_all(int fd, struct slice bytes);
