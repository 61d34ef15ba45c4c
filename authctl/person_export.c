/* authctl person export */
#include "authctl/commands.h"
#include "authctl/print.h"

static const struct flag FLAGS[] = { WHO_FLAGS };

/* What was told of the person comes page by page; all of it goes into one list. */
static enum exit_code add_releases(struct ctl *c, json_t *who, json_t *export)
{
	json_t *all = json_array();
	if (json_object_set_new(export, "releases", all) != 0)
		return ctl_nomem(c);
	for (bool more = true; more;) {
		AUTO(json) json_t *page = NULL;
		enum exit_code code = ctl_call(c, "/admin/v1/ledger/person", json_deep_copy(who), &page);
		if (code != DONE)
			return code;
		json_t *next = json_object_get(page, "next");
		more = json_is_string(next);
		if (json_array_extend(all, json_object_get(page, "releases")) != 0 ||
		    (more && json_object_set(who, "after", next) != 0))
			return ctl_nomem(c);
	}
	return DONE;
}

static enum exit_code person_export(struct ctl *c)
{
	json_t *given;
	enum exit_code code = ctl_who(c, &given);
	if (code != DONE)
		return code;
	AUTO(json) json_t *who = given;
	AUTO(json) json_t *export = NULL;
	code = ctl_call(c, "/admin/v1/persons/export", json_deep_copy(who), &export);
	if (code == DONE)
		code = add_releases(c, who, export);
	if (code == DONE)
		print_json(export);
	return code;
}

const struct command PERSON_EXPORT = {
	.words = "person export",
	.summary = "Write all that is held of a natural person, as JSON",
	.help = "The record, numbers that lead to it, kinds of credentials, consents, offline grants, sessions,\n"
		"the sectors of portals that know the person, mandates, and who was told what (the ledger).\n"
		"Passwords and secrets are not in it. It is personal data: mind where it goes. The audit\n"
		"says who asked.\n"
		"\n"
		"  $ authctl person export --number 11010519491231002X >person.json\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = person_export,
};
