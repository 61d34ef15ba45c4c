/* authctl client add */
#include "authctl/client.h"
#include "authctl/commands.h"
#include "authctl/print.h"

static const struct flag FLAGS[] = {
	{ "name", FLAG_TEXT, "NAME", "shown to people" },
	{ "name-en", FLAG_TEXT, "NAME", "the same in English" },
	{ "client-id", FLAG_TEXT, "ID", "letters, digits and . _ - (a random one)" },
	{ "redirect-uri", FLAG_LIST, "URI", "where codes are sent: compared character by character" },
	{ "post-logout-redirect-uri", FLAG_LIST, "URI", "where people may go after signing out" },
	{ "backchannel-logout-uri", FLAG_TEXT, "URI", "where authd posts that a session has ended" },
	{ "frontchannel-logout-uri", FLAG_TEXT, "URI",
	  "shown in a frame to who signs out; of a redirect URI's host" },
	{ "auth", FLAG_TEXT, "METHOD",
	  "client_secret_basic (without this option), client_secret_post, private_key_jwt, none" },
	{ "jwks", FLAG_TEXT, "FILE", "the client's public keys, for private_key_jwt and encryption" },
	{ "grant-type", FLAG_LIST, "TYPE",
	  "authorization_code, refresh_token, client_credentials (by redirect URIs and scope)" },
	{ "scope", FLAG_TEXT, "WORDS", "all that it may ever ask for (openid)" },
	{ "audience", FLAG_LIST, "URI", "a resource that it may ask tokens for; the first is the default" },
	{ "sector", FLAG_TEXT, "HOST", "whom it shares people's identifiers with (its redirect host)" },
	{ "id-token-alg", FLAG_TEXT, "ALG", "ES256 (without this option), RS256, EdDSA or PS256" },
	{ "metadata", FLAG_TEXT, "FILE", "further metadata, a JSON object by their registered names" },
	{ "purpose", FLAG_TEXT, "WORDS", "why it asks, for the consent page" },
	{ "state-owned", FLAG_SWITCH, NULL, "the state's own: people are not asked for consent" },
	{ "rotate-refresh", FLAG_SWITCH, NULL, "a refresh token changes at each use; always if public" },
	{ "no-pkce", FLAG_SWITCH, NULL, "PKCE is not required; for old confidential clients alone" },
	{ "legal-persons", FLAG_SWITCH, NULL, "may receive legal persons as subjects" },
	{ "introspect-any", FLAG_SWITCH, NULL, "a resource server: may introspect tokens meant for it" },
};

/* Options that are texts or switches, and the members that they become. */
static const struct {
	const char *flag, *member;
} TEXTS[] = {
	{ "name", "client_name" },
	{ "name-en", "client_name_en" },
	{ "client-id", "client_id" },
	{ "backchannel-logout-uri", "backchannel_logout_uri" },
	{ "frontchannel-logout-uri", "frontchannel_logout_uri" },
	{ "auth", "token_endpoint_auth_method" },
	{ "scope", "scope" },
	{ "sector", "sector" },
	{ "id-token-alg", "id_token_signed_response_alg" },
	{ "purpose", "purpose" },
}, LISTS[] = {
	{ "redirect-uri", "redirect_uris" },
	{ "post-logout-redirect-uri", "post_logout_redirect_uris" },
	{ "grant-type", "grant_types" },
	{ "audience", "audiences" },
}, SWITCHES[] = {
	{ "state-owned", "state_owned" },
	{ "rotate-refresh", "rotate_refresh" },
	{ "legal-persons", "legal_persons" },
	{ "introspect-any", "introspect_any" },
};

