/* authctl client update */
#include "authctl/client.h"
#include "authctl/commands.h"
#include "authctl/show.h"

static enum exit_code client_update(struct ctl *c)
{
	AUTO(json) json_t *body = NULL;
	enum exit_code code = client_read_options(c, &body);
	if (code != DONE)
		return code;
	if (!json_object_size(body))
		return ctl_fail(c, USAGE, "say what changes: see authctl client update --help");
	if (json_object_set_new(body, "client_id", json_string(c->args[0])) != 0)
		return ctl_fail(c, REFUSED, "the client_id is not UTF-8 text");
	return show_call(c, "/admin/v1/changed-clients", TAKE(body), client_print);
}

const struct command CLIENT_UPDATE = {
	.words = "client update",
	.arguments = "CLIENT_ID",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Change how a client is registered",
	.help = "What is not named stays as it is; an empty value takes away what was there, and so does =no.\n"
		"Of what may be given several times, all is named anew. The sector stays, unless --sector\n"
		"is given: people keep their identifiers when a portal moves.\n"
		"\n"
		"  $ authctl client update portal --policy-uri https://portal.example.gov.cn/privacy\n"
		"  client_id:      portal\n"
		"  $ authctl client update portal --backchannel-logout-uri \"\" --require-pkce\n"
		"  client_id:      portal\n"
		"\n"
		"A client that is to authenticate by a secret from now on is given one, which is shown once.\n",
	.flags = CLIENT_FLAGS,
	.flags_n = CLIENT_FLAGS_N - 1, /* all but --client-id */
	.run = client_update,
};
