#include "authctl/client.h"

#include <errno.h>

#define TEXT(option, of, value, doc) { option, FLAG_TEXT, value, doc, .member = of }
#define LIST(option, of, value, doc) { option, FLAG_LIST, value, doc, .member = of }
#define BOOL(option, of, doc) { option, FLAG_BOOL, "=no", doc, .member = of }
#define SIGNS "ES256, RS256, EdDSA, PS256 or SGD_SM3_SM2, whichever the issuer has"

const struct flag CLIENT_FLAGS[] = {
	{ "name", FLAG_TEXT, "NAME", "shown to people", .member = "client_name", .section = "Who it is" },
	TEXT("name-en", "client_name_en", "NAME", "the same in English"),
	TEXT("purpose", "purpose", "WORDS", "why it asks, for the consent page"),
	BOOL("state-owned", "state_owned", "the state's own: people are not asked for consent"),
	TEXT("client-uri", "client_uri", "URI", "its home page, linked where people are asked"),
	TEXT("logo-uri", "logo_uri", "URI", "its logo"),
	TEXT("policy-uri", "policy_uri", "URI", "what it does with people's data, linked there"),
	TEXT("tos-uri", "tos_uri", "URI", "its terms of service, linked there"),
	LIST("contact", "contacts", "MAIL", "whom operators write to"),
	TEXT("software-id", "software_id", "ID", "which software it is"),
	TEXT("software-version", "software_version", "VERSION", "in which version"),

	{ "redirect-uri", FLAG_LIST, "URI", "where codes are sent: compared character by character",
	  .member = "redirect_uris", .section = "Where people go" },
	TEXT("application-type", "application_type", "TYPE",
	     "web, or native: an app, which may have a scheme of its own"),
	TEXT("initiate-login-uri", "initiate_login_uri", "URI", "where another site begins a sign-in at it"),
	LIST("post-logout-redirect-uri", "post_logout_redirect_uris", "URI", "where people may go after signing out"),
	TEXT("backchannel-logout-uri", "backchannel_logout_uri", "URI",
	     "where authd posts that a session has ended; see outbox list"),
	BOOL("backchannel-logout-session-required", "backchannel_logout_session_required",
	     "it needs sid in what is posted"),
	TEXT("frontchannel-logout-uri", "frontchannel_logout_uri", "URI",
	     "shown in a frame to who signs out; of a redirect URI's host"),
	BOOL("frontchannel-logout-session-required", "frontchannel_logout_session_required",
	     "it needs iss and sid there"),

	{ "auth", FLAG_TEXT, "METHOD",
	  "client_secret_basic (without this option), client_secret_post, client_secret_jwt, private_key_jwt, "
	  "tls_client_auth, self_signed_tls_client_auth, none",
	  .member = "token_endpoint_auth_method", .section = "How it proves itself" },
	{ "jwks", FLAG_FILE, "FILE", "its public keys: of its assertions, requests, certificates, and for encryption",
	  .member = "jwks" },
	TEXT("jwks-uri", "jwks_uri", "URI", "or where it publishes them; fetched when needed"),
	TEXT("token-endpoint-auth-signing-alg", "token_endpoint_auth_signing_alg", "ALG",
	     "the one that its assertions are signed with (any)"),
	TEXT("tls-client-auth-subject-dn", "tls_client_auth_subject_dn", "DN",
	     "tls_client_auth: its certificate's subject, as RFC 4514 writes it, or one of these:"),
	TEXT("tls-client-auth-san-dns", "tls_client_auth_san_dns", "NAME", "a DNS name of its certificate"),
	TEXT("tls-client-auth-san-uri", "tls_client_auth_san_uri", "URI", "a URI of its certificate"),
	TEXT("tls-client-auth-san-ip", "tls_client_auth_san_ip", "ADDRESS", "an IP address of its certificate"),
	TEXT("tls-client-auth-san-email", "tls_client_auth_san_email", "MAIL", "a mail address of its certificate"),

	{ "grant-type", FLAG_LIST, "TYPE",
	  "authorization_code, refresh_token, client_credentials, device_code, ciba, token-exchange, jwt-bearer (by "
	  "redirect URIs and scope)",
	  .member = "grant_types", .section = "What it may do" },
	LIST("response-type", "response_types", "TYPE", "code is the only one"),
	TEXT("scope", "scope", "WORDS", "all that it may ever ask for (openid)"),
	LIST("claim", "claims", "RIGHT",
	     "what it may be told of people, why and on which basis: \"NAME[,NAME...] duty|consent PURPOSE\""),
	LIST("audience", "audiences", "URI", "a resource that it may ask tokens for; the first is the default"),
	LIST("authorization-details-type", "authorization_details_types", "TYPE",
	     "that it may ask for (RFC 9396); those of authorization.details_types"),
	BOOL("legal-persons", "legal_persons", "may receive legal persons as subjects"),
	BOOL("introspect-any", "introspect_any", "a resource server: may introspect tokens meant for it"),
	TEXT("sector", "sector", "HOST", "whom it shares people's identifiers with (its redirect host)"),
	TEXT("sector-identifier-uri", "sector_identifier_uri", "URI", "or the list of redirect URIs that do so"),
	TEXT("subject-type", "subject_type", "TYPE", "pairwise (without this option) or public"),

	{ "profile", FLAG_TEXT, "NAME", "fapi2-security or fapi2-message-signing: all that FAPI 2.0 demands",
	  .member = "profile", .section = "What its requests must be" },
	BOOL("require-pkce", "require_pkce", "so it is; =no for old confidential clients alone"),
	BOOL("require-pushed-authorization-requests", "require_pushed_authorization_requests",
	     "they come by /par (RFC 9126)"),
	BOOL("require-signed-request-object", "require_signed_request_object", "they are signed (RFC 9101)"),
	TEXT("request-object-signing-alg", "request_object_signing_alg", "ALG",
	     "the one that they are signed with (any; none: unsigned objects, too)"),
	LIST("request-uri", "request_uris", "URI", "where its request objects may lie"),
	{ "default-max-age", FLAG_SECONDS, "SECONDS", "how long ago people may have signed in, where it does not ask",
	  .member = "default_max_age" },
	LIST("default-acr-value", "default_acr_values", "ACR", "the level that it wants, where it does not ask"),
	BOOL("require-auth-time", "require_auth_time", "ID tokens always say auth_time"),

	{ "id-token-alg", FLAG_TEXT, "ALG",
	  "of ID tokens: ES256 (client add without this option), RS256, EdDSA, PS256 or SGD_SM3_SM2",
	  .member = "id_token_signed_response_alg", .section = "What it gets" },
	TEXT("id-token-encrypted-response-alg", "id_token_encrypted_response_alg", "ALG",
	     "encrypted, too, to a key of its jwks: RSA-OAEP-256 or ECDH-ES"),
	TEXT("id-token-encrypted-response-enc", "id_token_encrypted_response_enc", "ENC",
	     "with A256GCM, or A128CBC-HS256 (without this option)"),
	TEXT("userinfo-signed-response-alg", "userinfo_signed_response_alg", "ALG", "userinfo signed: " SIGNS),
	TEXT("userinfo-encrypted-response-alg", "userinfo_encrypted_response_alg", "ALG", "and encrypted, as above"),
	TEXT("userinfo-encrypted-response-enc", "userinfo_encrypted_response_enc", "ENC", "with, as above"),
	TEXT("authorization-signed-response-alg", "authorization_signed_response_alg", "ALG",
	     "of answers in response mode jwt (JARM): " SIGNS),
	TEXT("introspection-signed-response-alg", "introspection_signed_response_alg", "ALG",
	     "of signed introspection (RFC 9701): " SIGNS),
	BOOL("dpop-bound-access-tokens", "dpop_bound_access_tokens",
	     "its tokens count with a DPoP proof alone (RFC 9449)"),
	BOOL("tls-client-certificate-bound-access-tokens", "tls_client_certificate_bound_access_tokens",
	     "they count with its certificate alone (RFC 8705)"),
	BOOL("rotate-refresh", "rotate_refresh", "a refresh token changes at each use; always if public"),

	{ "backchannel-token-delivery-mode", FLAG_TEXT, "MODE",
	  "poll, or ping: authd tells it when the person has decided",
	  .member = "backchannel_token_delivery_mode", .section = "CIBA: people who are elsewhere" },
	TEXT("backchannel-client-notification-endpoint", "backchannel_client_notification_endpoint", "URI",
	     "where ping goes"),
	TEXT("backchannel-authentication-request-signing-alg",
	     "backchannel_authentication_request_signing_alg", "ALG",
	     "its requests are signed: ES256, PS256 or EdDSA"),

	{ "metadata", FLAG_TEXT, "FILE|-", "all of that in JSON, by registered names; an option counts more",
	  .section = "Besides" },
	TEXT("client-id", "client_id", "ID", "letters, digits and . _ - (a random one)"),
};
_Static_assert(COUNT_OF(CLIENT_FLAGS) == CLIENT_FLAGS_N, "client.h counts them");

