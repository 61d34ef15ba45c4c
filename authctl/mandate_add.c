/* authctl mandate add */
#include "authctl/commands.h"
#include "authctl/show.h"
#include "authd/model/mandate.h"

static const struct flag FLAGS[] = {
	{ "legal-person", FLAG_TEXT, "CODE", "for whom: the unified social credit code" },
	{ "role", FLAG_TEXT, "ROLE", "manager or agent" },
	{ "number", FLAG_TEXT, "NUMBER", "of whoever is to act: the document number" },
	{ "type", FLAG_TEXT, "TYPE",
	  "of the document: resident (without this option), passport, foreign_pr, hm_travel, tw_travel" },
	{ "name", FLAG_TEXT, "NAME", "as the document has it" },
	{ "until", FLAG_TEXT, "DATE", "the last day, YYYY-MM-DD in China's time" },
	{ "matter", FLAG_LIST, "NAME", "what an agent may do; several times" },
	{ "all-matters", FLAG_SWITCH, NULL, "an agent may do everything" },
	{ "parent", FLAG_TEXT, "ID", "the mandate under which it is given (the representative's)" },
};

static void print_added(const struct ctl *c, const json_t *answer)
{
	(void)c;
	printf("offered  %s\n", json_string_value(json_object_get(answer, "id")));
}

static status put_matters(const struct ctl *c, json_t *body)
{
	struct flag_values matters = flag_list(c, "matter");
	json_t *list = json_array();
	for (size_t i = 0; list && i < matters.n; i++)
		if (json_array_append_new(list, json_string(matters.items[i])) != 0)
			return json_decref(list), ST_INVALID;
	return json_object_set_new(body, "matters", list) == 0 ? ST_OK : ST_NOMEM;
}

static enum exit_code mandate_add(struct ctl *c)
{
	static const char *const NAMES[] = { "legal-person", "role", "number", "type", "name", "parent" };
	AUTO(json) json_t *body = json_object();
	const char *until = flag_text(c, "until");
	int64_t valid_until;
	if (!flag_given(c, "legal-person") || !flag_given(c, "role") || !flag_given(c, "number") ||
	    !flag_given(c, "name") || !until)
		return ctl_fail(c, USAGE, "--legal-person, --role, --number, --name and --until are needed");
	if (mandate_last_day(slice_str(until), &valid_until) != ST_OK)
		return ctl_fail(c, USAGE, "--until: a date as YYYY-MM-DD");
	status s = body ? ctl_put_flags(c, body, NAMES, COUNT_OF(NAMES)) : ST_NOMEM;
	if (s == ST_OK)
		s = put_matters(c, body);
	if (s != ST_OK)
		return s == ST_INVALID ? ctl_fail(c, USAGE, "an option's value is not UTF-8 text")
				       : ctl_nomem(c);
	json_object_set_new(body, "valid_until", json_integer((json_int_t)valid_until));
	json_object_set_new(body, "all_matters", json_boolean(flag_given(c, "all-matters")));
	return show_call(c, "/admin/v1/mandates", TAKE(body), print_added);
}

const struct command MANDATE_ADD = {
	.words = "mandate add",
	.summary = "Offer a person a mandate for a legal person",
	.help = "As the representative could do it at /account/mandates. It counts once whoever has this number\n"
		"and name has accepted it there; nobody is looked up before. A legal person has at most five\n"
		"managers, who may act in all matters and give mandates to agents. An agent may do what is named.\n"
		"The representative's own mandate comes from the register: authctl entity add, entity import.\n"
		"\n"
		"  $ authctl mandate add --legal-person 91350100M000100Y43 --role agent \\\n"
		"        --number 11010519491231002X --name 张三 --matter seal --until 2027-12-31\n"
		"  offered  9b1f3c0d2a4e58677f0a1b2c3d4e5f60\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = mandate_add,
};
