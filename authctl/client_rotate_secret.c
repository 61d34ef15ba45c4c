/* authctl client rotate-secret */
#include "authctl/client.h"
#include "authctl/commands.h"
#include "authctl/show.h"

static enum exit_code client_rotate_secret(struct ctl *c)
{
	return show_call_about(c, "/admin/v1/client-secrets", "client_id", client_print);
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
