/* authctl secrets list, authctl secrets rotate, authctl keys rekey */
#include "authctl/commands.h"
#include "authctl/show.h"

#include <limits.h>
#include <stdlib.h>

static const struct field COLUMNS[] = {
	{ "name", "SECRET", FIELD_TEXT },
	{ "version", "VERSION", FIELD_NUMBER },
	{ "state", "STATE", FIELD_TEXT },
	{ "created_at", "SINCE", FIELD_TIME },
};

static enum exit_code secrets_list(struct ctl *c)
{
	return show_table(c, "/admin/v1/secrets", NULL, "secrets", COLUMNS, COUNT_OF(COLUMNS), "No secrets.");
}

const struct command SECRETS_LIST = {
	.words = "secrets list",
	.summary = "List the symmetric secrets and which of their versions live",
	.help = "After a rotation the version before lives as long as something needs it: records that are\n"
		"being put anew, tokens and sessions that have not expired. Then it is destroyed.\n"
		"\n"
		"  $ authctl secrets list\n",
	.run = secrets_list,
};

static const struct field CARD[] = {
	{ "name", "Secret", FIELD_TEXT },
	{ "version", "Version", FIELD_NUMBER },
};

static enum exit_code secrets_rotate(struct ctl *c)
{
	json_t *body = json_pack("{s:s}", "name", c->args[0]);
	if (!body)
		return ctl_fail(c, USAGE, "the name is not UTF-8 text");
	return show_card(c, "/admin/v1/secrets/rotate", body, CARD, COUNT_OF(CARD));
}

const struct command SECRETS_ROTATE = {
	.words = "secrets rotate",
	.arguments = "NAME",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Give a symmetric secret a new version, while people sign in",
	.help = "NAME is one of\n"
		"\n"
		"  blind-index   under which people are found by number and name\n"
		"  subject-wrap  which wraps each person's data key\n"
		"  cache         under which sessions, codes and counters are kept\n"
		"  session       which seals cookies and token handles\n"
		"  page          which seals what a page carries\n"
		"  refresh       which authenticates refresh tokens\n"
		"\n"
		"Nobody is signed out. authd puts the records anew beside its work and goes on after a crash;\n"
		"\"secrets list\" shows the version before for as long as it is needed. The salt of pairwise\n"
		"subjects never changes: every sub that a portal knows hangs on it.\n"
		"\n"
		"  $ authctl secrets rotate blind-index\n",
	.run = secrets_rotate,
};

static const struct field REKEYED[] = {
	{ "kek_file", "Key-encryption key", FIELD_TEXT },
};

static enum exit_code keys_rekey(struct ctl *c)
{
	char path[PATH_MAX];
	if (!realpath(c->args[0], path))
		return ctl_fail(c, REFUSED, "%s: there is no such file", c->args[0]);
	return show_card(c, "/admin/v1/keys/rekey", json_pack("{s:s}", "file", path), REKEYED,
			 COUNT_OF(REKEYED));
}

const struct command KEYS_REKEY = {
	.words = "keys rekey",
	.arguments = "NEW-KEK-FILE",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Seal the key files under another key-encryption key",
	.help = "The new key is a file of 64 hexadecimal digits (in the SM suite with sm: in front), mode 0600,\n"
		"that authd can read. The key files\n"
		"are sealed under it, and kek_file is replaced by it, both or neither, also if the machine\n"
		"fails meanwhile. Keep the old key as long as backups that were made under it. Where\n"
		"kek_file is a systemd credential, which authd cannot replace, nothing is changed.\n"
		"\n"
		"  $ (umask 077; openssl rand -hex 32 >/etc/authd/kek-2)\n"
		"  $ authctl keys rekey /etc/authd/kek-2\n",
	.run = keys_rekey,
};
