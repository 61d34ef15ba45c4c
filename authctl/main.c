/* authctl: what an operator has in hand. */
#include "authctl/commands.h"
#include "libauth/base/secret.h"

#include <curl/curl.h>
#include <getopt.h>
#include <locale.h>

enum {
	OPTION_CONFIG = 256,
	OPTION_JSON,
	OPTION_HELP,
	OPTION_HELP_MARKDOWN,
	OPTION_HELP_MANUAL,
	OPTION_HELP_SETTINGS,
	OPTION_COMMAND, /* the command's first one; the others follow */
};

static const struct option GLOBAL[] = {
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "help-markdown", no_argument, NULL, OPTION_HELP_MARKDOWN },
	{ "help-manual", no_argument, NULL, OPTION_HELP_MANUAL },
	{ "help-settings", no_argument, NULL, OPTION_HELP_SETTINGS },
	{ 0 },
};
enum { GLOBAL_N = COUNT_OF(GLOBAL) - 1 };

struct line {
	struct ctl ctl;
	bool help;
	void (*document)(FILE *out); /* for the build: a page in place of an answer */
};

/* ---- the command line ----------------------------------------------------------------------- */

static void take_global(struct line *l, int option)
{
	switch (option) {
	case OPTION_CONFIG: l->ctl.config = optarg; break;
	case OPTION_JSON: l->ctl.json = true; break;
	case OPTION_HELP: l->help = true; break;
	case OPTION_HELP_MARKDOWN: l->document = help_markdown; break;
	case OPTION_HELP_MANUAL: l->document = help_manual; break;
	case OPTION_HELP_SETTINGS: l->document = help_settings; break;
	}
}

/* The options before the command. */
static bool take_leading(struct line *l, int argc, char **argv)
{
	int option;
	while ((option = getopt_long(argc, argv, "+", GLOBAL, NULL)) != -1) {
		if (option == '?')
			return false;
		take_global(l, option);
	}
	return true;
}

/* How many words of the line name this command: all of its words, or 0. */
static int words_matched(const char *words, int n, char **argv)
{
	struct slice rest = slice_str(words), word;
	int k = 0;
	while (slice_next_word(&rest, &word)) {
		if (k == n || !slice_is(word, argv[k]))
			return 0;
		k++;
	}
	return k;
}

static const struct command *find_command(int n, char **argv, int *ret_words)
{
	for (size_t k = 0; k < COMMANDS_N; k++) {
		*ret_words = words_matched(COMMANDS[k]->words, n, argv);
		if (*ret_words)
			return COMMANDS[k];
	}
	return NULL;
}

static int has_arg(const struct flag *f)
{
	if (f->kind == FLAG_BOOL)
		return optional_argument;
	return f->kind == FLAG_SWITCH ? no_argument : required_argument;
}

static void command_options(const struct command *c, struct option *ret)
{
	memcpy(ret, GLOBAL, GLOBAL_N * sizeof *ret);
	for (size_t k = 0; k < c->flags_n; k++)
		ret[GLOBAL_N + k] = (struct option){
			.name = c->flags[k].name,
			.has_arg = has_arg(&c->flags[k]),
			.val = OPTION_COMMAND + (int)k,
		};
	ret[GLOBAL_N + c->flags_n] = (struct option){ 0 };
}

/* The switches that have a letter. */
static void command_letters(const struct command *c, char ret[FLAGS_MAX + 1])
{
	size_t n = 0;
	for (size_t k = 0; k < c->flags_n; k++)
		if (c->flags[k].letter)
			ret[n++] = c->flags[k].letter;
	ret[n] = '\0';
}

/* What getopt_long() has returned for an option of the command. */
static size_t flag_index(const struct command *c, int option)
{
	for (size_t k = 0; k < c->flags_n && option < OPTION_CONFIG; k++)
		if (c->flags[k].letter == option)
			return k;
	return (size_t)(option - OPTION_COMMAND);
}

static bool take_flag(struct ctl *c, size_t k)
{
	struct flag_values *v = &c->flags[k];
	const char **items = arena_array(&c->arena, const char *, v->n + 1);
	if (!items)
		return false;
	if (v->n)
		memcpy(items, v->items, v->n * sizeof *items);
	items[v->n] = optarg ? optarg : "";
	*v = (struct flag_values){ items, v->n + 1 };
	return true;
}

