/* authctl mandate list */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct flag FLAGS[] = { WHO_FLAGS };

static const struct field COLUMNS[] = {
	{ "id", "ID", FIELD_TEXT },
	{ "role", "ROLE", FIELD_TEXT },
	{ "state", "STATE", FIELD_TEXT },
	{ "legal_name", "LEGAL_PERSON", FIELD_TEXT },
	{ "name", "AGENT", FIELD_TEXT },
	{ "valid_until", "UNTIL", FIELD_TIME },
};

static enum exit_code mandate_list(struct ctl *c)
{
	json_t *who;
	enum exit_code code = ctl_who(c, &who);
	if (code != DONE)
		return code;
	return show_table(c, "/admin/v1/mandates/list", who, "mandates", COLUMNS, COUNT_OF(COLUMNS),
			  "No mandate is offered or active.");
}

const struct command MANDATE_LIST = {
	.words = "mandate list",
	.summary = "List the mandates of a person, legal or natural",
	.help = "Those that are offered or active: of a natural person, for whom they may act; of a legal person,\n"
		"who may act for it. With --json all there is.\n"
		"\n"
		"  $ authctl mandate list --number 91350100M000100Y43 --type credit\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = mandate_list,
};
