/* authctl person factors list */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct flag FLAGS[] = { WHO_FLAGS };

static const struct field COLUMNS[] = {
	{ "factor", "FACTOR", FIELD_TEXT },
	{ "created_at", "SINCE", FIELD_TIME },
	{ "recovery_codes", "RECOVERY CODES", FIELD_NUMBER },
	{ "failures", "FAILURES", FIELD_NUMBER },
};

static enum exit_code factors_list(struct ctl *c)
{
	json_t *who;
	enum exit_code code = ctl_who(c, &who);
	if (code != DONE)
		return code;
	return show_table(c, "/admin/v1/persons/factors", who, "factors", COLUMNS, COUNT_OF(COLUMNS),
			  "No second factor.");
}

const struct command PERSON_FACTORS_LIST = {
	.words = "person factors list",
	.summary = "List the second factors that a person has enrolled",
	.help = "FAILURES are wrong codes in a row: throttle.account_failures of them lock the factor for\n"
		"throttle.window, a hundred until it is removed.\n"
		"\n"
		"  $ authctl person factors list --number 11010519491231002X\n"
		"  FACTOR  SINCE                      RECOVERY CODES  FAILURES\n"
		"  otp     2026-11-23T09:30:00+08:00  10              0\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = factors_list,
};
