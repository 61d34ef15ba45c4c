/* authctl mandate end */
#include "authctl/commands.h"
#include "authctl/show.h"

static void print_ended(const struct ctl *c, const json_t *answer)
{
	(void)c;
	printf("Mandates ended: %lld.\n", (long long)json_integer_value(json_object_get(answer, "ended")));
}

static enum exit_code mandate_end(struct ctl *c)
{
	return show_call_about(c, "/admin/v1/mandates/end", "mandate", print_ended);
}

const struct command MANDATE_END = {
	.words = "mandate end",
	.arguments = "ID",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "End a mandate, and those that were given under it",
	.help = "Their tokens are refused at once by authd, and by those who verify offline with their next status\n"
		"list. It does not come back; a representative has another one with the next row of the register.\n"
		"\n"
		"  $ authctl mandate end 9b1f3c0d2a4e58677f0a1b2c3d4e5f60\n"
		"  Mandates ended: 3.\n",
	.run = mandate_end,
};
