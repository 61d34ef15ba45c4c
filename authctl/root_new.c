/* authctl root new */
#include "authctl/commands.h"
#include "authctl/passphrase.h"
#include "authctl/root_dir.h"

static const struct flag FLAGS[] = { PASSPHRASE_FLAG };

static enum exit_code root_new(struct ctl *c)
{
	AUTO_BUF struct buf passphrase = { 0 };
	AUTO(root) struct root *root = NULL;
	AUTO(json) json_t *links = json_array();
	enum exit_code code = passphrase_read(c, flag_text(c, "passphrase"), "A passphrase for the root",
					      true, ROOT_PASSPHRASE_MAX, &passphrase);
	if (code != DONE)
		return code;
	status s = links ? root_generate(&root) : ST_NOMEM;
	return s == ST_OK ? root_dir_make(c, c->args[0], root, links, buf_slice(&passphrase))
			  : ctl_failed(c, s, NULL);
}

const struct command ROOT_NEW = {
	.words = "root new",
	.arguments = "DIR",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Make the root that signs trust bundles",
	.help = "On a machine of its own, without a network: who has the root can make verifiers believe\n"
		"anything. DIR/key.pem is its private key, under a passphrase of at least 12 bytes.\n"
		"DIR/root.json is public: bring it to each verifier by a way that you trust.\n"
		"\n"
		"  $ authctl root new root-1\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = root_new,
};