static enum exit_code check_arguments(const struct ctl *c)
{
	const struct command *command = c->command;
	if (c->args_n < command->arguments_min || c->args_n > command->arguments_max)
		return ctl_fail(c, USAGE, "%s takes %s; see authctl %s --help", command->words,
				command->arguments ? command->arguments : "no arguments",
				command->words);
	for (size_t k = 0; k < command->flags_n; k++)
		if (command->flags[k].kind != FLAG_SWITCH && command->flags[k].kind != FLAG_LIST &&
		    c->flags[k].n > 1)
			return ctl_fail(c, USAGE, "--%s may be given once", command->flags[k].name);
	return DONE;
}

/* What stands behind the command's words. */
static enum exit_code take_rest(struct line *l, int argc, char **argv)
{
	struct ctl *c = &l->ctl;
	struct option options[GLOBAL_N + FLAGS_MAX + 1];
	char letters[FLAGS_MAX + 1];
	int option;
	command_options(c->command, options);
	command_letters(c->command, letters);
	optind = 0; /* begin anew: glibc */
	while ((option = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (option == '?')
			return ctl_fail(c, USAGE, "see authctl %s --help", c->command->words);
		if (option >= OPTION_CONFIG && option < OPTION_COMMAND)
			take_global(l, option);
		else if (!take_flag(c, flag_index(c->command, option)))
			return ctl_nomem(c);
	}
	for (; optind < argc; optind++) {
		if (c->args_n == ARGS_MAX)
			return ctl_fail(c, USAGE, "too many arguments");
		c->args[c->args_n++] = argv[optind];
	}
	return l->help ? DONE : check_arguments(c);
}

/* "authctl person": which commands begin so? */
static bool help_group(const char *word)
{
	bool found = false;
	for (size_t k = 0; k < COMMANDS_N; k++) {
		struct slice rest = slice_str(COMMANDS[k]->words), first;
		if (!slice_next_word(&rest, &first) || !slice_is(first, word))
			continue;
		if (!found)
			fprintf(stderr, "Commands:\n");
		fprintf(stderr, "  authctl %-20s  %s\n", COMMANDS[k]->words, COMMANDS[k]->summary);
		found = true;
	}
	return found;
}

static enum exit_code no_command(const struct line *l, int n, char **argv)
{
	if (n == 1 && help_group(argv[0]))
		return l->help ? DONE : USAGE;
	if (l->document)
		l->document(stdout);
	else if (l->help)
		help_all(stdout);
	else if (n == 0)
		help_all(stderr);
	else
		return ctl_fail(&l->ctl, USAGE, "there is no command \"%s%s%s\"; authctl --help lists them",
				argv[0], n > 1 ? " " : "", n > 1 ? argv[1] : "");
	return l->help || l->document ? DONE : USAGE;
}

static enum exit_code run(struct line *l, int argc, char **argv)
{
	int words;
	if (!take_leading(l, argc, argv))
		return ctl_fail(&l->ctl, USAGE, "see authctl --help");
	argc -= optind;
	argv += optind;
	l->ctl.command = find_command(argc, argv, &words);
	if (!l->ctl.command)
		return no_command(l, argc, argv);

	/* getopt wants a program's name in front: where the command's last word stands. */
	argv[words - 1] = "authctl";
	enum exit_code code = take_rest(l, argc - words + 1, argv + words - 1);
	if (code != DONE)
		return code;
	if (l->help) {
		help_command(stdout, l->ctl.command);
		return DONE;
	}
	return l->ctl.command->run(&l->ctl);
}

int main(int argc, char **argv)
{
	struct line line = { .ctl.config = "/etc/authd/authd.yaml" };
	setlocale(LC_CTYPE, "C.UTF-8"); /* text is UTF-8 wherever it came from */
	json_set_alloc_funcs(secret_alloc, secret_free); /* a password may be in it */
	curl_global_init(CURL_GLOBAL_DEFAULT);
	argv[0] = "authctl";
	enum exit_code code = run(&line, argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout))
		code = code == DONE ? ctl_fail(&line.ctl, REFUSED, "standard output cannot be written")
				    : code;
	if (line.ctl.curl)
		curl_easy_cleanup(line.ctl.curl);
	curl_global_cleanup();
	arena_done(&line.ctl.arena);
	return code;
}
