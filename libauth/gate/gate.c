#include "libauth/gate/gate.h"

#include "libauth/base/mem.h"

#include <string.h>
#include <time.h>

DEFINE_AUTO(keyset, struct auth_keyset *, auth_keyset_free)
DEFINE_AUTO(gate, struct gate *, gate_close)

struct gate {
	struct gate_options options;
	struct auth_verifier *verifier;
	struct auth_refresh *refresh; /* NULL: it works from files */
};

static bool load_bundle(struct gate *g, struct auth_error *error)
{
	struct auth_bundle_options o = AUTH_BUNDLE_OPTIONS_INIT;
	AUTO(keyset) struct auth_keyset *roots = NULL;
	if (auth_keyset_from_file(g->options.root, &roots, error) != AUTH_OK)
		return false;
	o.roots = roots;
	o.issuer = g->options.issuer;
	o.state_file = g->options.state;
	return auth_verifier_load_bundle_file(g->verifier, g->options.bundle, &o, time(NULL), error) ==
	       AUTH_OK;
}

static bool load_files(struct gate *g, struct auth_error *error)
{
	AUTO(keyset) struct auth_keyset *keys = NULL;
	if (auth_keyset_from_file(g->options.jwks, &keys, error) != AUTH_OK ||
	    auth_verifier_set_keys(g->verifier, keys) != AUTH_OK)
		return false;
	for (const char *const *list = g->options.lists; *list; list++) {
		enum auth_status s =
			auth_verifier_add_list_file(g->verifier, *list, time(NULL), error);
		if (s != AUTH_OK && s != AUTH_OLDER)
			return false;
	}
	return true;
}

bool gate_reload(struct gate *g, struct auth_error *error)
{
	return g->options.bundle ? load_bundle(g, error) :
	       g->options.jwks	 ? load_files(g, error) :
				   true;
}

static bool start_refresh(struct gate *g, struct auth_error *error)
{
	struct auth_refresh_options o = AUTH_REFRESH_OPTIONS_INIT;
	o.issuer = g->options.issuer;
	o.cache_dir = g->options.cache;
	o.ca_file = g->options.ca;
	return auth_refresh_start(&o, &g->verifier, 1, &g->refresh, error) == AUTH_OK;
}

static bool open_verifier(struct gate *g, struct auth_error *error)
{
	struct auth_options o = AUTH_OPTIONS_INIT;
	o.issuer = g->options.issuer;
	o.audience = g->options.audience;
	o.scopes = g->options.scopes;
	o.min_acr = g->options.min_acr;
	o.flags = g->options.accept_unknown ? AUTH_ACCEPT_REVOCATION_UNKNOWN : 0;
	o.cache_tokens = 65536;
	return auth_verifier_new(&o, &g->verifier, error) == AUTH_OK;
}

bool gate_open(const struct gate_options *options, struct gate **ret, struct auth_error *error)
{
	AUTO(gate) struct gate *g = calloc(1, sizeof *g);
	*error = (struct auth_error){ "no memory" };
	if (!g)
		return false;
	g->options = *options;
	bool from_files = options->jwks || options->bundle;
	if (!open_verifier(g, error) ||
	    !(from_files ? gate_reload(g, error) : start_refresh(g, error)))
		return false;
	*ret = TAKE(g);
	return true;
}

void gate_close(struct gate *g)
{
	if (!g)
		return;
	auth_refresh_stop(g->refresh);
	auth_verifier_free(g->verifier);
	free(g);
}

const char *gate_min_acr(const struct gate *g) { return g->options.min_acr; }

enum auth_status gate_verify(struct gate *g, const char *token, struct auth_claims **ret)
{
	size_t n = strlen(token);
	return g->refresh ? auth_refresh_verify(g->refresh, g->verifier, token, n, time(NULL), ret) :
			    auth_verify(g->verifier, token, n, time(NULL), ret);
}
