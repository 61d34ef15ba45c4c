/* authctl keys export */
#include "authctl/commands.h"
#include "authctl/output.h"
#include "authctl/root_dir.h"

#include "libauth/auth.h"

static const struct flag FLAGS[] = {
	{ "output", FLAG_TEXT, "FILE", "write it there, in place of what is there (standard output)" },
	{ "bundle", FLAG_SWITCH, NULL, "a trust bundle: keys with their time, metadata, status lists" },
	{ "expires", FLAG_TEXT, "TIME", "how long the bundle serves, such as 30d (keys.bundle)" },
	{ "unsigned", FLAG_SWITCH, NULL, "what \"root sign\" is to sign on another machine" },
	{ "root", FLAG_TEXT, "DIR", "or sign it here, with the root in this folder" },
	PASSPHRASE_FLAG,
};

static enum exit_code write_json(struct ctl *c, const json_t *json)
{
	AUTO_BUF struct buf text = { 0 };
	AUTO(mem) void *dump = json_dumps(json, JSON_INDENT(2));
	if (!dump)
		return ctl_nomem(c);
	buf_format(&text, "%s\n", (const char *)dump);
	return buf_status(&text) == ST_OK ? output_write(c, flag_text(c, "output"), buf_slice(&text))
					  : ctl_nomem(c);
}

/* A root that cannot be opened is known before a version is spent. */
static enum exit_code export_bundle(struct ctl *c)
{
	AUTO_BUF struct buf passphrase = { 0 }, bundle = { .limit = AUTH_BUNDLE_MAX };
	AUTO_ROOT_DIR struct root_dir d = { 0 };
	AUTO(json) json_t *payload = NULL, *body = json_object();
	static const char *const names[] = { "expires" };
	if (flag_given(c, "unsigned") == flag_given(c, "root"))
		return ctl_fail(c, USAGE, "a bundle is --unsigned, or signed by --root DIR");
	enum exit_code code = flag_given(c, "root") ? root_dir_open(c, &passphrase, &d) : DONE;
	if (code != DONE)
		return code;
	if (!body || ctl_put_flags(c, body, names, COUNT_OF(names)) != ST_OK)
		return ctl_nomem(c);
	code = ctl_call(c, "/admin/v1/keys/bundle", TAKE(body), &payload);
	if (code != DONE)
		return code;
	if (!d.root)
		return write_json(c, payload);
	code = root_dir_sign(c, &d, payload, &bundle);
	return code == DONE ? output_write(c, flag_text(c, "output"), buf_slice(&bundle)) : code;
}

static enum exit_code keys_export(struct ctl *c)
{
	static const char *const for_bundles[] = { "expires", "unsigned", "root", "passphrase" };
	AUTO(json) json_t *jwks = NULL;
	if (flag_given(c, "bundle"))
		return export_bundle(c);
	for (size_t k = 0; k < COUNT_OF(for_bundles); k++)
		if (flag_given(c, for_bundles[k]))
			return ctl_fail(c, USAGE, "--%s goes with --bundle", for_bundles[k]);
	enum exit_code code = ctl_call(c, "/admin/v1/keys/jwks", NULL, &jwks);
	return code == DONE ? write_json(c, jwks) : code;
}

const struct command KEYS_EXPORT = {
	.words = "keys export",
	.summary = "Write the public keys as a JWK set, or all that verifiers need as a trust bundle",
	.help = "With it, libauth and \"authctl token verify\" verify tokens without a network. Export a JWK\n"
		"set again at least once in the time that a key is announced.\n"
		"\n"
		"  $ authctl keys export --output jwks.json\n"
		"\n"
		"A trust bundle serves for months. It is signed by a root (\"root new\"), which has no place on\n"
		"the issuer's machine: carry the payload to the root's.\n"
		"\n"
		"  $ authctl keys export --bundle --unsigned --expires 30d >payload.json\n"
		"  $ authctl root sign --root root-1 payload.json >trust.bundle\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = keys_export,
};
