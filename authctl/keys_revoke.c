/* authctl keys revoke */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct field CARD[] = {
        {"kid", "Key", FIELD_TEXT},
        {"state", "State", FIELD_TEXT},
};

static enum exit_code keys_revoke(struct ctl *c)
{
	json_t *body = json_pack("{s:s}", "kid", c->args[0]);
	if (!body)
		return ctl_fail(c, REFUSED, "the kid is not UTF-8 text");
	return show_card(c, "/admin/v1/keys/revoke", body, CARD, COUNT_OF(CARD));
}

const struct command KEYS_REVOKE = {
        .words = "keys revoke",
        .arguments = "KID",
        .arguments_min = 1,
        .arguments_max = 1,
        .summary = "Take back a key that others may have",
        .help = "What it signed is refused by authd at once, and by verifiers when they fetch the "
                "key set\n"
                "again; so give them a new one where they have it from a file. If the key was "
                "active, the\n"
                "one announced next signs from now on, or a new one where none is. There is no way "
                "back.\n"
                "A kid that begins with a dash goes after \"--\".\n"
                "\n"
                "  $ authctl keys revoke tAsLVQ1RqhdqHTlFz3sRwmDpXyQrFP4bMPEBBD0x2KU\n",
        .run = keys_revoke,
};
