/* authctl session list */
#include "authctl/commands.h"
#include "authctl/print.h"

static const struct flag FLAGS[] = { WHO_FLAGS };

static enum exit_code session_list(struct ctl *c)
{
	static const char *const heads[] = { "SESSION", "LEVEL", "BEGUN", "ENDS" };
	struct grid t = { .heads = heads, .columns = COUNT_OF(heads) };
	AUTO(json) json_t *answer = NULL, *who = ctl_who(c);
	if (!who)
		return ctl_nomem(c);
	if (json_object_size(who) == 0)
		return ctl_fail(c, USAGE, "say whose: --number, --login-name or --id");
	enum exit_code code = ctl_call(c, "/admin/v1/sessions/list", TAKE(who), &answer);
	if (code != DONE)
		return code;
	if (c->json) {
		print_json(answer);
		return DONE;
	}
	size_t k;
	json_t *session;
	json_array_foreach(json_object_get(answer, "sessions"), k, session) {
		char level[16], room[TIME_TEXT_SIZE];
		snprintf(level, sizeof level, "%lld",
			 (long long)json_integer_value(json_object_get(session, "level")));
		grid_put(&t, json_string_value(json_object_get(session, "id")));
		grid_put(&t, level);
		grid_put(&t, time_text(json_integer_value(json_object_get(session, "created_at")), room));
		grid_put(&t, time_text(json_integer_value(json_object_get(session, "expires_at")), room));
	}
	grid_print(&t, stdout, "Not signed in anywhere.");
	grid_done(&t);
	return DONE;
}

const struct command SESSION_LIST = {
	.words = "session list",
	.summary = "List the browsers in which a person is signed in",
	.help = "  $ authctl session list --number 11010519491231002X\n"
		"  SESSION                           LEVEL  BEGUN                      ENDS\n"
		"  8a7e4b1f9c0e6a3d2b4f5a670d5c1c6f  3      2026-11-23T09:30:00+08:00  2026-11-23T21:30:00+08:00\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = session_list,
};
