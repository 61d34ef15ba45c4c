#include "authctl/readable.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static uid_t service_uid(const struct conf *conf)
{
	struct stat st;
	if (stat(conf->data_dir, &st) == 0)
		return st.st_uid;
	const struct passwd *authd = getpwnam("authd");
	return authd ? authd->pw_uid : geteuid();
}

static int try_to_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : errno;
}

static bool become(uid_t uid)
{
	const struct passwd *user = getpwuid(uid);
	gid_t gid = user ? user->pw_gid : (gid_t)uid;
	return (user ? initgroups(user->pw_name, gid) : setgroups(0, NULL)) == 0 &&
	       setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0;
}

/* 0, or errno. A process of its own tries it, since there is no way back from becoming that user. */
static int read_by(uid_t uid, const char *path)
{
	int how;
	if (uid == geteuid())
		return try_to_read(path);
	pid_t pid = fork();
	if (pid == 0)
		_exit(become(uid) ? try_to_read(path) : EPERM);
	if (pid < 0 || waitpid(pid, &how, 0) != pid || !WIFEXITED(how))
		return EAGAIN;
	return WEXITSTATUS(how);
}

static enum exit_code refuse(struct ctl *c, const char *key, const char *path, uid_t uid, int error)
{
	const struct passwd *user = getpwuid(uid);
	if (error != EACCES || !user || !uid)
		return ctl_fail(c, REFUSED, "%s: %s: %s", key, path, strerror(error));
	return ctl_fail(c, REFUSED, "%s: %s cannot be read by authd's user, %s: chgrp %s and chmod g+r, also "
			"g+x for its folders", key, path, user->pw_name, user->pw_name);
}

enum exit_code readable_check(struct ctl *c, const struct conf *conf, bool *ret_unknown)
{
	const struct {
		const char *key, *path;
	} FILES[] = {
		{ "tls.certificate", conf->tls.certificate },
		{ "tls.key", conf->tls.key },
		{ "mtls.client_ca", conf->mtls.client_ca },
		{ "outbound.ca_file", conf->outbound.ca_file },
		{ "registration.statements", conf->registration.statements },
	};
	uid_t uid = service_uid(conf);
	*ret_unknown = geteuid() != 0 && uid != geteuid();
	for (size_t k = 0; k < COUNT_OF(FILES) && !*ret_unknown; k++) {
		int error = FILES[k].path ? read_by(uid, FILES[k].path) : 0;
		if (error)
			return refuse(c, FILES[k].key, FILES[k].path, uid, error);
	}
	return DONE;
}
