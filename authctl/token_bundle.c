#include "authctl/token.h"

#include <time.h>

DEFINE_AUTO(keyset, struct auth_keyset *, auth_keyset_free)

static enum exit_code refuse(struct ctl *c, const char *path, enum auth_status s,
			     const struct auth_error *why)
{
	return ctl_fail(c, REFUSED, "%s: %s", path, why->message[0] ? why->message : auth_strerror(s));
}

enum exit_code token_bundle_load(struct ctl *c, struct auth_verifier *v, const char *issuer)
{
	AUTO(keyset) struct auth_keyset *roots = NULL;
	struct auth_bundle_options how = AUTH_BUNDLE_OPTIONS_INIT;
	struct auth_error why = { { 0 } };
	const char *path = flag_text(c, "bundle"), *root = flag_text(c, "root");
	if (!root || flag_given(c, "jwks"))
		return ctl_fail(c, USAGE, "--bundle goes with --root, and not with --jwks");
	enum auth_status s = auth_keyset_from_file(root, &roots, &why);
	if (s != AUTH_OK)
		return refuse(c, root, s, &why);
	how.roots = roots;
	how.issuer = issuer;
	how.state_file = flag_text(c, "state");
	how.min_version = 1;
	s = auth_verifier_load_bundle_file(v, path, &how, time(NULL), &why);
	return s == AUTH_OK ? DONE : refuse(c, path, s, &why);
}
