/* authctl person show, authctl entity show */
#include "authctl/commands.h"
#include "authctl/print.h"

static const struct flag FLAGS[] = { WHO_FLAGS };
static const struct flag ENTITY_FLAGS[] = {
	{ "number", FLAG_TEXT, "CODE", "the unified social credit code" },
	{ "id", FLAG_TEXT, "ID", "or the subject's internal id" },
};

static const struct card_line CARD[] = {
	{ "name", "Name", CARD_TEXT },
	{ "type", "Document", CARD_TEXT },
	{ "number", "Number", CARD_TEXT },
	{ "number_flagged", "Check digit fails", CARD_WARNING },
	{ "birthdate", "Born", CARD_TEXT },
	{ "gender", "Gender", CARD_TEXT },
	{ "representative_name", "Representative", CARD_TEXT },
	{ "representative_number", "Their number", CARD_TEXT },
	{ "phone_number", "Telephone", CARD_TEXT },
	{ "email", "E-mail", CARD_TEXT },
	{ "address", "Address", CARD_TEXT },
	{ "login_name", "Login name", CARD_TEXT },
	{ "has_password", "Has a password", CARD_BOOL },
	{ "level", "Level", CARD_NUMBER },
	{ "state", "State", CARD_TEXT },
	{ "id", "Internal id", CARD_TEXT },
	{ "created_at", "Registered", CARD_TIME },
	{ "updated_at", "Changed", CARD_TIME },
};

static enum exit_code show(struct ctl *c, const char *path)
{
	AUTO(json) json_t *answer = NULL, *who = ctl_who(c);
	if (!who)
		return ctl_nomem(c);
	if (json_object_size(who) == 0)
		return ctl_fail(c, USAGE, "say whom: --number, --login-name or --id");
	enum exit_code code = ctl_call(c, path, TAKE(who), &answer);
	if (code != DONE)
		return code;
	if (c->json)
		print_json(answer);
	else
		card_print(stdout, answer, CARD, COUNT_OF(CARD));
	return DONE;
}

static enum exit_code person_show(struct ctl *c) { return show(c, "/admin/v1/persons/show"); }
static enum exit_code entity_show(struct ctl *c) { return show(c, "/admin/v1/entities/show"); }

const struct command PERSON_SHOW = {
	.words = "person show",
	.summary = "Show what is registered of a natural person",
	.help = "Reading is written into the audit too: with your name, and the internal id.\n"
		"\n"
		"  $ authctl person show --number 11010519491231002X\n"
		"  Name:      张三\n"
		"  Document:  resident\n"
		"  ...\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = person_show,
};

const struct command ENTITY_SHOW = {
	.words = "entity show",
	.summary = "Show what is registered of a legal person",
	.help = "  $ authctl entity show --number 91350100M000100Y43\n",
	.flags = ENTITY_FLAGS,
	.flags_n = COUNT_OF(ENTITY_FLAGS),
	.run = entity_show,
};
