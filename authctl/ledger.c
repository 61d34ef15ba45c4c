/* authctl ledger person, authctl ledger client */
#include "authctl/commands.h"
#include "authctl/show.h"

#define PAGE_FLAGS                                                                                 \
	{ "last", FLAG_TEXT, "DURATION", "what was told within it: 12h, 30d (all that is kept)" }, \
	{ "after", FLAG_TEXT, "POSITION", "go on where the list before has ended" }

static const struct flag OF_PERSON[] = { WHO_FLAGS, PAGE_FLAGS };
static const struct flag OF_CLIENT[] = { PAGE_FLAGS };

static const struct field TOLD_OF_PERSON[] = {
	{ "at", "WHEN", FIELD_TIME },
	{ "client_id", "CLIENT_ID", FIELD_TEXT },
	{ "claims", "TOLD", FIELD_TEXT },
	{ "by", "BY", FIELD_TEXT },
};
static const struct field TOLD_TO_CLIENT[] = {
	{ "at", "WHEN", FIELD_TIME },
	{ "subject", "PERSON", FIELD_TEXT },
	{ "claims", "TOLD", FIELD_TEXT },
	{ "by", "BY", FIELD_TEXT },
};

static void print_releases(const struct ctl *c, const json_t *answer)
{
	const char *next = json_string_value(json_object_get(answer, "next"));
	bool person = c->command == &LEDGER_PERSON;
	print_table(stdout, json_object_get(answer, "releases"), person ? TOLD_OF_PERSON : TOLD_TO_CLIENT,
		    person ? COUNT_OF(TOLD_OF_PERSON) : COUNT_OF(TOLD_TO_CLIENT), "Nothing was told.");
	if (next)
		printf("There is more: --after %s\n", next);
}

/* body is taken over. */
static enum exit_code show_releases(struct ctl *c, const char *path, json_t *body)
{
	AUTO(json) json_t *page = json_pack("{s:s*, s:s*}", "last", flag_text(c, "last"), "after",
					    flag_text(c, "after"));
	if (page && body && json_object_update(body, page) == 0)
		return show_call(c, path, body, print_releases);
	json_decref(body);
	return ctl_fail(c, REFUSED, "an argument is not UTF-8 text");
}

static enum exit_code ledger_person(struct ctl *c)
{
	json_t *who;
	enum exit_code code = ctl_who(c, &who);
	return code == DONE ? show_releases(c, "/admin/v1/ledger/person", who) : code;
}

static enum exit_code ledger_client(struct ctl *c)
{
	return show_releases(c, "/admin/v1/ledger/client", json_pack("{s:s}", "client_id", c->args[0]));
}

const struct command LEDGER_PERSON = {
	.words = "ledger person",
	.summary = "List who was told what of a person, and when",
	.help = "  $ authctl ledger person --number 11010519491231002X --last 30d\n"
		"  WHEN                       CLIENT_ID  TOLD            BY\n"
		"  2026-11-23T09:30:00+08:00  portal     name birthdate  userinfo\n",
	.flags = OF_PERSON,
	.flags_n = COUNT_OF(OF_PERSON),
	.run = ledger_person,
};

const struct command LEDGER_CLIENT = {
	.words = "ledger client",
	.arguments = "CLIENT_ID",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "List what a client was told, of whom, and when",
	.help = "After a breach at a client: of whom it was told something, and what. PERSON is the internal id,\n"
		"which person show --id takes.\n"
		"\n"
		"  $ authctl ledger client portal --last 90d\n"
		"  WHEN                       PERSON                            TOLD            BY\n"
		"  2026-11-23T09:30:00+08:00  0d5c1c6f8a7e4b1f9c0e6a3d2b4f5a67  name birthdate  userinfo\n",
	.flags = OF_CLIENT,
	.flags_n = COUNT_OF(OF_CLIENT),
	.run = ledger_client,
};
