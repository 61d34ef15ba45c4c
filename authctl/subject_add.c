/* authctl person add, authctl entity add */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct flag PERSON_FLAGS[] = {
	{ "number", FLAG_TEXT, "NUMBER", "the document number" },
	{ "type", FLAG_TEXT, "TYPE",
	  "of the document: resident (without this option), passport, foreign_pr, residence_permit, "
	  "hm_travel, tw_travel" },
	{ "mrz", FLAG_TEXT, "LINE", "of a passport: the second machine readable line, to be checked" },
	{ "name", FLAG_TEXT, "NAME", "as the document has it" },
	{ "birthdate", FLAG_TEXT, "DATE", "YYYY-MM-DD, where the number does not say it" },
	{ "gender", FLAG_TEXT, "GENDER", "male or female, where the number does not say it" },
	{ "phone-number", FLAG_TEXT, "PHONE", "a telephone number" },
	{ "email", FLAG_TEXT, "EMAIL", "an e-mail address" },
	{ "address", FLAG_TEXT, "ADDRESS", "a postal address" },
	{ "login-name", FLAG_TEXT, "NAME", "a name to sign in with beside the number" },
	{ "level", FLAG_TEXT, "LEVEL", "how well the identity was established: 2 to 5 (3)" },
	{ "state", FLAG_TEXT, "STATE", "active, suspended or deregistered (active)" },
};

static const struct flag ENTITY_FLAGS[] = {
	{ "number", FLAG_TEXT, "CODE", "the unified social credit code" },
	{ "name", FLAG_TEXT, "NAME", "as the register has it" },
	{ "representative-name", FLAG_TEXT, "NAME", "of the legal representative" },
	{ "representative-number", FLAG_TEXT, "NUMBER", "the representative's document number" },
	{ "phone-number", FLAG_TEXT, "PHONE", "a telephone number" },
	{ "email", FLAG_TEXT, "EMAIL", "an e-mail address" },
	{ "address", FLAG_TEXT, "ADDRESS", "a postal address" },
	{ "level", FLAG_TEXT, "LEVEL", "how well the identity was established: 2 to 5 (3)" },
	{ "state", FLAG_TEXT, "STATE", "active, suspended or deregistered (active)" },
};

static void print_added(const struct ctl *c, const json_t *answer)
{
	(void)c;
	const char *outcome = json_string_value(json_object_get(answer, "outcome"));
	const char *id = json_string_value(json_object_get(answer, "id"));
	printf("%s  %s\n", outcome ? outcome : "?", id ? id : "?");
	if (json_is_true(json_object_get(answer, "number_flagged")))
		printf("note: the check digit of this number fails. Such codes exist: ask the registry.\n");
}

static enum exit_code add(struct ctl *c, const char *path)
{
	AUTO(json) json_t *row = json_object();
	const char *names[FLAGS_MAX];
	for (size_t k = 0; k < c->command->flags_n; k++)
		names[k] = c->command->flags[k].name;
	status s = row ? ctl_put_flags(c, row, names, c->command->flags_n) : ST_NOMEM;
	if (s != ST_OK)
		return s == ST_INVALID ? ctl_fail(c, USAGE, "an option's value is not UTF-8 text")
				       : ctl_nomem(c);
	return show_call(c, path, TAKE(row), print_added);
}

static enum exit_code person_add(struct ctl *c) { return add(c, "/admin/v1/persons"); }
static enum exit_code entity_add(struct ctl *c) { return add(c, "/admin/v1/entities"); }

const struct command PERSON_ADD = {
	.words = "person add",
	.summary = "Register one natural person, or change what is registered",
	.help = "The number is checked: form, date of birth, check digit. A number that is known\n"
		"already updates the same person, who keeps the internal id and whatever you leave out.\n"
		"The person cannot sign in before \"authctl person set-password\".\n"
		"\n"
		"  $ authctl person add --number 11010519491231002X --name 张三 --phone-number 13800138000\n"
		"  added  0d5c1c6f8a7e4b1f9c0e6a3d2b4f5a67\n",
	.flags = PERSON_FLAGS,
	.flags_n = COUNT_OF(PERSON_FLAGS),
	.run = person_add,
};

const struct command ENTITY_ADD = {
	.words = "entity add",
	.summary = "Register one legal person, or change what is registered",
	.help = "A credit code whose check digit fails is registered and flagged: some lawful ones do.\n"
		"A code that is known already updates the same legal person.\n"
		"\n"
		"  $ authctl entity add --number 91350100M000100Y43 --name 福建某某有限公司\n"
		"  added  6f8a7e4b1f9c0e6a3d2b4f5a670d5c1c\n",
	.flags = ENTITY_FLAGS,
	.flags_n = COUNT_OF(ENTITY_FLAGS),
	.run = entity_add,
};
