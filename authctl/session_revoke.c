/* authctl session revoke */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct flag FLAGS[] = {
	WHO_FLAGS,
	{ "session", FLAG_TEXT, "SESSION", "this one alone" },
	{ "all", FLAG_SWITCH, NULL, "every session, and all tokens issued until now" },
};

static void print_ended(const struct ctl *c, const json_t *answer)
{
	(void)c;
	printf("Sessions ended: %lld.\n", (long long)json_integer_value(json_object_get(answer, "revoked")));
}

static enum exit_code session_revoke(struct ctl *c)
{
	AUTO(json) json_t *body = NULL;
	const char *session = flag_text(c, "session");
	enum exit_code code = ctl_who(c, &body);
	if (code != DONE)
		return code;
	if (!session == !flag_given(c, "all"))
		return ctl_fail(c, USAGE, "either --session SESSION or --all");
	if (session && json_object_set_new(body, "session", json_string(session)) != 0)
		return ctl_fail(c, REFUSED, "the session is not UTF-8 text");
	return show_call(c, "/admin/v1/sessions/revoke", TAKE(body), print_ended);
}

const struct command SESSION_REVOKE = {
	.words = "session revoke",
	.summary = "Sign a person out, in one browser or everywhere",
	.help = "What the session's tokens may do ends at once on every endpoint of authd.\n"
		"\n"
		"  $ authctl session revoke --number 11010519491231002X --all\n"
		"  Sessions ended: 2.\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = session_revoke,
};
