/* authctl keys resume */
#include "authctl/commands.h"
#include "authctl/print.h"

static enum exit_code keys_resume(struct ctl *c)
{
	AUTO(json) json_t *answer = NULL, *body = json_object();
	if (!body)
		return ctl_nomem(c);
	enum exit_code code = ctl_call(c, "/admin/v1/keys/resume", TAKE(body), &answer);
	if (code != DONE)
		return code;
	if (c->json)
		print_json(answer);
	else
		printf("Keys follow the clock of this machine again.\n");
	return DONE;
}

const struct command KEYS_RESUME = {
	.words = "keys resume",
	.summary = "Let keys go on after the clock has jumped",
	.help = "When the clock goes backwards, or jumps over a whole period, authd changes no keys and\n"
		"logs an alarm, since it cannot know which time is right. Set the clock, then say so:\n"
		"\n"
		"  $ authctl keys resume\n",
	.run = keys_resume,
};
