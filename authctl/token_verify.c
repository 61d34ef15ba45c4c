/* authctl token verify: offline, by libauth. */
#include "authctl/commands.h"
#include "authctl/print.h"
#include "authctl/token.h"

#include <time.h>

DEFINE_AUTO(keyset, struct auth_keyset *, auth_keyset_free)
DEFINE_AUTO(verifier, struct auth_verifier *, auth_verifier_free)
DEFINE_AUTO(claims, struct auth_claims *, auth_claims_free)

static const struct flag FLAGS[] = {
	{ "jwks", FLAG_TEXT, "FILE", "the issuer's keys; without it, the running authd is asked" },
	{ "list", FLAG_LIST, "FILE", "a status list; without --jwks, the running authd has all of them" },
	{ "issuer", FLAG_TEXT, "URL", "who must have issued it (the configuration's issuer)" },
	{ "audience", FLAG_TEXT, "URI", "whom it must be meant for (anybody)" },
	{ "kind", FLAG_TEXT, "KIND", "access (without this option), id, logout, userinfo, introspection" },
	{ "scope", FLAG_LIST, "WORD", "a scope that it must have" },
	{ "min-acr", FLAG_TEXT, "ACR", "the lowest level of authentication" },
	{ "bundle", FLAG_TEXT, "FILE", "a trust bundle, instead of all else that is asked for" },
	{ "root", FLAG_TEXT, "FILE", "the root.json that vouches for it" },
	{ "state", FLAG_TEXT, "FILE", "remember there which bundle was the newest, and refuse older ones" },
	{ "accept-unknown", FLAG_SWITCH, NULL,
	  "also where no status list is young enough to tell" },
};

static const struct {
	const char *name;
	enum auth_kind kind;
} KINDS[] = {
	{ "access", AUTH_ACCESS_TOKEN },
	{ "id", AUTH_ID_TOKEN },
	{ "logout", AUTH_LOGOUT_TOKEN },
	{ "userinfo", AUTH_USERINFO },
	{ "introspection", AUTH_INTROSPECTION },
};

static enum exit_code kind_of(const struct ctl *c, enum auth_kind *ret)
{
	const char *name = flag_text(c, "kind");
	*ret = AUTH_ACCESS_TOKEN;
	for (size_t k = 0; name && k < COUNT_OF(KINDS); k++)
		if (strcmp(name, KINDS[k].name) == 0) {
			*ret = KINDS[k].kind;
			return DONE;
		}
	return name ? ctl_fail(c, USAGE, "--kind is access, id, logout, userinfo or introspection") : DONE;
}

static enum exit_code keys_of(struct ctl *c, struct auth_keyset **ret)
{
	struct auth_error why = { { 0 } };
	const char *path = flag_text(c, "jwks");
	enum auth_status s;
	if (path) {
		s = auth_keyset_from_file(path, ret, &why);
	} else {
		AUTO(json) json_t *jwks = NULL;
		enum exit_code code = ctl_call(c, "/admin/v1/keys/jwks", NULL, &jwks);
		if (code != DONE)
			return code;
		AUTO(mem) void *text = json_dumps(jwks, JSON_COMPACT);
		if (!text)
			return ctl_nomem(c);
		s = auth_keyset_from_json(text, strlen(text), ret, &why);
	}
	return s == AUTH_OK ? DONE
			    : ctl_fail(c, REFUSED, "%s: %s", path ? path : "authd's keys",
				       why.message[0] ? why.message : auth_strerror(s));
}

static enum exit_code added(const struct ctl *c, enum auth_status s, const char *from,
			    const struct auth_error *why)
{
	if (s == AUTH_OK || s == AUTH_OLDER)
		return DONE;
	return ctl_fail(c, REFUSED, "%s: %s", from, why->message[0] ? why->message : auth_strerror(s));
}

static enum exit_code lists_of_authd(struct ctl *c, struct auth_verifier *v)
{
	AUTO(json) json_t *answer = NULL;
	enum exit_code code = ctl_call(c, "/admin/v1/status-lists", NULL, &answer);
	json_t *list;
	size_t i;
	json_array_foreach(json_object_get(answer, "status_lists"), i, list) {
		struct auth_error why = { { 0 } };
		enum auth_status s = auth_verifier_add_list(v, json_string_value(list), json_string_length(list),
							    time(NULL), &why);
		if (code == DONE)
			code = added(c, s, "authd's status lists", &why);
	}
	return code;
}

static enum exit_code lists_of(struct ctl *c, struct auth_verifier *v)
{
	struct flag_values files = flag_list(c, "list");
	for (size_t i = 0; i < files.n; i++) {
		struct auth_error why = { { 0 } };
		enum auth_status s = auth_verifier_add_list_file(v, files.items[i], time(NULL), &why);
		enum exit_code code = added(c, s, files.items[i], &why);
		if (code != DONE)
			return code;
	}
	return flag_given(c, "jwks") || flag_given(c, "bundle") ? DONE : lists_of_authd(c, v);
}

