/* authctl client show */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct field CARD[] = {
	{ "client_id", "Client id", FIELD_TEXT },
	{ "client_name", "Name", FIELD_TEXT },
	{ "client_name_en", "Name in English", FIELD_TEXT },
	{ "disabled", "Disabled", FIELD_BOOL },
	{ "token_endpoint_auth_method", "Authentication", FIELD_TEXT },
	{ "grant_types", "Grant types", FIELD_LIST },
	{ "scope", "Scope", FIELD_TEXT },
	{ "redirect_uris", "Redirect URIs", FIELD_LIST },
	{ "post_logout_redirect_uris", "After signing out", FIELD_LIST },
	{ "backchannel_logout_uri", "Back-channel logout", FIELD_TEXT },
	{ "frontchannel_logout_uri", "Front-channel logout", FIELD_TEXT },
	{ "audiences", "Audiences", FIELD_LIST },
	{ "sector", "Sector", FIELD_TEXT },
	{ "id_token_signed_response_alg", "ID token algorithm", FIELD_TEXT },
	{ "require_pkce", "Requires PKCE", FIELD_BOOL },
	{ "rotate_refresh", "Refresh tokens change", FIELD_BOOL },
	{ "state_owned", "The state's own", FIELD_BOOL },
	{ "legal_persons", "Receives legal persons", FIELD_BOOL },
	{ "introspect_any", "Introspects tokens", FIELD_BOOL },
	{ "created_at", "Registered", FIELD_TIME },
	{ "updated_at", "Changed", FIELD_TIME },
};

/* So that it may stand in a path as it is. */
static bool is_client_id(const char *text)
{
	static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	return text[0] && strspn(text, LETTERS) == strlen(text);
}

static enum exit_code client_show(struct ctl *c)
{
	if (!is_client_id(c->args[0]))
		return ctl_fail(c, REFUSED, "a client_id has only letters, digits and . _ -");
	const char *path = (const char *)arena_format(&c->arena, "/admin/v1/clients/%s", c->args[0]).p;
	return path ? show_card(c, path, NULL, CARD, COUNT_OF(CARD)) : ctl_nomem(c);
}

const struct command CLIENT_SHOW = {
	.words = "client show",
	.arguments = "CLIENT_ID",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Show how a client is registered",
	.help = "  $ authctl client show 5a670d5c1c6f8a7e4b1f9c0e6a3d2b4f\n",
	.run = client_show,
};
