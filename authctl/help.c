#include "authctl/commands.h"
#include "authctl/roff.h"

static const char INTRODUCTION[] =
	"authctl manages authd, an OpenID Connect issuer.\n"
	"\n"
	"Most commands speak to a running authd over its admin socket. authd knows you by your system\n"
	"user: its configuration must list you under admin.operators, and you must be in the group that\n"
	"the socket belongs to. Every command goes into the audit. init, restore, config check, root and\n"
	"token work without authd.\n";

static const char EXITS[] =
	"  0  done\n"
	"  1  refused, not found, or failed; standard error says why\n"
	"  2  no such command or option\n"
	"  3  authd cannot be reached, or cannot serve now: try again\n"
	"  4  partly done: an import wrote refused lines to its rejects file\n";

static const struct flag GLOBAL[] = {
	{ "config", FLAG_TEXT, "FILE", "authd's configuration (/etc/authd/authd.yaml)" },
	{ "json", FLAG_SWITCH, NULL, "answer in JSON, for programs" },
	{ "help", FLAG_SWITCH, NULL, "this text" },
};

static void synopsis(FILE *out, const struct command *c)
{
	fprintf(out, "authctl %s%s%s%s", c->words, c->flags_n ? " [OPTION...]" : "",
		c->arguments ? " " : "", c->arguments ? c->arguments : "");
}

/* "name VALUE", with "..." where it may be given several times. */
static int flag_text_of(const struct flag *f, char *room, size_t size)
{
	if (f->kind == FLAG_BOOL)
		return snprintf(room, size, "%s[%s]", f->name, f->value);
	return snprintf(room, size, "%s%s%s%s", f->name, f->value ? " " : "", f->value ? f->value : "",
			f->kind == FLAG_LIST ? "..." : "");
}

/* What is wider than a column stands on a line of its own. */
enum { FLAG_WIDTH_MAX = 32 };

static int flags_width(const struct flag *flags, size_t n)
{
	char text[80];
	int width = 0;
	for (size_t k = 0; k < n; k++) {
		int w = flag_text_of(&flags[k], text, sizeof text);
		width = w > width && w <= FLAG_WIDTH_MAX ? w : width;
	}
	return width;
}

/* Words in lines, each behind `indent` cells but the first. */
static void put_words(FILE *out, const char *words, int indent)
{
	enum { LINE = 100 };
	struct slice rest = slice_str(words), word;
	int at = indent;
	while (slice_next_word(&rest, &word)) {
		int n = (int)word.n;
		if (at > indent && at + 1 + n > LINE) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
		}
		if (at > indent)
			at += fprintf(out, " ");
		at += fprintf(out, "%.*s", n, (const char *)word.p);
	}
	putc('\n', out);
}

static void list_flags(FILE *out, const struct flag *flags, size_t n)
{
	char text[80];
	int width = flags_width(flags, n);
	for (size_t k = 0; k < n; k++) {
		if (flags[k].section)
			fprintf(out, "%s  %s:\n", k ? "\n" : "", flags[k].section);
		int w = flag_text_of(&flags[k], text, sizeof text);
		if (w > width)
			fprintf(out, "  --%s\n%*s", text, width + 6, "");
		else
			fprintf(out, "  --%-*s  ", width, text);
		put_words(out, flags[k].doc, width + 6);
	}
}

void help_command(FILE *out, const struct command *c)
{
	fprintf(out, "%s.\n\nUsage: ", c->summary);
	synopsis(out, c);
	fprintf(out, "\n\n%s\n", c->help);
	if (c->flags_n) {
		fprintf(out, "Options (those with ... may be given several times):\n");
		list_flags(out, c->flags, c->flags_n);
	}
	fprintf(out, "%sFor every command:\n", c->flags_n ? "\n" : "");
	list_flags(out, GLOBAL, COUNT_OF(GLOBAL));
}

