/* authctl client update */
#include "authctl/client.h"
#include "authctl/commands.h"
#include "authctl/print.h"

static const struct flag FLAGS[] = {
	{ "metadata", FLAG_TEXT, "FILE|-", "JSON with the members that change" },
};

static enum exit_code client_update(struct ctl *c)
{
	AUTO(json) json_t *answer = NULL, *body = NULL;
	if (!flag_given(c, "metadata"))
		return ctl_fail(c, USAGE, "--metadata is needed: what changes");
	enum exit_code code = client_read_object(c, "metadata", &body);
	if (code != DONE)
		return code;
	if (json_object_set_new(body, "client_id", json_string(c->args[0])) != 0)
		return ctl_fail(c, REFUSED, "the client_id is not UTF-8 text");
	code = ctl_call(c, "/admin/v1/changed-clients", TAKE(body), &answer);
	if (code != DONE)
		return code;
	if (c->json)
		print_json(answer);
	else
		client_print(answer);
	return DONE;
}

const struct command CLIENT_UPDATE = {
	.words = "client update",
	.arguments = "CLIENT_ID",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Change how a client is registered",
	.help = "Members that the file does not name stay as they are; \"\" and [] take one away. The sector\n"
		"stays, too: people keep their identifiers when a portal moves.\n"
		"\n"
		"  $ echo '{\"policy_uri\": \"https://portal.example.gov.cn/privacy\"}' |\n"
		"        authctl client update portal --metadata -\n"
		"  client_id:      portal\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = client_update,
};
