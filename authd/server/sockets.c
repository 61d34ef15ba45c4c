#include "authd/server/sockets.h"

#include "libauth/base/fd.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	BACKLOG = 4096, /* cut to net.core.somaxconn by the kernel */
	/* Answers are small. Whoever asks and does not read fills no more of the kernel's memory
	 * than this (twice over, as the kernel counts), and for no longer than that. */
	SEND_BUFFER = 64 << 10,
	UNREAD_MS = 30000,
};

static void free_addresses(struct addrinfo **a)
{
	if (*a)
		freeaddrinfo(*a);
}

static status socket_error(struct error *e, const char *what, const char *address, int64_t port)
{
	status s = errno == EADDRINUSE                 ? ST_EXISTS
	           : errno == EACCES || errno == EPERM ? ST_FORBIDDEN
	           : errno == EADDRNOTAVAIL            ? ST_INVALID
	                                               : ST_IO;
	return error_set(e, s, "cannot %s %s port %lld: %s", what, address, (long long)port,
	                 strerror(errno));
}

static void set_option(int fd, int level, int name, int value)
{
	(void)!setsockopt(fd, level, name, &value, sizeof value); /* each only makes it better */
}

static int port_of(int fd)
{
	struct sockaddr_storage bound;
	socklen_t n = sizeof bound;
	if (getsockname(fd, (struct sockaddr *)&bound, &n) != 0)
		return 0;
	return ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
	                                         : ((struct sockaddr_in *)&bound)->sin_port);
}

status listen_tcp(const char *address, int64_t port, int *ret_fd, int *ret_port, struct error *e)
{
	char service[8];
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		                  .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	__attribute__((cleanup(free_addresses))) struct addrinfo *found = NULL;
	if (port < 0 || port > 65535)
		return error_set(e, ST_INVALID, "%lld is not a port", (long long)port);
	snprintf(service, sizeof service, "%d", (int)port);
	if (getaddrinfo(address, service, &hints, &found) != 0)
		return error_set(e, ST_INVALID, "%s is not a numeric address", address);

	AUTO(fd) int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return socket_error(e, "open a socket for", address, port);
	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (found->ai_family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	/* Accepted sockets inherit these. */
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, UNREAD_MS);
	set_option(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
	if (bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0)
		return socket_error(e, "listen on", address, port);
	*ret_port = port_of(fd);
	*ret_fd = fd;
	fd = -1;
	return ST_OK;
}

static status path_error(struct error *e, status s, const char *path, const char *why)
{
	return error_set(e, s, "cannot listen on %s: %s", path, why);
}

/* Somebody accepts connections there. */
static bool is_alive(const struct sockaddr_un *at)
{
	AUTO(fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd < 0 || connect(fd, (const struct sockaddr *)at, sizeof *at) == 0 ||
	       errno != ECONNREFUSED;
}

static status remove_stale(const struct sockaddr_un *at, struct error *e)
{
	struct stat st;
	if (lstat(at->sun_path, &st) != 0)
		return errno == ENOENT ? ST_OK
		                       : path_error(e, ST_IO, at->sun_path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return path_error(e, ST_EXISTS, at->sun_path, "something else is there");
	if (is_alive(at))
		return path_error(e, ST_EXISTS, at->sun_path, "another process listens there");
	if (unlink(at->sun_path) != 0)
		return path_error(e, ST_IO, at->sun_path, strerror(errno));
	return ST_OK;
}

status listen_unix(const char *path, int *ret_fd, struct error *e)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof at.sun_path)
		return path_error(e, ST_INVALID, path, "the path is too long");
	memcpy(at.sun_path, path, strlen(path));
	TRY(remove_stale(&at, e));

	AUTO(fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Until listen() nobody can connect, so the mode is set before anybody gets in. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || chmod(path, 0660) != 0 ||
	    listen(fd, BACKLOG) != 0)
		return path_error(e, errno == EADDRINUSE ? ST_EXISTS : ST_IO, path,
		                  strerror(errno));
	*ret_fd = fd;
	fd = -1;
	return ST_OK;
}
