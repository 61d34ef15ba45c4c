#include "authctl/offline.h"

#include <errno.h>
#include <fts.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool somebody_answers(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	if (n >= sizeof address.sun_path)
		return false;
	memcpy(address.sun_path, path, n);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answers = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
	if (fd >= 0)
		close(fd);
	return answers;
}

enum exit_code offline_begin(struct ctl *c, const struct conf *conf)
{
	if (somebody_answers(conf->admin.socket))
		return ctl_fail(c, REFUSED, "authd is running (%s answers); stop it first",
				conf->admin.socket);
	return DONE;
}

enum exit_code offline_make_dir(struct ctl *c, const char *path)
{
	struct stat st;
	if (mkdir(path, 0700) == 0)
		return DONE;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return DONE;
	return ctl_fail(c, REFUSED, "%s: cannot be made: %s", path,
			errno == EEXIST ? "a file is in the way" : strerror(errno));
}

/* ---- whom it belongs to --------------------------------------------------------------------- */

struct owner {
	uid_t uid;
	gid_t gid;
};

/* root made the directories just now: then they are for the user authd, if there is one. */
static struct owner owner_of(const struct conf *conf)
{
	struct stat st;
	struct passwd *authd = getpwnam("authd");
	if (stat(conf->data_dir, &st) == 0 && st.st_uid != 0)
		return (struct owner){ st.st_uid, st.st_gid };
	return authd ? (struct owner){ authd->pw_uid, authd->pw_gid } : (struct owner){ 0, 0 };
}

/* All of a tree, links not followed. */
static enum exit_code give(struct ctl *c, const char *path, struct owner o)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	enum exit_code code = tree ? DONE : ctl_fail(c, REFUSED, "%s: %s", path, strerror(errno));
	for (FTSENT *e; code == DONE && (e = fts_read(tree));)
		if (e->fts_info != FTS_DP && lchown(e->fts_accpath, o.uid, o.gid) != 0)
			code = ctl_fail(c, REFUSED, "%s: cannot be given to authd's user: %s",
					e->fts_path, strerror(errno));
	if (tree)
		fts_close(tree);
	return code;
}

enum exit_code offline_end(struct ctl *c, const struct conf *conf)
{
	struct owner o = owner_of(conf);
	if (geteuid() != 0 || o.uid == 0)
		return DONE;
	enum exit_code code = give(c, conf->data_dir, o);
	return code == DONE ? give(c, conf->keys_dir, o) : code;
}
