#include "authctl/root_dir.h"

#include "authctl/output.h"
#include "authctl/passphrase.h"

#include "libauth/auth.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

enum { FILE_MAX = 1 << 20 };

DEFINE_AUTO(keyset, struct auth_keyset *, auth_keyset_free)
DEFINE_AUTO(verifier, struct auth_verifier *, auth_verifier_free)

void root_dir_done(struct root_dir *d)
{
	root_free(d->root);
	json_decref(d->links);
}

static const char *path_in(struct ctl *c, const char *dir, const char *name)
{
	return (const char *)arena_format(&c->arena, "%s/%s", dir, name).p;
}

/* ---- reading -------------------------------------------------------------------------------- */

static enum exit_code read_public(struct ctl *c, const char *dir, struct root_dir *d)
{
	AUTO_BUF struct buf text = { 0 };
	const char *path = path_in(c, dir, "root.json");
	enum exit_code code = path ? ctl_read(c, path, FILE_MAX, &text) : ctl_nomem(c);
	if (code != DONE)
		return code;
	AUTO(json) json_t *public =
		json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	d->links = json_incref(json_object_get(public, "links"));
	if (!json_is_array(d->links))
		return ctl_fail(c, REFUSED, "%s: not a root's public file", path);
	d->public = arena_copy(&c->arena, buf_slice(&text));
	return d->public.p ? DONE : ctl_nomem(c);
}

static enum exit_code read_key(struct ctl *c, const char *dir, struct buf *passphrase,
			       struct root_dir *d)
{
	AUTO_BUF struct buf pem = { 0 };
	struct error e = { 0 };
	const char *path = path_in(c, dir, "key.pem");
	enum exit_code code = path ? ctl_read(c, path, FILE_MAX, &pem) : ctl_nomem(c);
	if (code == DONE)
		code = passphrase_read(c, flag_text(c, "passphrase"), "The root's passphrase", false,
				       ROOT_PASSPHRASE_MAX, passphrase);
	if (code != DONE)
		return code;
	status s = root_open(buf_slice(&pem), buf_slice(passphrase), &d->root, &e);
	return s == ST_OK ? DONE : ctl_fail(c, REFUSED, "%s: %s", path, e.message);
}

enum exit_code root_dir_open(struct ctl *c, struct buf *passphrase, struct root_dir *ret)
{
	const char *dir = flag_text(c, "root");
	if (!dir)
		return ctl_fail(c, USAGE, "--root is missing: the root's folder");
	enum exit_code code = read_public(c, dir, ret);
	return code == DONE ? read_key(c, dir, passphrase, ret) : code;
}

/* ---- making --------------------------------------------------------------------------------- */

static enum exit_code write_public(struct ctl *c, const char *dir, const struct root *root,
				   const json_t *links)
{
	AUTO_BUF struct buf text = { 0 };
	AUTO(mem) void *rest = json_dumps(links, JSON_INDENT(2));
	const char *path = path_in(c, dir, "root.json");
	buf_put_text(&text, "{\"keys\": [");
	status s = root_put_jwk(root, &text);
	if (!rest || !path || s != ST_OK)
		return ctl_nomem(c);
	buf_format(&text, "],\n\"links\": %s}\n", (const char *)rest);
	return buf_status(&text) == ST_OK ? output_create(c, path, 0644, buf_slice(&text))
					  : ctl_nomem(c);
}

enum exit_code root_dir_make(struct ctl *c, const char *dir, const struct root *root, json_t *links,
			     struct slice passphrase)
{
	AUTO_BUF struct buf pem = { 0 };
	struct error e = { 0 };
	const char *path = path_in(c, dir, "key.pem");
	status s = root_seal(root, passphrase, &pem, &e);
	if (s != ST_OK || !path)
		return path ? ctl_failed(c, s, &e) : ctl_nomem(c);
	if (mkdir(dir, 0700) != 0)
		return ctl_fail(c, REFUSED, "%s: %s", dir, strerror(errno));
	enum exit_code code = output_create(c, path, 0600, buf_slice(&pem));
	return code == DONE ? write_public(c, dir, root, links) : code;
}

/* ---- signing -------------------------------------------------------------------------------- */

/* As a verifier does that has pinned this root. */
static enum exit_code check(struct ctl *c, const struct root_dir *d, const char *issuer,
			    struct slice bundle)
{
	AUTO(keyset) struct auth_keyset *roots = NULL;
	AUTO(verifier) struct auth_verifier *v = NULL;
	struct auth_options options = AUTH_OPTIONS_INIT;
	struct auth_bundle_options how = AUTH_BUNDLE_OPTIONS_INIT;
	struct auth_error why = { { 0 } };
	options.issuer = how.issuer = issuer;
	options.flags = AUTH_ANY_AUDIENCE;
	how.min_version = 1;
	enum auth_status s = auth_keyset_from_json(d->public.p, d->public.n, &roots, &why);
	how.roots = roots;
	if (s == AUTH_OK)
		s = auth_verifier_new(&options, &v, &why);
	if (s == AUTH_OK)
		s = auth_verifier_load_bundle(v, bundle.p, bundle.n, &how, time(NULL), &why);
	return s == AUTH_OK ? DONE
			    : ctl_fail(c, REFUSED, "verifiers would refuse it: %s",
				       why.message[0] ? why.message : auth_strerror(s));
}

static void put_links(const json_t *links, struct buf *out)
{
	json_t *link;
	size_t i;
	json_array_foreach(links, i, link) {
		const char *text = json_string_value(link);
		buf_put_text(out, text ? text : "");
		buf_put_byte(out, '\n');
	}
}

enum exit_code root_dir_sign(struct ctl *c, struct root_dir *d, const json_t *payload,
			     struct buf *bundle)
{
	const char *issuer = json_string_value(json_object_get(payload, "iss"));
	AUTO(mem) void *text = json_dumps(payload, JSON_COMPACT);
	if (!issuer || !text)
		return ctl_fail(c, REFUSED, "this is not what \"keys export --bundle --unsigned\" writes");
	put_links(d->links, bundle);
	status s = root_sign(d->root, ROOT_BUNDLE_TYPE, slice_str(text), bundle);
	buf_put_byte(bundle, '\n');
	if (s != ST_OK || buf_status(bundle) != ST_OK)
		return ctl_nomem(c);
	return check(c, d, issuer, buf_slice(bundle));
}
