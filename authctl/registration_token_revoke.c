/* authctl registration-token revoke */
#include "authctl/commands.h"
#include "authctl/print.h"

static enum exit_code token_revoke(struct ctl *c)
{
	AUTO(json) json_t *answer = NULL;
	json_t *body = json_pack("{s:s}", "id", c->args[0]);
	if (!body)
		return ctl_fail(c, REFUSED, "the id is not UTF-8 text");
	enum exit_code code = ctl_call(c, "/admin/v1/registration-tokens/revoke", body, &answer);
	if (code != DONE)
		return code;
	if (c->json)
		print_json(answer);
	else
		printf("%s registers no more clients.\n", c->args[0]);
	return DONE;
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
