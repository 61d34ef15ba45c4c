/*
 * The native half of the Node.js binding: libauth's calls on JavaScript's values. What is pleasant
 * to use is index.js, which alone loads this; index.d.ts says what it offers.
 *
 * A refusal is thrown as an error with `code` ("AUTH_EXPIRED") and `status` (10), what was not
 * meant as a TypeError or RangeError. Threads: each environment (worker) has its own claims; a
 * verifier is not shared between them.
 */
#include "bindings/node/convert.h"
#include "bindings/node/names.h"

#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS = 5 };

/* ---- errors --------------------------------------------------------------------------------- */

static void throw_refusal(napi_env env, enum auth_status status, const char *message)
{
	napi_value text, code, number, error;
	const char *name = status_name(status);
	const char *why = message && *message ? message : auth_strerror(status);
	if (napi_create_string_utf8(env, why, NAPI_AUTO_LENGTH, &text) == napi_ok &&
	    napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &code) == napi_ok &&
	    napi_create_int32(env, status, &number) == napi_ok &&
	    napi_create_error(env, code, text, &error) == napi_ok &&
	    napi_set_named_property(env, error, "status", number) == napi_ok)
		napi_throw(env, error);
}

/* Nothing is returned when something is thrown. */
static napi_value answer(napi_env env, enum auth_status status, const struct auth_error *error)
{
	if (status != AUTH_OK)
		throw_refusal(env, status, error ? error->message : NULL);
	return NULL;
}

/* ---- arguments ------------------------------------------------------------------------------ */

struct call {
	napi_env env;
	napi_value arguments[ARGUMENTS];
	struct pool pool;
};

static bool call_begin(struct call *c, napi_env env, napi_callback_info info)
{
	size_t n = ARGUMENTS;
	*c = (struct call){.env = env};
	return napi_get_cb_info(env, info, &n, c->arguments, NULL, NULL) == napi_ok;
}

static napi_value call_end(struct call *c, napi_value value)
{
	pool_done(&c->pool);
	return value;
}

static void *handle(struct call *c)
{
	void *v;
	if (napi_get_value_external(c->env, c->arguments[0], &v) == napi_ok)
		return v;
	napi_throw_type_error(c->env, NULL, "not a verifier");
	return NULL;
}

static bool is_given(struct call *c, size_t i)
{
	napi_valuetype type;
	return napi_typeof(c->env, c->arguments[i], &type) == napi_ok && type != napi_undefined &&
	       type != napi_null;
}

/* Where something is to be read from, and that: a path without a NUL, or bytes. */
static bool get_source(struct call *c, struct bytes *from, struct bytes *value)
{
	if (!get_bytes(c->env, &c->pool, c->arguments[1], "source", from) ||
	    !get_bytes(c->env, &c->pool, c->arguments[2], from->p, value))
		return false;
	bool is_path = !strcmp(from->p, "path") || !strcmp(from->p, "directory");
	if (is_path && strlen(value->p) != value->n) {
		napi_throw_type_error(c->env, NULL, "a path holds a NUL");
		return false;
	}
	return true;
}

/* ---- verifiers ------------------------------------------------------------------------------ */

static void verifier_gone(napi_env env, void *v, void *hint)
{
	(void)env;
	(void)hint;
	auth_verifier_free(v);
}

/* open(options) */
static napi_value open_verifier(napi_env env, napi_callback_info info)
{
	struct call c;
	struct auth_options options = AUTH_OPTIONS_INIT;
	struct auth_verifier *v;
	struct auth_error error;
	napi_value made = NULL;
	if (!call_begin(&c, env, info) ||
	    !fill(env, &c.pool, c.arguments[0], VERIFIER_OPTIONS, &options))
		return call_end(&c, NULL);
	enum auth_status s = auth_verifier_new(&options, &v, &error);
	if (s != AUTH_OK)
		return call_end(&c, answer(env, s, &error));
	if (napi_create_external(env, v, verifier_gone, NULL, &made) != napi_ok)
		auth_verifier_free(v);
	return call_end(&c, made);
}

static enum auth_status read_keys(const struct bytes *value, const char *from,
                                  struct auth_keyset **ret, struct auth_error *error)
{
	if (!strcmp(from, "path"))
		return auth_keyset_from_file(value->p, ret, error);
	if (!strcmp(from, "directory"))
		return auth_keyset_from_directory(value->p, ret, error);
	return auth_keyset_from_json(value->p, value->n, ret, error);
}

