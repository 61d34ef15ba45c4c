/* authctl client disable */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct flag FLAGS[] = {
	{ "undo", FLAG_SWITCH, NULL, "let it in again" },
};

static void print_state(const struct ctl *c, const json_t *answer)
{
	(void)answer;
	printf("%s is %s.\n", c->args[0], flag_given(c, "undo") ? "active again" : "disabled");
}

static enum exit_code client_disable(struct ctl *c)
{
	int disabled = !flag_given(c, "undo");
	json_t *body = json_pack("{s:s, s:b}", "client_id", c->args[0], "disabled", disabled);
	return body ? show_call(c, "/admin/v1/disabled-clients", body, print_state)
		    : ctl_fail(c, REFUSED, "the client_id is not UTF-8 text");
}

const struct command CLIENT_DISABLE = {
	.words = "client disable",
	.arguments = "CLIENT_ID",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Refuse whatever a client asks for",
	.help = "It gets no codes and no tokens from now on, and those that it has count nowhere in authd:\n"
		"offline, a token is good until it expires. The registration stays, for --undo; people\n"
		"then sign in there anew.\n"
		"\n"
		"  $ authctl client disable portal\n"
		"  portal is disabled.\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = client_disable,
};
