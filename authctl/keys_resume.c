/* authctl keys resume */
#include "authctl/commands.h"
#include "authctl/show.h"

static void print_resumed(const struct ctl *c, const json_t *answer)
{
	(void)c, (void)answer;
	printf("Keys follow the clock of this machine again.\n");
}

static enum exit_code keys_resume(struct ctl *c)
{
	json_t *body = json_object();
	return body ? show_call(c, "/admin/v1/keys/resume", body, print_resumed) : ctl_nomem(c);
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
