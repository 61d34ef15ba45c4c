/*
 * Any lines of headers and claims as a trust bundle, each signed by one of two known keys, of which
 * the first is the pinned root. What is accepted was signed, is of the issuer asked for and gives keys.
 */
#include "mutate.h"
#include "signed.h"

#include "libauth/bundle.h"
#include "libauth/verifier.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define ISSUER "https://id.example"

static struct slice last_line(struct slice text)
{
	const uint8_t *newline;
	if (text.n && text.p[text.n - 1] == '\n')
		text.n--;
	newline = text.n ? memrchr(text.p, '\n', text.n) : NULL;
	return newline ? slice_from(text, (size_t)(newline + 1 - text.p)) : text;
}

static void look(const struct auth_verifier *v)
{
	const struct trust *trust = v->trust.current;
	if (!auth_keyset_count(trust->keys) || trust->lists_n > AUTH_LISTS_MAX)
		abort();
	for (size_t i = 0; i < trust->keys->n; i++)
		if (!slice_is(trust->keys->keys[i].issuer, ISSUER) ||
		    trust->keys->keys[i].expires == INT64_MAX)
			abort();
	for (size_t i = 0; i < trust->lists_n; i++)
		if (!slice_is(trust->lists[i]->issuer, ISSUER))
			abort();
}

static enum auth_status load(struct auth_verifier *v, struct slice bundle)
{
	struct auth_error e = { "" };
	struct auth_keyset *roots = signed_keys('a');
	struct auth_bundle_options o = AUTH_BUNDLE_OPTIONS_INIT;
	o.roots = roots;
	o.issuer = ISSUER;
	o.min_version = 1;
	enum auth_status s = auth_verifier_load_bundle(v, bundle.p, bundle.n, &o, SIGNED_NOW, &e);
	if (s < 0 || (s == AUTH_OK) != !e.message[0] || (s == AUTH_OK) != (v->trust.current != NULL))
		abort();
	auth_keyset_free(roots);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct auth_options options = AUTH_OPTIONS_INIT;
	struct auth_verifier *v;
	AUTO_BUF struct buf bundle = { 0 };
	signed_input(slice_of(data, n), &bundle);
	options.issuer = ISSUER;
	options.audience = "a";
	if (auth_verifier_new(&options, &v, NULL) != AUTH_OK)
		abort();
	if (load(v, buf_slice(&bundle)) == AUTH_OK) {
		look(v);
		if (!signed_holds(last_line(buf_slice(&bundle))))
			abort();
	}
	auth_verifier_free(v);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed)
{
	return mutate_signed(data, n, most, seed);
}
