#include "authctl/passphrase.h"

#include "libauth/base/secret.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

enum { TYPED_MAX = 1024 };

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

static enum exit_code ask(const struct ctl *c, const char *what, bool twice, size_t max,
			  struct buf *out)
{
	char once[TYPED_MAX + 2], again[TYPED_MAX + 2];
	size_t size = max < TYPED_MAX ? max + 2 : sizeof once;
	bool good = prompt(what, once, size) && (!twice || prompt("Again", again, size));
	bool same = good && (!twice || slice_equal_secret(slice_str(once), slice_str(again)));
	if (same)
		buf_put(out, slice_str(once));
	secret_wipe(once, sizeof once);
	secret_wipe(again, sizeof again);
	if (!good)
		return ctl_fail(c, REFUSED, "nothing was typed");
	return same ? DONE : ctl_fail(c, REFUSED, "what was typed the second time differs");
}

enum exit_code passphrase_read(struct ctl *c, const char *path, const char *what, bool twice,
			       size_t max, struct buf *out)
{
	if (!path)
		return isatty(STDIN_FILENO)
			       ? ask(c, what, twice, max, out)
			       : ctl_fail(c, USAGE, "there is no terminal to ask for it: --passphrase FILE");
	enum exit_code code = ctl_read(c, path, max + 2, out);
	if (out->n && out->p[out->n - 1] == '\n')
		out->n--;
	if (out->n && out->p[out->n - 1] == '\r')
		out->n--;
	return code;
}