/* loadKeys(verifier, "json" | "path" | "directory", value) */
static napi_value load_keys(napi_env env, napi_callback_info info)
{
	struct call c;
	struct bytes from, value;
	struct auth_keyset *keys;
	struct auth_error error = {""};
	struct auth_verifier *v;
	if (!call_begin(&c, env, info) || !(v = handle(&c)) || !get_source(&c, &from, &value))
		return call_end(&c, NULL);
	enum auth_status s = read_keys(&value, from.p, &keys, &error);
	if (s == AUTH_OK) {
		s = auth_verifier_set_keys(v, keys);
		auth_keyset_free(keys);
	}
	return call_end(&c, answer(env, s, &error));
}

/* addList(verifier, "token" | "path", value, now) */
static napi_value add_list(napi_env env, napi_callback_info info)
{
	struct call c;
	struct bytes from, value;
	struct auth_error error = {""};
	struct auth_verifier *v;
	int64_t now;
	if (!call_begin(&c, env, info) || !(v = handle(&c)) || !get_source(&c, &from, &value) ||
	    !get_integer(env, c.arguments[3], "now", &now))
		return call_end(&c, NULL);
	enum auth_status s = !strcmp(from.p, "path")
	                             ? auth_verifier_add_list_file(v, value.p, now, &error)
	                             : auth_verifier_add_list(v, value.p, value.n, now, &error);
	return call_end(&c, answer(env, s, &error));
}

/* loadBundle(verifier, bundle, roots, options, now) */
static napi_value load_bundle(napi_env env, napi_callback_info info)
{
	struct call c;
	struct bytes bundle, roots;
	struct auth_bundle_options options = AUTH_BUNDLE_OPTIONS_INIT;
	struct auth_keyset *pinned;
	struct auth_error error = {""};
	struct auth_verifier *v;
	int64_t now;
	if (!call_begin(&c, env, info) || !(v = handle(&c)) ||
	    !get_bytes(env, &c.pool, c.arguments[1], "bundle", &bundle) ||
	    !get_bytes(env, &c.pool, c.arguments[2], "roots", &roots) ||
	    !fill(env, &c.pool, c.arguments[3], BUNDLE_OPTIONS, &options) ||
	    !get_integer(env, c.arguments[4], "now", &now))
		return call_end(&c, NULL);
	enum auth_status s = auth_keyset_from_json(roots.p, roots.n, &pinned, &error);
	if (s != AUTH_OK)
		return call_end(&c, answer(env, s, &error));
	options.roots = pinned;
	s = auth_verifier_load_bundle(v, bundle.p, bundle.n, &options, now, &error);
	auth_keyset_free(pinned);
	return call_end(&c, answer(env, s, &error));
}

/* ---- tokens --------------------------------------------------------------------------------- */

/* What else must hold of the claims; each member that is there is asked. */
struct checks {
	const char *nonce, *jkt, *at_hash, *c_hash, *s_hash;
	struct bytes certificate;
};

static const struct option CHECKS[] = {
        {"nonce", OPTION_STRING, offsetof(struct checks, nonce)},
        {"jkt", OPTION_STRING, offsetof(struct checks, jkt)},
        {"certificate", OPTION_BYTES, offsetof(struct checks, certificate)},
        {"at_hash", OPTION_STRING, offsetof(struct checks, at_hash)},
        {"c_hash", OPTION_STRING, offsetof(struct checks, c_hash)},
        {"s_hash", OPTION_STRING, offsetof(struct checks, s_hash)},
        {NULL, OPTION_STRING, 0},
};

static enum auth_status check_hash(const struct auth_claims *claims, const char *name,
                                   const char *value)
{
	return value ? auth_claims_check_hash(claims, name, value, strlen(value)) : AUTH_OK;
}

static enum auth_status check(const struct auth_claims *claims, const struct checks *checks)
{
	const struct bytes *certificate = &checks->certificate;
	enum auth_status s = AUTH_OK;
	if (checks->nonce)
		s = auth_claims_check_nonce(claims, checks->nonce);
	if (s == AUTH_OK && checks->jkt)
		s = auth_claims_check_key(claims, checks->jkt);
	if (s == AUTH_OK && certificate->p)
		s = auth_claims_check_certificate(claims, certificate->p, certificate->n);
	if (s == AUTH_OK)
		s = check_hash(claims, "at_hash", checks->at_hash);
	if (s == AUTH_OK)
		s = check_hash(claims, "c_hash", checks->c_hash);
	return s == AUTH_OK ? check_hash(claims, "s_hash", checks->s_hash) : s;
}

