/* authctl person set-password */
#include "authctl/commands.h"
#include "authctl/print.h"

#include "libauth/base/secret.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

enum { PASSWORD_MAX = 1024 };

static const struct flag FLAGS[] = { WHO_FLAGS };

/* A line from the terminal, which shows nothing of it. */
static bool prompt(const char *text, char *room, size_t size)
{
	struct termios shown, hidden;
	sigset_t all, before;
	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return false;
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	/* An interrupt would leave the terminal without its echo. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	fprintf(stderr, "%s: ", text);
	bool good = fgets(room, (int)size, stdin) != NULL;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	sigprocmask(SIG_SETMASK, &before, NULL);
	fputc('\n', stderr);
	if (good)
		room[strcspn(room, "\n")] = '\0';
	return good;
}

static enum exit_code ask(struct ctl *c, struct buf *out)
{
	char once[PASSWORD_MAX + 2], again[PASSWORD_MAX + 2];
	bool good = prompt("New password", once, sizeof once) && prompt("Again", again, sizeof again);
	bool same = good && slice_equal_secret(slice_str(once), slice_str(again));
	if (same)
		buf_put(out, slice_str(once));
	secret_wipe(once, sizeof once);
	secret_wipe(again, sizeof again);
	if (!good)
		return ctl_fail(c, REFUSED, "no password was typed");
	return same ? DONE : ctl_fail(c, REFUSED, "the two passwords differ");
}

/* Standard input; a line's end behind the password is not part of it. */
static enum exit_code read_password(struct ctl *c, struct buf *out)
{
	if (isatty(STDIN_FILENO))
		return ask(c, out);
	enum exit_code code = ctl_read(c, "-", PASSWORD_MAX + 2, out);
	if (out->n && out->p[out->n - 1] == '\n')
		out->n--;
	if (out->n && out->p[out->n - 1] == '\r')
		out->n--;
	return code;
}

static enum exit_code set_password(struct ctl *c)
{
	AUTO_BUF struct buf password = { 0 };
	AUTO(json) json_t *answer = NULL, *body = NULL;
	enum exit_code code = ctl_who(c, &body);
	if (code == DONE)
		code = read_password(c, &password);
	if (code != DONE)
		return code;
	json_t *text = json_stringn((const char *)password.p, password.n);
	if (!text || json_object_set_new(body, "password", text) != 0)
		return ctl_fail(c, REFUSED, "the password is not UTF-8 text");
	code = ctl_call(c, "/admin/v1/persons/password", TAKE(body), &answer);
	if (code != DONE)
		return code;
	if (c->json)
		print_json(answer);
	else
		printf("The password is set. Whoever was signed in with the old one is signed out.\n");
	return DONE;
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
