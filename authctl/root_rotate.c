/* authctl root rotate */
#include "authctl/commands.h"
#include "authctl/passphrase.h"
#include "authctl/root_dir.h"

static const struct flag FLAGS[] = {
	ROOT_FLAG,
	PASSPHRASE_FLAG,
	{ "new-passphrase", FLAG_TEXT, "FILE", "and the new root's (the same)" },
};

/* Root n+1's public key, signed by root n: one more link. */
static status add_link(struct root_dir *d, const struct root *next)
{
	AUTO_BUF struct buf payload = { 0 }, link = { 0 };
	buf_put_text(&payload, "{\"keys\":[");
	TRY(root_put_jwk(next, &payload));
	buf_put_text(&payload, "]}");
	TRY(buf_status(&payload));
	TRY(root_sign(d->root, ROOT_LINK_TYPE, buf_slice(&payload), &link));
	json_t *text = json_stringn((const char *)link.p, link.n);
	return json_array_append_new(d->links, text) == 0 ? ST_OK : ST_NOMEM;
}

static enum exit_code root_rotate(struct ctl *c)
{
	AUTO_BUF struct buf old = { 0 }, new = { 0 };
	AUTO_ROOT_DIR struct root_dir d = { 0 };
	AUTO(root) struct root *next = NULL;
	const char *path = flag_text(c, "new-passphrase");
	enum exit_code code = root_dir_open(c, &old, &d);
	if (code == DONE && path)
		code = passphrase_read(c, path, NULL, false, ROOT_PASSPHRASE_MAX, &new);
	if (code != DONE)
		return code;
	status s = root_generate(&next);
	if (s == ST_OK)
		s = add_link(&d, next);
	return s == ST_OK ? root_dir_make(c, c->args[0], next, d.links, buf_slice(path ? &new : &old))
			  : ctl_failed(c, s, NULL);
}

const struct command ROOT_ROTATE = {
	.words = "root rotate",
	.arguments = "DIR",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Make the next root, and let this one vouch for it",
	.help = "DIR becomes the next root's folder. Its bundles begin with the way there, so verifiers that\n"
		"were given an older root.json follow; give new ones the new root.json. Once a bundle of the\n"
		"new root is on its way, destroy the old key.pem.\n"
		"\n"
		"  $ authctl root rotate --root root-1 root-2\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = root_rotate,
};
