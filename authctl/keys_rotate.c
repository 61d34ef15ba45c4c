/* authctl keys rotate */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct flag FLAGS[] = {
	{ "algorithm", FLAG_TEXT, "ALG", "ES256 (without this option) or another of keys.algorithms" },
	{ "now", FLAG_SWITCH, NULL, "sign with it from this moment, without announcing it first" },
};

static const struct field CARD[] = {
	{ "kid", "Key", FIELD_TEXT },
	{ "algorithm", "Algorithm", FIELD_TEXT },
	{ "state", "State", FIELD_TEXT },
	{ "activates_at", "Signs from", FIELD_TIME },
};

static enum exit_code keys_rotate(struct ctl *c)
{
	const char *algorithm = flag_text(c, "algorithm");
	json_t *body = json_pack("{s:s, s:b}", "algorithm", algorithm ? algorithm : "ES256", "now",
				 (int)flag_given(c, "now"));
	if (!body)
		return ctl_fail(c, REFUSED, "the algorithm is not UTF-8 text");
	return show_card(c, "/admin/v1/keys/rotate", body, CARD, COUNT_OF(CARD));
}

const struct command KEYS_ROTATE = {
	.words = "keys rotate",
	.summary = "Make a new signing key",
	.help = "Keys rotate by themselves; this is for when you want it sooner. The new key is announced\n"
		"first, so that every verifier has it before it signs. With --now it signs at once:\n"
		"verifiers that have not fetched the key set since refuse its tokens until they do.\n"
		"\n"
		"  $ authctl keys rotate --algorithm ES256\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = keys_rotate,
};