/* ---- values --------------------------------------------------------------------------------- */

static const struct {
	const char *word, *name;
} GRANT_TYPES[] = {
	{ "device_code", "urn:ietf:params:oauth:grant-type:device_code" },
	{ "ciba", "urn:openid:params:grant-type:ciba" },
	{ "token-exchange", "urn:ietf:params:oauth:grant-type:token-exchange" },
	{ "jwt-bearer", "urn:ietf:params:oauth:grant-type:jwt-bearer" },
};

const char *grant_type_name(const char *word)
{
	for (size_t k = 0; k < COUNT_OF(GRANT_TYPES); k++)
		if (strcmp(word, GRANT_TYPES[k].word) == 0)
			return GRANT_TYPES[k].name;
	return word;
}

static json_t *list_of(struct flag_values values, bool grant_types)
{
	json_t *list = json_array();
	bool none = values.n == 1 && !values.items[0][0];
	for (size_t k = 0; k < values.n && !none; k++) {
		const char *text = grant_types ? grant_type_name(values.items[k]) : values.items[k];
		if (json_array_append_new(list, json_string(text)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* NULL: no such value. */
static json_t *seconds_of(const char *text)
{
	char *end;
	errno = 0;
	long n = strtol(text, &end, 10);
	return errno || end == text || *end || n < 0 ? NULL : json_integer(n);
}

static json_t *yes_or_no(const char *text)
{
	if (!*text || strcmp(text, "yes") == 0)
		return json_true();
	return strcmp(text, "no") == 0 ? json_false() : NULL;
}

static json_t *value_of(const struct flag *f, struct flag_values values)
{
	const char *text = values.items[values.n - 1];
	switch (f->kind) {
	case FLAG_BOOL: return yes_or_no(text);
	case FLAG_SECONDS: return seconds_of(text);
	case FLAG_LIST: return list_of(values, strcmp(f->name, "grant-type") == 0);
	case FLAG_SWITCH:
	case FLAG_TEXT:
	case FLAG_FILE: break;
	}
	return json_string(text);
}

static enum exit_code read_object(struct ctl *c, const char *path, json_t **ret)
{
	enum { FILE_MAX = 48 << 10 };
	AUTO_BUF struct buf text = { 0 };
	enum exit_code code = ctl_read(c, path, FILE_MAX, &text);
	if (code != DONE)
		return code;
	json_error_t why;
	json_t *object = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &why);
	if (!object)
		return ctl_fail(c, REFUSED, "%s:%d: not JSON: %s", path, why.line, why.text);
	if (!json_is_object(object)) {
		json_decref(object);
		return ctl_fail(c, REFUSED, "%s: not a JSON object", path);
	}
	*ret = object;
	return DONE;
}

static enum exit_code put_option(struct ctl *c, const struct flag *f, json_t *body)
{
	json_t *value = NULL;
	enum exit_code code = DONE;
	if (f->kind == FLAG_FILE)
		code = read_object(c, flag_text(c, f->name), &value);
	if (code != DONE)
		return code;
	if (!value)
		value = value_of(f, flag_list(c, f->name));
	if (value)
		return json_object_set_new(body, f->member, value) == 0 ? DONE : ctl_nomem(c);
	if (f->kind == FLAG_BOOL)
		return ctl_fail(c, USAGE, "--%s: yes or no", f->name);
	if (f->kind == FLAG_SECONDS)
		return ctl_fail(c, USAGE, "--%s: a whole number of seconds", f->name);
	return ctl_fail(c, REFUSED, "--%s: not UTF-8 text", f->name);
}

enum exit_code client_read_options(struct ctl *c, json_t **ret)
{
	AUTO(json) json_t *body = NULL;
	enum exit_code code = DONE;
	if (flag_given(c, "metadata"))
		code = read_object(c, flag_text(c, "metadata"), &body);
	if (code == DONE && !body)
		body = json_object();
	if (code == DONE && !body)
		return ctl_nomem(c);
	for (size_t k = 0; k < c->command->flags_n && code == DONE; k++) {
		const struct flag *f = &c->command->flags[k];
		if (f->member && flag_given(c, f->name))
			code = put_option(c, f, body);
	}
	if (code == DONE)
		*ret = TAKE(body);
	return code;
}

/* ---- answers -------------------------------------------------------------------------------- */

void client_print(const struct ctl *c, const json_t *answer)
{
	(void)c;
	const char *id = json_string_value(json_object_get(answer, "client_id"));
	const char *secret = json_string_value(json_object_get(answer, "client_secret"));
	printf("client_id:      %s\n", id ? id : "?");
	if (!secret)
		return;
	printf("client_secret:  %s\n", secret);
	printf("\nKeep the secret now: only its hash is stored, and it is not shown again.\n");
}
