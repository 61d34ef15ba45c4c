/* authctl registration-token list */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct field COLUMNS[] = {
	{ "id", "ID", FIELD_TEXT },
	{ "label", "LABEL", FIELD_TEXT },
	{ "uses", "USED", FIELD_NUMBER },
	{ "uses_max", "OF", FIELD_LIMIT },
	{ "scope", "SCOPE", FIELD_TEXT },
	{ "expires_at", "EXPIRES", FIELD_TIME },
};

static enum exit_code token_list(struct ctl *c)
{
	return show_table(c, "/admin/v1/registration-tokens", NULL, "tokens", COLUMNS, COUNT_OF(COLUMNS),
			  "None: see authctl registration-token add --help.");
}

const struct command REGISTRATION_TOKEN_LIST = {
	.words = "registration-token list",
	.summary = "List the tokens that clients may be registered with",
	.help = "OF is how often one may be used, 0 without a limit.\n"
		"\n"
		"  $ authctl registration-token list\n",
	.run = token_list,
};