static json_t *list_of(struct flag_values values)
{
	json_t *list = json_array();
	for (size_t k = 0; k < values.n; k++)
		if (json_array_append_new(list, json_string(values.items[k])) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static bool put_options(const struct ctl *c, json_t *body)
{
	int failed = 0;
	if (!json_object_get(body, "id_token_signed_response_alg"))
		failed = json_object_set_new(body, "id_token_signed_response_alg", json_string("ES256"));
	for (size_t k = 0; k < COUNT_OF(TEXTS); k++)
		if (flag_given(c, TEXTS[k].flag))
			failed |= json_object_set_new(body, TEXTS[k].member,
						      json_string(flag_text(c, TEXTS[k].flag)));
	for (size_t k = 0; k < COUNT_OF(LISTS); k++)
		if (flag_given(c, LISTS[k].flag))
			failed |= json_object_set_new(body, LISTS[k].member,
						      list_of(flag_list(c, LISTS[k].flag)));
	for (size_t k = 0; k < COUNT_OF(SWITCHES); k++)
		if (flag_given(c, SWITCHES[k].flag))
			failed |= json_object_set_new(body, SWITCHES[k].member, json_true());
	if (flag_given(c, "no-pkce"))
		failed |= json_object_set_new(body, "require_pkce", json_false());
	return failed == 0;
}

enum exit_code client_read_object(struct ctl *c, const char *flag, json_t **ret)
{
	enum { FILE_MAX = 48 << 10 };
	const char *path = flag_text(c, flag);
	AUTO_BUF struct buf text = { 0 };
	if (!path)
		return DONE;
	enum exit_code code = ctl_read(c, path, FILE_MAX, &text);
	if (code != DONE)
		return code;
	json_t *object = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		return ctl_fail(c, REFUSED, "%s: not a JSON object", path);
	}
	*ret = object;
	return DONE;
}

/* An option counts more than the file of metadata. */
static enum exit_code put_files(struct ctl *c, json_t *body)
{
	AUTO(json) json_t *metadata = NULL, *jwks = NULL;
	enum exit_code code = client_read_object(c, "metadata", &metadata);
	if (code == DONE)
		code = client_read_object(c, "jwks", &jwks);
	if (code != DONE)
		return code;
	if (metadata && json_object_update(body, metadata) != 0)
		return ctl_nomem(c);
	return jwks && json_object_set(body, "jwks", jwks) != 0 ? ctl_nomem(c) : DONE;
}

void client_print(const json_t *answer)
{
	const char *id = json_string_value(json_object_get(answer, "client_id"));
	const char *secret = json_string_value(json_object_get(answer, "client_secret"));
	printf("client_id:      %s\n", id ? id : "?");
	if (!secret)
		return;
	printf("client_secret:  %s\n", secret);
	printf("\nKeep the secret now: only its hash is stored, and it is not shown again.\n");
}

static enum exit_code client_add(struct ctl *c)
{
	AUTO(json) json_t *answer = NULL, *body = json_object();
	enum exit_code code = body ? put_files(c, body) : ctl_nomem(c);
	if (code == DONE && !flag_given(c, "name") && !json_object_get(body, "client_name"))
		code = ctl_fail(c, USAGE, "--name is needed: people are told who asks");
	if (code == DONE && !put_options(c, body))
		code = ctl_fail(c, REFUSED, "an option's value is not UTF-8 text");
	if (code == DONE)
		code = ctl_call(c, "/admin/v1/clients", TAKE(body), &answer);
	if (code != DONE)
		return code;
	if (c->json)
		print_json(answer);
	else
		client_print(answer);
	return DONE;
}

const struct command CLIENT_ADD = {
	.words = "client add",
	.summary = "Register a portal, a platform or a resource server",
	.help = "A portal that people sign in at needs a redirect URI: https, or http on 127.0.0.1,\n"
		"[::1] or *.localhost. A client secret is shown once.\n"
		"\n"
		"  $ authctl client add --name 省政务服务网 --state-owned \\\n"
		"        --scope \"openid profile offline_access\" \\\n"
		"        --redirect-uri https://portal.example.gov.cn/callback\n"
		"  client_id:      5a670d5c1c6f8a7e4b1f9c0e6a3d2b4f\n"
		"  client_secret:  kMYVnN4NuPKKkp...\n"
		"\n"
		"A program on people's own devices keeps no secret: --auth none.\n"
		"A platform that calls for itself: --grant-type client_credentials --scope exchange.\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = client_add,
};
