/* authctl registration-token revoke */
#include "authctl/commands.h"
#include "authctl/show.h"

static void print_revoked(const struct ctl *c, const json_t *answer)
{
	(void)answer;
	printf("%s registers no more clients.\n", c->args[0]);
}

static enum exit_code token_revoke(struct ctl *c)
{
	return show_call_about(c, "/admin/v1/registration-tokens/revoke", "id", print_revoked);
}

const struct command REGISTRATION_TOKEN_REVOKE = {
	.words = "registration-token revoke",
	.arguments = "ID",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Let nobody register clients with a token any more",
	.help = "Clients that were registered with it stay.\n"
		"\n"
		"  $ authctl registration-token revoke 5a670d5c1c6f8a7e4b1f9c0e6a3d2b4f\n",
	.run = token_revoke,
};
