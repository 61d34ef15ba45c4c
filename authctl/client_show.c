/* authctl client show */
#include "authctl/commands.h"
#include "authctl/print.h"

static const struct card_line CARD[] = {
	{ "client_id", "Client id", CARD_TEXT },
	{ "client_name", "Name", CARD_TEXT },
	{ "client_name_en", "Name in English", CARD_TEXT },
	{ "disabled", "Disabled", CARD_BOOL },
	{ "token_endpoint_auth_method", "Authentication", CARD_TEXT },
	{ "grant_types", "Grant types", CARD_LIST },
	{ "scope", "Scope", CARD_TEXT },
	{ "redirect_uris", "Redirect URIs", CARD_LIST },
	{ "post_logout_redirect_uris", "After signing out", CARD_LIST },
	{ "audiences", "Audiences", CARD_LIST },
	{ "sector", "Sector", CARD_TEXT },
	{ "id_token_signed_response_alg", "ID token algorithm", CARD_TEXT },
	{ "require_pkce", "Requires PKCE", CARD_BOOL },
	{ "rotate_refresh", "Refresh tokens change", CARD_BOOL },
	{ "state_owned", "The state's own", CARD_BOOL },
	{ "legal_persons", "Receives legal persons", CARD_BOOL },
	{ "introspect_any", "Introspects", CARD_BOOL },
	{ "created_at", "Registered", CARD_TIME },
	{ "updated_at", "Changed", CARD_TIME },
};

static enum exit_code client_show(struct ctl *c)
{
	AUTO(json) json_t *answer = NULL;
	AUTO_BUF struct buf path = { 0 };
	buf_put_text(&path, "/admin/v1/clients/");
	for (const char *p = c->args[0]; *p; p++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", *p))
			return ctl_fail(c, REFUSED, "a client_id has only letters, digits and . _ -");
		buf_put_byte(&path, (uint8_t)*p);
	}
	buf_put_byte(&path, '\0');
	if (buf_status(&path) != ST_OK)
		return ctl_nomem(c);
	enum exit_code code = ctl_call(c, (const char *)path.p, NULL, &answer);
	if (code != DONE)
		return code;
	if (c->json)
		print_json(answer);
	else
		card_print(stdout, answer, CARD, COUNT_OF(CARD));
	return DONE;
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
