/* authctl mandate show */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct field CARD[] = {
	{ "id", "Mandate", FIELD_TEXT },
	{ "role", "Role", FIELD_TEXT },
	{ "state", "State", FIELD_TEXT },
	{ "in_effect", "In effect", FIELD_BOOL },
	{ "legal_name", "For", FIELD_TEXT },
	{ "legal_person", "Credit code", FIELD_TEXT },
	{ "name", "Acts", FIELD_TEXT },
	{ "type", "Document", FIELD_TEXT },
	{ "number", "Number", FIELD_TEXT },
	{ "all_matters", "All matters", FIELD_BOOL },
	{ "matters", "Matters", FIELD_LIST },
	{ "valid_from", "From", FIELD_TIME },
	{ "valid_until", "Until", FIELD_TIME },
	{ "parent", "Given under", FIELD_TEXT },
	{ "given_by", "Given by", FIELD_TEXT },
	{ "created_at", "Offered", FIELD_TIME },
	{ "decided_at", "Decided", FIELD_TIME },
	{ "ended_at", "Ended", FIELD_TIME },
};

static enum exit_code mandate_show(struct ctl *c)
{
	AUTO(json) json_t *body = json_pack("{s:s}", "mandate", c->args[0]);
	if (!body)
		return ctl_fail(c, USAGE, "the argument is not UTF-8 text");
	return show_card(c, "/admin/v1/mandates/show", TAKE(body), CARD, COUNT_OF(CARD));
}

const struct command MANDATE_SHOW = {
	.words = "mandate show",
	.arguments = "ID",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Show a mandate, also one that has ended",
	.help = "In effect says whether the person could act by it now: it is accepted and within its time, and so\n"
		"is all that it hangs on; nobody in it is suspended or deregistered. Reading is audited.\n"
		"\n"
		"  $ authctl mandate show 9b1f3c0d2a4e58677f0a1b2c3d4e5f60\n",
	.run = mandate_show,
};