/* NULL after it has said why not. */
static const char *issuer_of(struct ctl *c)
{
	const char *issuer = flag_text(c, "issuer");
	const struct conf *conf = issuer ? NULL : ctl_conf(c);
	return conf ? conf->issuer : issuer;
}

static enum exit_code verifier_of(struct ctl *c, const char *issuer, struct auth_verifier **ret)
{
	struct auth_options options = AUTH_OPTIONS_INIT;
	struct auth_error why = { { 0 } };
	struct flag_values scopes = flag_list(c, "scope");
	const char **words = arena_array(&c->arena, const char *, scopes.n + 1);
	enum exit_code code = kind_of(c, &options.kind);
	if (code != DONE || !words)
		return words ? code : ctl_nomem(c);
	if (scopes.n)
		memcpy(words, scopes.items, scopes.n * sizeof *words);
	options.issuer = issuer;
	options.audience = flag_text(c, "audience");
	options.min_acr = flag_text(c, "min-acr");
	options.scopes = words;
	options.flags = options.audience ? 0 : AUTH_ANY_AUDIENCE;
	if (flag_given(c, "accept-unknown"))
		options.flags |= AUTH_ACCEPT_REVOCATION_UNKNOWN;
	enum auth_status s = auth_verifier_new(&options, ret, &why);
	return s == AUTH_OK ? DONE : ctl_fail(c, REFUSED, "%s", why.message);
}

static enum exit_code say(struct ctl *c, struct slice token)
{
	AUTO(json) json_t *header = NULL, *payload = NULL;
	if (token_parts(token, &c->arena, &header, &payload) != ST_OK)
		return ctl_fail(c, REFUSED, "the token was verified, but cannot be shown");
	if (c->json) {
		AUTO(json) json_t *both = json_pack("{s:O, s:O, s:b}", "header", header, "payload",
						    payload, "verified", 1);
		print_json(both);
		return DONE;
	}
	token_print(header, payload);
	printf("verified\n");
	return DONE;
}

/* Whatever the verifier is to go by. */
static enum exit_code teach(struct ctl *c, struct auth_verifier *v, const char *issuer)
{
	AUTO(keyset) struct auth_keyset *keys = NULL;
	if (flag_given(c, "bundle")) {
		enum exit_code code = token_bundle_load(c, v, issuer);
		return code == DONE ? lists_of(c, v) : code;
	}
	if (flag_given(c, "root") || flag_given(c, "state"))
		return ctl_fail(c, USAGE, "--root and --state go with --bundle");
	enum exit_code code = keys_of(c, &keys);
	if (code != DONE)
		return code;
	return auth_verifier_set_keys(v, keys) == AUTH_OK ? lists_of(c, v) : ctl_nomem(c);
}

static enum exit_code token_verify(struct ctl *c)
{
	AUTO(verifier) struct auth_verifier *verifier = NULL;
	AUTO(claims) struct auth_claims *claims = NULL;
	struct slice token;
	const char *issuer = issuer_of(c);
	enum exit_code code = issuer ? verifier_of(c, issuer, &verifier) : REFUSED;
	if (code == DONE)
		code = token_read(c, &token);
	if (code == DONE)
		code = teach(c, verifier, issuer);
	if (code != DONE)
		return code;
	enum auth_status s =
		auth_verify(verifier, (const char *)token.p, token.n, time(NULL), &claims);
	return s == AUTH_OK ? say(c, token)
			    : ctl_fail(c, REFUSED, "refused: %s", auth_strerror(s));
}

const struct command TOKEN_VERIFY = {
	.words = "token verify",
	.arguments = "[TOKEN|-]",
	.arguments_max = 1,
	.summary = "Verify a token's signature and claims, as a platform does with libauth",
	.help = "With --jwks or --bundle and --issuer nothing but the token and that file is needed: no\n"
		"network, no authd, no configuration. Whether an access token was revoked stands in the status\n"
		"list that it names (\"uri\" in \"status\"): without that one, or when it is too old, the token is\n"
		"refused, unless --accept-unknown says otherwise.\n"
		"\n"
		"  $ authctl keys export --output jwks.json\n"
		"  $ authctl token verify --jwks jwks.json --list list.jwt \\\n"
		"        --audience https://api.example.gov.cn < token.txt\n"
		"  $ authctl token verify --bundle trust.bundle --root root.json --state seen.json \\\n"
		"        --issuer https://id.example.gov.cn < token.txt\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = token_verify,
};
