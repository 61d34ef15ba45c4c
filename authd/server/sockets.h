/* Listening sockets.                                                      Threads: all may call. */
#pragma once

#include "libauth/base/status.h"

#include <stdint.h>

/* A listening TCP socket on a numeric address; "::" takes IPv4 as well. Port 0 finds a free one.
 * ST_INVALID: not an address. ST_EXISTS: in use. ST_FORBIDDEN: not allowed to. */
status listen_tcp(const char *address, int64_t port, int *ret_fd, int *ret_port, struct error *e);

/* A listening Unix socket, mode 0660. One that nobody listens on any more is replaced.
 * ST_EXISTS: somebody listens there, or the path is something else. ST_INVALID: too long. */
status listen_unix(const char *path, int *ret_fd, struct error *e);
