/* authctl session list */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct flag FLAGS[] = { WHO_FLAGS };

static const struct field COLUMNS[] = {
	{ "id", "SESSION", FIELD_TEXT },
	{ "amr", "SHOWN", FIELD_TEXT },
	{ "created_at", "BEGUN", FIELD_TIME },
	{ "expires_at", "ENDS", FIELD_TIME },
};

static enum exit_code session_list(struct ctl *c)
{
	json_t *who;
	enum exit_code code = ctl_who(c, &who);
	if (code != DONE)
		return code;
	return show_table(c, "/admin/v1/sessions/list", who, "sessions", COLUMNS, COUNT_OF(COLUMNS),
			  "Not signed in anywhere.");
}

const struct command SESSION_LIST = {
	.words = "session list",
	.summary = "List the browsers in which a person is signed in",
	.help = "  $ authctl session list --number 11010519491231002X\n"
		"  SESSION                           SHOWN  BEGUN                      ENDS\n"
		"  8a7e4b1f9c0e6a3d2b4f5a670d5c1c6f  pwd    2026-11-23T09:30:00+08:00  2026-11-23T21:30:00+08:00\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = session_list,
};
