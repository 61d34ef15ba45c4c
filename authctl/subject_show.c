/* authctl person show, authctl entity show */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct flag FLAGS[] = { WHO_FLAGS };
static const struct flag ENTITY_FLAGS[] = {
	{ "number", FLAG_TEXT, "CODE", "the unified social credit code" },
	{ "id", FLAG_TEXT, "ID", "or the subject's internal id" },
};

static const struct field CARD[] = {
	{ "name", "Name", FIELD_TEXT },
	{ "type", "Document", FIELD_TEXT },
	{ "number", "Number", FIELD_TEXT },
	{ "number_flagged", "Check digit fails", FIELD_YES },
	{ "birthdate", "Born", FIELD_TEXT },
	{ "gender", "Gender", FIELD_TEXT },
	{ "representative_name", "Representative", FIELD_TEXT },
	{ "representative_number", "Their number", FIELD_TEXT },
	{ "phone_number", "Telephone", FIELD_TEXT },
	{ "email", "E-mail", FIELD_TEXT },
	{ "address", "Address", FIELD_TEXT },
	{ "login_name", "Login name", FIELD_TEXT },
	{ "has_password", "Has a password", FIELD_BOOL },
	{ "level", "Level", FIELD_NUMBER },
	{ "state", "State", FIELD_TEXT },
	{ "id", "Internal id", FIELD_TEXT },
	{ "created_at", "Registered", FIELD_TIME },
	{ "updated_at", "Changed", FIELD_TIME },
};

static enum exit_code show(struct ctl *c, const char *path)
{
	json_t *who;
	enum exit_code code = ctl_who(c, &who);
	return code == DONE ? show_card(c, path, who, CARD, COUNT_OF(CARD)) : code;
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
