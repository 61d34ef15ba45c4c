/* authctl keys list */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct field COLUMNS[] = {
	{ "kid", "KID", FIELD_TEXT },
	{ "algorithm", "ALGORITHM", FIELD_TEXT },
	{ "state", "STATE", FIELD_TEXT },
	{ "activates_at", "SIGNS FROM", FIELD_TIME },
	{ "retires_at", "UNTIL", FIELD_TIME },
	{ "drops_at", "PUBLISHED UNTIL", FIELD_TIME },
};

static enum exit_code keys_list(struct ctl *c)
{
	return show_table(c, "/admin/v1/keys", NULL, "keys", COLUMNS, COUNT_OF(COLUMNS), "No keys.");
}

const struct command KEYS_LIST = {
	.words = "keys list",
	.summary = "List the signing keys and where in their life they stand",
	.help = "A key is announced in the JWKS before it signs, active while it signs, then retired\n"
		"but published until the last token that it signed has expired.\n"
		"\n"
		"  $ authctl keys list\n",
	.run = keys_list,
};
