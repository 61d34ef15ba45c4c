/* authctl client show */
#include "authctl/commands.h"
#include "authctl/show.h"

/* All of authd/service/client_metadata.c that operators see. */
static const struct field CARD[] = {
	{ "client_id", "Client id", FIELD_TEXT },
	{ "client_name", "Name", FIELD_TEXT },
	{ "client_name_en", "Name in English", FIELD_TEXT },
	{ "disabled", "Disabled", FIELD_YES },
	{ "state_owned", "The state's own", FIELD_BOOL },
	{ "purpose", "Purpose", FIELD_TEXT },
	{ "client_uri", "Home page", FIELD_TEXT },
	{ "logo_uri", "Logo", FIELD_TEXT },
	{ "policy_uri", "Privacy policy", FIELD_TEXT },
	{ "tos_uri", "Terms of service", FIELD_TEXT },
	{ "contacts", "Contacts", FIELD_LIST },
	{ "software_id", "Software", FIELD_TEXT },
	{ "software_version", "Its version", FIELD_TEXT },

	{ "token_endpoint_auth_method", "Authentication", FIELD_TEXT },
	{ "token_endpoint_auth_signing_alg", "Its algorithm", FIELD_TEXT },
	{ "tls_client_auth_subject_dn", "Certificate's subject", FIELD_TEXT },
	{ "tls_client_auth_san_dns", "Certificate's DNS name", FIELD_TEXT },
	{ "tls_client_auth_san_uri", "Certificate's URI", FIELD_TEXT },
	{ "tls_client_auth_san_ip", "Certificate's address", FIELD_TEXT },
	{ "tls_client_auth_san_email", "Certificate's mail", FIELD_TEXT },
	{ "jwks", "Public keys here", FIELD_KEYS },
	{ "jwks_uri", "Public keys at", FIELD_TEXT },

	{ "grant_types", "Grant types", FIELD_LIST },
	{ "response_types", "Response types", FIELD_LIST },
	{ "scope", "Scope", FIELD_TEXT },
	{ "claims", "May be told", FIELD_LIST },
	{ "audiences", "Audiences", FIELD_LIST },
	{ "authorization_details_types", "Authorization details", FIELD_LIST },
	{ "legal_persons", "Receives legal persons", FIELD_YES },
	{ "introspect_any", "Introspects tokens", FIELD_YES },
	{ "sector", "Sector", FIELD_TEXT },
	{ "sector_identifier_uri", "Sector's list", FIELD_TEXT },
	{ "subject_type", "Subjects", FIELD_TEXT },

	{ "application_type", "Application", FIELD_TEXT },
	{ "redirect_uris", "Redirect URIs", FIELD_LIST },
	{ "initiate_login_uri", "Sign-in begins at", FIELD_TEXT },
	{ "post_logout_redirect_uris", "After signing out", FIELD_LIST },
	{ "backchannel_logout_uri", "Back-channel logout", FIELD_TEXT },
	{ "backchannel_logout_session_required", "It needs sid", FIELD_YES },
	{ "frontchannel_logout_uri", "Front-channel logout", FIELD_TEXT },
	{ "frontchannel_logout_session_required", "It needs iss and sid", FIELD_YES },

	{ "profile", "Profile", FIELD_TEXT },
	{ "require_pkce", "Requires PKCE", FIELD_BOOL },
	{ "require_pushed_authorization_requests", "Requires PAR", FIELD_YES },
	{ "require_signed_request_object", "Requires signed requests", FIELD_YES },
	{ "request_object_signing_alg", "Requests signed with", FIELD_TEXT },
	{ "request_uris", "Request URIs", FIELD_LIST },
	{ "default_max_age", "Signed in for, seconds", FIELD_NUMBER },
	{ "default_acr_values", "Levels", FIELD_LIST },
	{ "require_auth_time", "Requires auth_time", FIELD_YES },

	{ "id_token_signed_response_alg", "ID token signed with", FIELD_TEXT },
	{ "id_token_encrypted_response_alg", "ID token encrypted by", FIELD_TEXT },
	{ "id_token_encrypted_response_enc", "ID token encrypted with", FIELD_TEXT },
	{ "userinfo_signed_response_alg", "Userinfo signed with", FIELD_TEXT },
	{ "userinfo_encrypted_response_alg", "Userinfo encrypted by", FIELD_TEXT },
	{ "userinfo_encrypted_response_enc", "Userinfo encrypted with", FIELD_TEXT },
	{ "authorization_signed_response_alg", "Answers signed with", FIELD_TEXT },
	{ "introspection_signed_response_alg", "Introspection signed with", FIELD_TEXT },
	{ "dpop_bound_access_tokens", "Tokens bound by DPoP", FIELD_YES },
	{ "tls_client_certificate_bound_access_tokens", "Tokens bound to certificate", FIELD_YES },
	{ "rotate_refresh", "Refresh tokens change", FIELD_BOOL },

	{ "backchannel_token_delivery_mode", "CIBA mode", FIELD_TEXT },
	{ "backchannel_client_notification_endpoint", "CIBA ping goes to", FIELD_TEXT },
	{ "backchannel_authentication_request_signing_alg", "CIBA requests signed with", FIELD_TEXT },

	{ "registration_scope", "Registered itself for", FIELD_TEXT },
	{ "registration_grant_types", "With grant types", FIELD_LIST },
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
	.help = "What is not said of it is not so. --json has the names that --metadata takes, too.\n"
		"\n"
		"  $ authctl client show 5a670d5c1c6f8a7e4b1f9c0e6a3d2b4f\n",
	.run = client_show,
};
