/* authctl client rotate-secret */
#include "authctl/client.h"
#include "authctl/commands.h"
#include "authctl/print.h"

static enum exit_code client_rotate_secret(struct ctl *c)
{
	AUTO(json) json_t *answer = NULL;
	json_t *body = json_pack("{s:s}", "client_id", c->args[0]);
	if (!body)
		return ctl_fail(c, REFUSED, "the client_id is not UTF-8 text");
	enum exit_code code = ctl_call(c, "/admin/v1/client-secrets", body, &answer);
	if (code != DONE)
		return code;
	if (c->json)
		print_json(answer);
	else
		client_print(answer);
	return DONE;
}

const struct command CLIENT_ROTATE_SECRET = {
	.words = "client rotate-secret",
	.arguments = "CLIENT_ID",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Give a client a new secret",
	.help = "The old one counts no more from this moment. Tokens and grants stay.\n"
		"\n"
		"  $ authctl client rotate-secret portal\n"
		"  client_id:      portal\n"
		"  client_secret:  kMYVnN4NuPKKkp...\n",
	.run = client_rotate_secret,
};
