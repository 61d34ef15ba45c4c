/* authctl exchange-policy remove */
#include "authctl/commands.h"
#include "authctl/print.h"

static enum exit_code exchange_policy_remove(struct ctl *c)
{
	AUTO(json) json_t *answer = NULL;
	json_t *body = json_pack("{s:s}", "id", c->args[0]);
	if (!body)
		return ctl_fail(c, REFUSED, "the id is not UTF-8 text");
	enum exit_code code = ctl_call(c, "/admin/v1/exchange-policies/remove", body, &answer);
	if (code != DONE)
		return code;
	if (c->json)
		print_json(answer);
	else
		printf("removed  %s\n", json_string_value(json_object_get(answer, "id")));
	return DONE;
}

const struct command EXCHANGE_POLICY_REMOVE = {
	.words = "exchange-policy remove",
	.arguments = "ID",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Allow an exchange no longer",
	.help = "What was exchanged before is good until it expires, a few minutes, or until what it was\n"
		"exchanged for is revoked.\n"
		"\n"
		"  $ authctl exchange-policy remove 9b1f3c0d2a4e58677f0a1b2c3d4e5f60\n"
		"  removed  9b1f3c0d2a4e58677f0a1b2c3d4e5f60\n",
	.run = exchange_policy_remove,
};
