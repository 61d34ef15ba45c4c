/* authctl exchange-policy list */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct field COLUMNS[] = {
	{ "id", "ID", FIELD_TEXT },
	{ "client_id", "CLIENT_ID", FIELD_TEXT },
	{ "issuer", "ISSUER", FIELD_TEXT },
	{ "subject", "SUBJECT", FIELD_TEXT },
	{ "audience", "AUDIENCE", FIELD_TEXT },
	{ "scope", "SCOPE", FIELD_TEXT },
};

static enum exit_code exchange_policy_list(struct ctl *c)
{
	return show_table(c, "/admin/v1/exchange-policies", NULL, "policies", COLUMNS, COUNT_OF(COLUMNS),
			  "No client may exchange tokens: see authctl exchange-policy add --help.");
}

const struct command EXCHANGE_POLICY_LIST = {
	.words = "exchange-policy list",
	.summary = "List what clients may exchange for what",
	.help = "With --json the type of the token that is exchanged and the time of the row, too.\n"
		"\n"
		"  $ authctl exchange-policy list\n",
	.run = exchange_policy_list,
};
