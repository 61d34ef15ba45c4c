/* authctl token decode */
#include "authctl/commands.h"
#include "authctl/print.h"
#include "authctl/token.h"

static enum exit_code token_decode(struct ctl *c)
{
	struct slice token;
	AUTO(json) json_t *header = NULL, *payload = NULL;
	enum exit_code code = token_read(c, &token);
	if (code != DONE)
		return code;
	status s = token_parts(token, &c->arena, &header, &payload);
	if (s != ST_OK)
		return ctl_fail(c, REFUSED, "this is no signed token: three parts of base64url with JSON "
				"in the first two");
	if (!c->json) {
		token_print(header, payload);
		fprintf(stderr, "Not verified: anybody can write this. See authctl token verify.\n");
		return DONE;
	}
	AUTO(json) json_t *both = json_pack("{s:O, s:O, s:b}", "header", header, "payload", payload,
					    "verified", 0);
	print_json(both);
	return DONE;
}

const struct command TOKEN_DECODE = {
	.words = "token decode",
	.arguments = "[TOKEN|-]",
	.arguments_max = 1,
	.summary = "Show what a token says, without verifying it",
	.help = "The token is the argument, or is read from standard input, where other users of the\n"
		"machine cannot see it.\n"
		"\n"
		"  $ authctl token decode < token.txt\n",
	.run = token_decode,
};
