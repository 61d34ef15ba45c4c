/* authctl exchange-policy remove */
#include "authctl/commands.h"
#include "authctl/show.h"

static void print_removed(const struct ctl *c, const json_t *answer)
{
	(void)c;
	printf("removed  %s\n", json_string_value(json_object_get(answer, "id")));
}

static enum exit_code exchange_policy_remove(struct ctl *c)
{
	return show_call_about(c, "/admin/v1/exchange-policies/remove", "id", print_removed);
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
