#include "tests/bindings/ask.h"

#include "libauth/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTS = 6, ITEMS = 8 };

/* ---- options -------------------------------------------------------------------------------- */

#define AT(member)                                                                                 \
	{                                                                                          \
#member, offsetof(struct auth_options, member)                                     \
	}
static const struct member {
	const char *name;
	size_t offset;
} STRINGS[] = {AT(issuer), AT(audience), AT(authorized_party), AT(min_acr)},
  ARRAYS[LISTS] = {AT(audiences), AT(types),  AT(algorithms),
                   AT(scopes),    AT(claims), AT(acr_ladder)},
  TIMES[] = {AT(max_age_s), AT(max_token_age_s), AT(max_lifetime_s), AT(leeway_s),
             AT(max_list_age_s)};

struct filled {
	struct auth_options options;
	const char *items[LISTS][ITEMS];
};

static void fill_lists(struct filled *f, json_t *from)
{
	for (size_t i = 0, k; i < LISTS; i++) {
		json_t *list = json_object_get(from, ARRAYS[i].name), *item;
		if (!list || json_array_size(list) >= ITEMS)
			continue;
		json_array_foreach(list, k, item) f->items[i][k] = json_string_value(item);
		*(const char *const **)((char *)&f->options + ARRAYS[i].offset) = f->items[i];
	}
}

static void fill(struct filled *f, json_t *from)
{
	struct auth_options *o = &f->options;
	json_t *cache = json_object_get(from, "cache_tokens");
	for (size_t i = 0; i < COUNT_OF(STRINGS); i++)
		*(const char **)((char *)o + STRINGS[i].offset) =
		        json_string_value(json_object_get(from, STRINGS[i].name));
	for (size_t i = 0; i < COUNT_OF(TIMES); i++)
		if (json_object_get(from, TIMES[i].name))
			*(int64_t *)((char *)o + TIMES[i].offset) =
			        json_integer_value(json_object_get(from, TIMES[i].name));
	o->kind = (enum auth_kind)json_integer_value(json_object_get(from, "kind"));
	o->flags = (unsigned)json_integer_value(json_object_get(from, "flags"));
	o->cache_tokens = (size_t)json_integer_value(cache);
	fill_lists(f, from);
}

/* ---- one case ------------------------------------------------------------------------------- */

#define STEP(call)                                                                                 \
	do {                                                                                       \
		enum auth_status step_answer = (call);                                             \
		if (step_answer != AUTH_OK)                                                        \
			return step_answer;                                                        \
	} while (0)

static const char *text_of(json_t *c, const char *name)
{
	return json_string_value(json_object_get(c, name));
}

static int64_t now_of(json_t *c)
{
	return json_integer_value(json_object_get(c, "now"));
}

static enum auth_status give_keys(struct auth_verifier *v, json_t *c)
{
	const char *text = text_of(c, "keys");
	struct auth_keyset *keys;
	if (!text)
		return AUTH_OK;
	STEP(auth_keyset_from_json(text, strlen(text), &keys, NULL));
	enum auth_status s = auth_verifier_set_keys(v, keys);
	auth_keyset_free(keys);
	return s;
}

static enum auth_status give_bundle(struct auth_verifier *v, json_t *c)
{
	struct auth_bundle_options o = AUTH_BUNDLE_OPTIONS_INIT;
	const char *bundle = text_of(c, "bundle"), *roots = text_of(c, "roots");
	json_t *more = json_object_get(c, "bundle_options");
	struct auth_keyset *pinned;
	if (!bundle)
		return AUTH_OK;
	STEP(auth_keyset_from_json(roots, strlen(roots), &pinned, NULL));
	o.roots = pinned;
	o.issuer = text_of(more, "issuer");
	o.min_version = json_integer_value(json_object_get(more, "min_version"));
	enum auth_status s =
	        auth_verifier_load_bundle(v, bundle, strlen(bundle), &o, now_of(c), NULL);
	auth_keyset_free(pinned);
	return s;
}

static enum auth_status check(const struct auth_claims *claims, json_t *checks)
{
	static const char *const HASHES[] = {"at_hash", "c_hash", "s_hash"};
	const char *nonce = text_of(checks, "nonce"), *jkt = text_of(checks, "jkt");
	const char *certificate = text_of(checks, "certificate");
	if (nonce)
		STEP(auth_claims_check_nonce(claims, nonce));
	if (jkt)
		STEP(auth_claims_check_key(claims, jkt));
	if (certificate)
		STEP(auth_claims_check_certificate(claims, certificate, strlen(certificate)));
	for (size_t i = 0; i < COUNT_OF(HASHES); i++) {
		const char *value = text_of(checks, HASHES[i]);
		if (value)
			STEP(auth_claims_check_hash(claims, HASHES[i], value, strlen(value)));
	}
	return AUTH_OK;
}

static enum auth_status put_to(struct auth_verifier *v, json_t *c)
{
	const char *token = text_of(c, "token");
	struct auth_claims *claims;
	json_t *list;
	size_t i;
	STEP(give_keys(v, c));
	STEP(give_bundle(v, c));
	json_array_foreach(json_object_get(c, "lists"), i, list) STEP(auth_verifier_add_list(
	        v, json_string_value(list), json_string_length(list), now_of(c), NULL));
	STEP(auth_verify(v, token, strlen(token), now_of(c), &claims));
	enum auth_status s = check(claims, json_object_get(c, "checks"));
	auth_claims_free(claims);
	return s;
}

static enum auth_status ask_dpop(json_t *c, json_t *request)
{
	struct auth_dpop r = AUTH_DPOP_INIT;
	const char *proof = text_of(c, "token");
	struct auth_claims *claims;
	r.method = text_of(request, "method");
	r.uri = text_of(request, "uri");
	r.nonce = text_of(request, "nonce");
	r.access_token = text_of(request, "access_token");
	if (json_object_get(request, "max_age_s"))
		r.max_age_s = json_integer_value(json_object_get(request, "max_age_s"));
	STEP(auth_verify_dpop(proof, strlen(proof), &r, now_of(c), &claims));
	auth_claims_free(claims);
	return AUTH_OK;
}

enum auth_status ask(json_t *c)
{
	struct filled f = {.options = AUTH_OPTIONS_INIT};
	struct auth_verifier *v;
	if (json_object_get(c, "dpop"))
		return ask_dpop(c, json_object_get(c, "dpop"));
	fill(&f, json_object_get(c, "options"));
	STEP(auth_verifier_new(&f.options, &v, NULL));
	enum auth_status s = put_to(v, c);
	auth_verifier_free(v);
	return s;
}

json_t *load(const char *vectors, const char *file)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", vectors, file);
	json_t *root = json_load_file(path, 0, NULL);
	if (root)
		return root;
	fprintf(stderr, "cannot read %s\n", path);
	exit(1);
}
