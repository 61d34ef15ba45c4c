/* authctl root sign */
#include "authctl/commands.h"
#include "authctl/output.h"
#include "authctl/print.h"
#include "authctl/root_dir.h"

#include "libauth/auth.h"

static const struct flag FLAGS[] = {
	ROOT_FLAG,
	PASSPHRASE_FLAG,
	{ "output", FLAG_TEXT, "FILE", "write it there, in place of what is there (standard output)" },
};

static const struct field CARD[] = {
	{ "iss", "Issuer", FIELD_TEXT },
	{ "version", "Version", FIELD_NUMBER },
	{ "iat", "Made", FIELD_TIME },
	{ "exp", "Serves until", FIELD_TIME },
};

static enum exit_code root_sign_payload(struct ctl *c)
{
	AUTO_BUF struct buf text = { 0 }, passphrase = { 0 }, bundle = { .limit = AUTH_BUNDLE_MAX };
	AUTO_ROOT_DIR struct root_dir d = { 0 };
	enum exit_code code = ctl_read(c, c->args[0], AUTH_BUNDLE_MAX, &text);
	if (code != DONE)
		return code;
	AUTO(json) json_t *payload =
		json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(payload))
		return ctl_fail(c, REFUSED, "%s: not JSON, or not whole", c->args[0]);
	print_card(stderr, payload, CARD, COUNT_OF(CARD));
	code = root_dir_open(c, &passphrase, &d);
	if (code == DONE)
		code = root_dir_sign(c, &d, payload, &bundle);
	return code == DONE ? output_write(c, flag_text(c, "output"), buf_slice(&bundle)) : code;
}

const struct command ROOT_SIGN = {
	.words = "root sign",
	.arguments = "PAYLOAD|-",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Sign a trust bundle",
	.help = "PAYLOAD is what \"keys export --bundle --unsigned\" wrote on the issuer's machine. What is\n"
		"about to be signed is shown on standard error; what libauth would not accept is refused.\n"
		"\n"
		"  $ authctl root sign --root root-1 payload.json >trust.bundle\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = root_sign_payload,
};
