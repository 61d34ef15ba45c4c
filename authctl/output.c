#include "authctl/output.h"

#include "libauth/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static enum exit_code print(struct ctl *c, struct slice text)
{
	bool good = fwrite(text.p, 1, text.n, stdout) == text.n && fflush(stdout) == 0;
	return good ? DONE : ctl_fail(c, REFUSED, "standard output: %s", strerror(errno));
}

enum exit_code output_create(struct ctl *c, const char *path, int mode, struct slice text)
{
	AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return ctl_fail(c, REFUSED, "%s: %s", path, strerror(errno));
	if (fd_write_all(fd, text) == ST_OK && fsync(fd) == 0)
		return DONE;
	enum exit_code code = ctl_fail(c, REFUSED, "%s: %s", path, strerror(errno));
	(void)unlink(path);
	return code;
}

enum exit_code output_write(struct ctl *c, const char *path, struct slice text)
{
	if (!path)
		return print(c, text);
	struct slice temporary = arena_format(&c->arena, "%s.%ld", path, (long)getpid());
	if (!temporary.p)
		return ctl_nomem(c);
	enum exit_code code = output_create(c, (const char *)temporary.p, 0666, text);
	if (code != DONE || rename((const char *)temporary.p, path) == 0)
		return code;
	code = ctl_fail(c, REFUSED, "%s: %s", path, strerror(errno));
	(void)unlink((const char *)temporary.p);
	return code;
}