static void list_commands(FILE *out)
{
	int width = 0;
	for (size_t k = 0; k < COMMANDS_N; k++) {
		int n = (int)strlen(COMMANDS[k]->words);
		width = n > width ? n : width;
	}
	for (size_t k = 0; k < COMMANDS_N; k++)
		fprintf(out, "  %-*s  %s\n", width, COMMANDS[k]->words, COMMANDS[k]->summary);
}

void help_all(FILE *out)
{
	fprintf(out, "%s\nUsage: authctl [--config FILE] [--json] COMMAND [OPTION...]\n\nCommands:\n",
		INTRODUCTION);
	list_commands(out);
	fprintf(out, "\nOptions:\n");
	list_flags(out, GLOBAL, COUNT_OF(GLOBAL));
	fprintf(out, "\nExit codes:\n%s", EXITS);
	fprintf(out, "\n\"authctl COMMAND --help\" explains a command with an example.\n");
}

void help_markdown(FILE *out)
{
	fprintf(out, "# authctl\n\n<!-- Written by `authctl --help-markdown`; a test compares. -->\n\n%s",
		INTRODUCTION);
	fprintf(out, "\n## Exit codes\n\n```\n%s```\n\n## Options of every command\n\n```\n", EXITS);
	list_flags(out, GLOBAL, COUNT_OF(GLOBAL));
	fprintf(out, "```\n");
	for (size_t k = 0; k < COMMANDS_N; k++) {
		const struct command *c = COMMANDS[k];
		fprintf(out, "\n## authctl %s\n\n%s.\n\n```\n", c->words, c->summary);
		synopsis(out, c);
		fprintf(out, "\n\n%s", c->help);
		if (c->flags_n) {
			fprintf(out, "\nOptions:\n");
			list_flags(out, c->flags, c->flags_n);
		}
		fprintf(out, "```\n");
	}
}

/* ---- authctl(1) ------------------------------------------------------------------------------ */

static void manual_flags(FILE *out, const struct flag *flags, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		if (flags[k].section)
			fprintf(out, "%s%s:\n.Bl -tag -width Ds\n", k ? ".El\n.Pp\n" : "",
				flags[k].section);
		else if (!k)
			fputs(".Bl -tag -width Ds\n", out);
		fputs(".It Fl -", out);
		roff_argument(out, flags[k].name);
		if (flags[k].kind == FLAG_BOOL) {
			fputs(" Ns Op Cm =no", out);
		} else if (flags[k].value) {
			fputs(" Ar ", out);
			roff_argument(out, flags[k].value);
		}
		fprintf(out, "%s\n", flags[k].kind == FLAG_LIST ? " ..." : "");
		roff_text(out, flags[k].doc);
	}
	fputs(".El\n", out);
}

static void manual_command(FILE *out, const struct command *c)
{
	fputs(".Ss ", out);
	roff_argument(out, c->words);
	if (c->arguments) {
		fputc(' ', out);
		roff_argument(out, c->arguments);
	}
	fprintf(out, "\n%s.\n%s", c->summary, c->help[0] == ' ' ? "" : ".Pp\n");
	roff_text(out, c->help);
	if (c->flags_n)
		manual_flags(out, c->flags, c->flags_n);
}

void help_manual(FILE *out)
{
	roff_begin(out, "AUTHCTL", "1", "authctl", "manage authd, an OpenID Connect issuer");
	fputs(".Sh SYNOPSIS\n.Nm\n.Op Fl -config Ar FILE\n.Op Fl -json\n.Ar COMMAND\n"
	      ".Op Ar OPTION ...\n.Sh DESCRIPTION\n", out);
	roff_text(out, INTRODUCTION);
	fputs(".Pp\nFor every command:\n", out);
	manual_flags(out, GLOBAL, COUNT_OF(GLOBAL));
	fputs(".Sh COMMANDS\n", out);
	for (size_t k = 0; k < COMMANDS_N; k++)
		manual_command(out, COMMANDS[k]);
	fputs(".Sh EXIT STATUS\n", out);
	roff_literal(out, EXITS);
	fputs(".Sh SEE ALSO\n.Xr authd.yaml 5 ,\n.Xr authd 8\n", out);
}
