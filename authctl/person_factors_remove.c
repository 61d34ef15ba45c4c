/* authctl person factors remove */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct flag FLAGS[] = { WHO_FLAGS };

static void print_removed(const struct ctl *c, const json_t *answer)
{
	(void)c, (void)answer;
	printf("Removed. The person is signed out everywhere, and may enrol a new one at /account/factors.\n");
}

static enum exit_code factors_remove(struct ctl *c)
{
	json_t *who;
	enum exit_code code = ctl_who(c, &who);
	if (code != DONE)
		return code;
	return show_call(c, "/admin/v1/persons/factors/remove", who, print_removed);
}

const struct command PERSON_FACTORS_REMOVE = {
	.words = "person factors remove",
	.summary = "Remove a person's second factors, as after a lost phone",
	.help = "Whoever asks for this must have proved to be the person: the next to sign in with the\n"
		"password enrols a new one. All sessions of the person end.\n"
		"\n"
		"  $ authctl person factors remove --number 11010519491231002X\n"
		"  Removed. The person is signed out everywhere, and may enrol a new one at /account/factors.\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = factors_remove,
};
