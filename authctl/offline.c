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

/* ---- whom it belongs to --------------------------------------------------------------------- */

struct owner {
	uid_t uid;
	gid_t gid;
};

/* The service's user, where there is one. */
static struct owner service_user(void)
{
	struct passwd *authd = getpwnam("authd");
	return authd ? (struct owner){ authd->pw_uid, authd->pw_gid } : (struct owner){ 0, 0 };
}

enum exit_code offline_make_dir(struct ctl *c, const char *path)
{
	struct stat st;
	struct owner o = service_user();
	if (mkdir(path, 0700) == 0 && (geteuid() != 0 || lchown(path, o.uid, o.gid) == 0))
		return DONE;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return DONE;
	return ctl_fail(c, REFUSED, "%s: cannot be made: %s", path,
			errno == EEXIST ? "a file is in the way" : strerror(errno));
}

/* Without FTS_NOCHDIR each entry is changed from within its folder: whoever may write there cannot
 * lead root elsewhere by a symbolic link. */
static enum exit_code give(struct ctl *c, const char *path, struct owner o)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL, NULL);
	enum exit_code code = tree ? DONE : ctl_fail(c, REFUSED, "%s: %s", path, strerror(errno));
	for (FTSENT *e; code == DONE && (e = fts_read(tree));) {
		bool unread = e->fts_info == FTS_DNR || e->fts_info == FTS_ERR || e->fts_info == FTS_NS;
		if (unread || (e->fts_info != FTS_DP && lchown(e->fts_accpath, o.uid, o.gid) != 0))
			code = ctl_fail(c, REFUSED, "%s: its owner cannot be changed: %s", e->fts_path,
					strerror(unread ? e->fts_errno : errno));
	}
	if (tree)
		fts_close(tree);
	return code;
}

enum exit_code offline_take(struct ctl *c, const struct conf *conf)
{
	return geteuid() == 0 ? give(c, conf->keys_dir, (struct owner){ 0, 0 }) : DONE;
}

enum exit_code offline_end(struct ctl *c, const struct conf *conf)
{
	struct stat st;
	if (geteuid() != 0)
		return DONE;
	if (stat(conf->data_dir, &st) != 0)
		return ctl_fail(c, REFUSED, "%s: %s", conf->data_dir, strerror(errno));
	enum exit_code code = give(c, conf->data_dir, (struct owner){ st.st_uid, st.st_gid });
	return code == DONE ? give(c, conf->keys_dir, (struct owner){ st.st_uid, st.st_gid }) : code;
}
