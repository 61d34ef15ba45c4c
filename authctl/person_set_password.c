/* authctl person set-password */
#include "authctl/commands.h"
#include "authctl/passphrase.h"
#include "authctl/show.h"

#include <unistd.h>

enum { PASSWORD_MAX = 1024 };

static const struct flag FLAGS[] = { WHO_FLAGS };

/* Standard input; a line's end behind the password is not part of it. */
static enum exit_code read_password(struct ctl *c, struct buf *out)
{
	const char *path = isatty(STDIN_FILENO) ? NULL : "-";
	return passphrase_read(c, path, "New password", true, PASSWORD_MAX, out);
}

static void print_set(const struct ctl *c, const json_t *answer)
{
	(void)c, (void)answer;
	printf("The password is set. Whoever was signed in with the old one is signed out.\n");
}

static enum exit_code set_password(struct ctl *c)
{
	AUTO_BUF struct buf password = { 0 };
	AUTO(json) json_t *body = NULL;
	enum exit_code code = ctl_who(c, &body);
	if (code == DONE)
		code = read_password(c, &password);
	if (code != DONE)
		return code;
	json_t *text = json_stringn((const char *)password.p, password.n);
	if (!text || json_object_set_new(body, "password", text) != 0)
		return ctl_fail(c, REFUSED, "the password is not UTF-8 text");
	return show_call(c, "/admin/v1/persons/password", TAKE(body), print_set);
}

const struct command PERSON_SET_PASSWORD = {
	.words = "person set-password",
	.summary = "Set a natural person's password",
	.help = "The password is read from standard input: asked for twice on a terminal, which shows\n"
		"nothing, else read up to its end. It is never an argument, where others could see it.\n"
		"Sessions that were begun with the old password end.\n"
		"\n"
		"  $ authctl person set-password --number 11010519491231002X\n"
		"  New password:\n"
		"  Again:\n"
		"  The password is set. Whoever was signed in with the old one is signed out.\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = set_password,
};
