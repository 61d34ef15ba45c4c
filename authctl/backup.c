/* authctl backup */
#include "authctl/commands.h"
#include "authctl/print.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

static enum exit_code absolute(struct ctl *c, const char *path, const char **ret)
{
	char here[PATH_MAX];
	if (path[0] == '/') {
		*ret = path;
		return DONE;
	}
	if (!getcwd(here, sizeof here))
		return ctl_fail(c, REFUSED, "the working directory: %s", strerror(errno));
	*ret = (const char *)arena_format(&c->arena, "%s/%s", here, path).p;
	return *ret ? DONE : ctl_nomem(c);
}

/* A service may have a /tmp of its own. Where we may not look, authd's word has to do. */
static enum exit_code look(struct ctl *c, const char *dir)
{
	if (access(dir, F_OK) == 0 || errno != ENOENT)
		return DONE;
	return ctl_fail(c, REFUSED, "%s is not there: authd sees another folder under that name and has "
			"written the backup into it; choose one outside /tmp", dir);
}

static enum exit_code backup(struct ctl *c)
{
	AUTO(json) json_t *answer = NULL;
	const char *dir;
	enum exit_code code = absolute(c, c->args[0], &dir);
	if (code != DONE)
		return code;
	json_t *body = json_pack("{s:s}", "dir", dir);
	if (!body)
		return ctl_fail(c, REFUSED, "the path is not UTF-8 text");
	code = ctl_call(c, "/admin/v1/backup", body, &answer);
	if (code == DONE)
		code = look(c, dir);
	if (code != DONE)
		return code;
	if (c->json)
		print_json(answer);
	else
		printf("Backed up to %s: the records, and the keys as they are, sealed.\n"
		       "The key-encryption key is not in it. Keep a copy of that elsewhere: without it a\n"
		       "backup opens for nobody.\n", dir);
	return DONE;
}

const struct command BACKUP = {
	.words = "backup",
	.arguments = "DIR",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Back the records and the sealed keys up, while authd serves",
	.help = "DIR is made by authd, so authd's user must be able to write there: the service may write\n"
		"below /var/backups/authd. It must not be there yet, or be empty. A backup is whole when\n"
		"DIR/manifest.json is there.\n"
		"\n"
		"  $ authctl backup /var/backups/authd/2026-11-23\n",
	.run = backup,
};
