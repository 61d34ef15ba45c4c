/* authctl keys export */
#include "authctl/commands.h"
#include "authctl/print.h"

#include <errno.h>
#include <unistd.h>

static const struct flag FLAGS[] = {
	{ "output", FLAG_TEXT, "FILE", "write it there, in place of what is there (standard output)" },
};

/* Whole or not at all: a verifier may be reading the file. */
static enum exit_code write_file(struct ctl *c, const char *path, const char *text)
{
	struct slice temporary = arena_format(&c->arena, "%s.%ld", path, (long)getpid());
	if (!temporary.p)
		return ctl_nomem(c);
	FILE *file = fopen((const char *)temporary.p, "wxe");
	if (!file)
		return ctl_fail(c, REFUSED, "%s: %s", (const char *)temporary.p, strerror(errno));
	bool good = fprintf(file, "%s\n", text) > 0 && fflush(file) == 0 && fsync(fileno(file)) == 0;
	good = (fclose(file) == 0) && good && rename((const char *)temporary.p, path) == 0;
	if (good)
		return DONE;
	enum exit_code code = ctl_fail(c, REFUSED, "%s: %s", path, strerror(errno));
	(void)unlink((const char *)temporary.p);
	return code;
}

static enum exit_code keys_export(struct ctl *c)
{
	AUTO(json) json_t *answer = NULL;
	enum exit_code code = ctl_call(c, "/admin/v1/keys/jwks", NULL, &answer);
	if (code != DONE)
		return code;
	const char *path = flag_text(c, "output");
	AUTO(mem) void *text = json_dumps(answer, JSON_INDENT(2));
	if (!text)
		return ctl_nomem(c);
	if (path)
		return write_file(c, path, text);
	puts(text);
	return DONE;
}

const struct command KEYS_EXPORT = {
	.words = "keys export",
	.summary = "Write the public keys as a JWK set",
	.help = "With it, libauth and \"authctl token verify\" verify tokens without a network. Export it\n"
		"again at least once in the time that a key is announced.\n"
		"\n"
		"  $ authctl keys export --output jwks.json\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = keys_export,
};