/* verify(verifier, token, now, checks) */
static napi_value verify(napi_env env, napi_callback_info info)
{
	struct call c;
	struct bytes token;
	struct checks checks = {0};
	struct auth_claims *claims;
	struct auth_verifier *v;
	int64_t now;
	if (!call_begin(&c, env, info) || !(v = handle(&c)) ||
	    !get_bytes(env, &c.pool, c.arguments[1], "token", &token) ||
	    !get_integer(env, c.arguments[2], "now", &now) ||
	    (is_given(&c, 3) && !fill(env, &c.pool, c.arguments[3], CHECKS, &checks)) ||
	    napi_get_instance_data(env, (void **)&claims) != napi_ok)
		return call_end(&c, NULL);
	enum auth_status s = auth_verify_into(v, token.p, token.n, now, claims);
	if (s == AUTH_OK)
		s = check(claims, &checks);
	return call_end(&c, s == AUTH_OK ? verified(env, claims) : answer(env, s, NULL));
}

/* What a function that makes claims has answered, which are then given up. */
static napi_value given(napi_env env, enum auth_status s, struct auth_claims *claims)
{
	if (s != AUTH_OK)
		return answer(env, s, NULL);
	napi_value value = verified(env, claims);
	auth_claims_free(claims);
	return value;
}

/* verifySecret(verifier, secret, token, now) */
static napi_value verify_secret(napi_env env, napi_callback_info info)
{
	struct call c;
	struct bytes secret, token;
	struct auth_claims *claims = NULL;
	struct auth_verifier *v;
	int64_t now;
	if (!call_begin(&c, env, info) || !(v = handle(&c)) ||
	    !get_bytes(env, &c.pool, c.arguments[1], "secret", &secret) ||
	    !get_bytes(env, &c.pool, c.arguments[2], "token", &token) ||
	    !get_integer(env, c.arguments[3], "now", &now))
		return call_end(&c, NULL);
	enum auth_status s =
	        auth_verify_secret(v, secret.p, secret.n, token.p, token.n, now, &claims);
	return call_end(&c, given(env, s, claims));
}

/* verifyDpop(proof, request, now) */
static napi_value verify_dpop(napi_env env, napi_callback_info info)
{
	struct call c;
	struct bytes proof;
	struct auth_dpop request = AUTH_DPOP_INIT;
	struct auth_claims *claims = NULL;
	int64_t now;
	if (!call_begin(&c, env, info) ||
	    !get_bytes(env, &c.pool, c.arguments[0], "proof", &proof) ||
	    !fill(env, &c.pool, c.arguments[1], DPOP_OPTIONS, &request) ||
	    !get_integer(env, c.arguments[2], "now", &now))
		return call_end(&c, NULL);
	enum auth_status s = auth_verify_dpop(proof.p, proof.n, &request, now, &claims);
	return call_end(&c, given(env, s, claims));
}

/* ---- the module ----------------------------------------------------------------------------- */

static void claims_gone(napi_env env, void *claims, void *hint)
{
	(void)env;
	(void)hint;
	auth_claims_free(claims);
}

static const napi_property_descriptor FUNCTIONS[] = {
        {.utf8name = "open", .method = open_verifier, .attributes = napi_enumerable},
        {.utf8name = "loadKeys", .method = load_keys, .attributes = napi_enumerable},
        {.utf8name = "addList", .method = add_list, .attributes = napi_enumerable},
        {.utf8name = "loadBundle", .method = load_bundle, .attributes = napi_enumerable},
        {.utf8name = "verify", .method = verify, .attributes = napi_enumerable},
        {.utf8name = "verifySecret", .method = verify_secret, .attributes = napi_enumerable},
        {.utf8name = "verifyDpop", .method = verify_dpop, .attributes = napi_enumerable},
};

NAPI_MODULE_INIT()
{
	struct auth_claims *claims = auth_claims_new();
	size_t n = sizeof FUNCTIONS / sizeof *FUNCTIONS;
	if (!claims || napi_set_instance_data(env, claims, claims_gone, NULL) != napi_ok) {
		auth_claims_free(claims);
		napi_throw_error(env, NULL, "no memory");
		return NULL;
	}
	return napi_define_properties(env, exports, n, FUNCTIONS) == napi_ok ? exports : NULL;
}
