#include "authd/service/client_checks.h"

#include "authd/service/claim_rights.h"
#include "authd/service/client_answers.h"
#include "authd/service/client_certificate.h"
#include "authd/service/deferred.h"
#include "authd/service/foreign_jwt.h"
#include "authd/service/profile.h"
#include "authd/service/redirect_uri.h"
#include "keys/keys.h"

enum {
	NAME_MAX_BYTES = 200,
	WORDS_MAX_BYTES = 1000,
	AUDIENCE_MAX = 500,
};

/* ---- characters ----------------------------------------------------------------------------- */

static bool is_visible(struct slice s, const char *but)
{
	for (size_t k = 0; k < s.n; k++)
		if (s.p[k] <= 0x20 || s.p[k] >= 0x7f || strchr(but, s.p[k]))
			return false;
	return s.n > 0;
}

/* Words for people: on one line, without what a terminal or a log would obey. */
static bool is_text(struct slice s, size_t max)
{
	if (!s.n || s.n > max || !slice_is_utf8(s))
		return false;
	for (size_t k = 0; k < s.n; k++)
		if (s.p[k] < 0x20 || s.p[k] == 0x7f)
			return false;
	return true;
}

static status check_client_id(struct slice s, struct error *e)
{
	bool good = s.n && s.n <= CLIENT_ID_MAX;
	for (size_t k = 0; k < s.n && good; k++) {
		uint8_t c = s.p[k], letter = c | 0x20;
		good = (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') ||
		       (c && strchr("._-", c));
	}
	if (good)
		return ST_OK;
	return error_set(e, ST_INVALID, "client_id: 1 to %d letters, digits and . _ -",
	                 CLIENT_ID_MAX);
}

status client_check_scope(struct slice scope, struct error *e)
{
	struct slice rest = scope, word;
	if (scope.n > WORDS_MAX_BYTES)
		return error_set(e, ST_INVALID, "scope: at most %d bytes", WORDS_MAX_BYTES);
	while (slice_next_word(&rest, &word))
		if (!is_visible(word, "\"\\"))
			return error_set(e, ST_INVALID,
			                 "scope: a word has only visible ASCII "
			                 "characters, without \" and \\");
	return ST_OK;
}

/* ---- members that are one text ---------------------------------------------------------------- */

enum form { FORM_TEXT, FORM_HTTPS, FORM_WEB, FORM_ONE_OF };

#define SIGNING "ES256 ES384 ES512 RS256 RS384 RS512 PS256 PS384 PS512 EdDSA SGD_SM3_SM2"

/* What is absent is good: what must be there is said below. */
static const struct member {
	const char *name;
	size_t offset;
	enum form form;
	size_t max;        /* FORM_TEXT */
	const char *words; /* FORM_ONE_OF */
} MEMBERS[] = {
#define TEXT(name, max) { #name, offsetof(struct client, name), FORM_TEXT, max, NULL }
#define HTTPS(name) { #name, offsetof(struct client, name), FORM_HTTPS, 0, NULL }
#define WEB(name) { #name, offsetof(struct client, name), FORM_WEB, 0, NULL }
#define ONE_OF(name, words) { #name, offsetof(struct client, name), FORM_ONE_OF, 0, words }
	TEXT(client_name, NAME_MAX_BYTES),
	TEXT(client_name_en, NAME_MAX_BYTES),
	TEXT(purpose, WORDS_MAX_BYTES),
	TEXT(software_id, NAME_MAX_BYTES),
	TEXT(software_version, NAME_MAX_BYTES),
	HTTPS(client_uri),
	HTTPS(logo_uri),
	HTTPS(policy_uri),
	HTTPS(tos_uri),
	HTTPS(initiate_login_uri),
	WEB(jwks_uri),
	HTTPS(sector_identifier_uri),
	HTTPS(backchannel_client_notification_endpoint),
	WEB(backchannel_logout_uri),
	WEB(frontchannel_logout_uri),
	ONE_OF(application_type, "web native"),
	ONE_OF(subject_type, "pairwise public"),
	ONE_OF(request_object_signing_alg, SIGNING " none"),
	ONE_OF(backchannel_authentication_request_signing_alg, "ES256 PS256 EdDSA"),
	ONE_OF(token_endpoint_auth_signing_alg, SIGNING " HS256"),
	ONE_OF(backchannel_token_delivery_mode, "poll ping"),
#undef TEXT
#undef HTTPS
#undef WEB
#undef ONE_OF
};

static status check_uri(const struct member *m, struct slice uri, struct error *e)
{
	struct error why = {0};
	if (redirect_uri_check(uri, &why) != ST_OK)
		return error_set(e, ST_INVALID, "%s: %s", m->name, why.message);
	if (m->form == FORM_HTTPS && !slice_starts(uri, SLICE("https://")))
		return error_set(e, ST_INVALID, "%s: it begins with https://", m->name);
	return ST_OK;
}

static status check_member(const struct member *m, struct slice value, struct error *e)
{
	switch (m->form) {
	case FORM_HTTPS:
	case FORM_WEB: return check_uri(m, value, e);
	case FORM_TEXT:
		if (is_text(value, m->max))
			return ST_OK;
		return error_set(e, ST_INVALID, "%s: text of 1 to %zu bytes", m->name, m->max);
	case FORM_ONE_OF:
		/* A word with a space in it would be several. */
		if (is_visible(value, "") && slice_has_word(slice_str(m->words), value))
			return ST_OK;
		return error_set(e, ST_INVALID, "%s: one of %s", m->name, m->words);
	}
	return ST_BUG;
}

static status check_members(const struct client *c, struct error *e)
{
	for (size_t k = 0; k < COUNT_OF(MEMBERS); k++) {
		const struct slice *value = (const void *)((const char *)c + MEMBERS[k].offset);
		if (value->n)
			TRY(check_member(&MEMBERS[k], *value, e));
	}
	if (!c->client_name.n)
		return error_set(e, ST_INVALID, "client_name: text of 1 to %d bytes", NAME_MAX_BYTES);
	return ST_OK;
}

/* ---- lists ---------------------------------------------------------------------------------- */

static status check_redirect_uris(const struct client *c, struct error *e)
{
	bool native = slice_is(c->application_type, "native");
	for (size_t k = 0; k < c->redirect_uris.n; k++) {
		struct error why = {0};
		struct slice uri = c->redirect_uris.items[k];
		if (native && redirect_uri_is_private(uri))
			continue;
		if (redirect_uri_check(uri, &why) != ST_OK)
			return error_set(e, ST_INVALID, "redirect_uris: %s", why.message);
	}
	for (size_t k = 0; k < c->post_logout_redirect_uris.n; k++) {
		struct error why = {0};
		struct slice uri = c->post_logout_redirect_uris.items[k];
		if (native && redirect_uri_is_private(uri))
			continue;
		if (redirect_uri_check(uri, &why) != ST_OK)
			return error_set(e, ST_INVALID, "post_logout_redirect_uris: %s", why.message);
	}
	return ST_OK;
}

/* RFC 8707 §2: an absolute URI without a fragment. */
static status check_audiences(const struct client_list *audiences, struct error *e)
{
	for (size_t k = 0; k < audiences->n; k++) {
		struct slice s = audiences->items[k];
		size_t colon = slice_find(s, ':');
		if (s.n > AUDIENCE_MAX || !is_visible(s, "#\"<>\\") || !colon || colon + 1 >= s.n)
			return error_set(e, ST_INVALID,
			                 "audiences: absolute URIs without fragment, "
			                 "of at most %d bytes",
			                 AUDIENCE_MAX);
	}
	return ST_OK;
}

/* OIDC Core §6.2: a fragment, if any, says which content is meant. */
static status check_request_uris(const struct client_list *uris, struct error *e)
{
	for (size_t k = 0; k < uris->n; k++) {
		struct slice uri = uris->items[k];
		struct error why = {0};
		size_t hash = slice_find(uri, '#');
		if (redirect_uri_check(slice_first(uri, hash), &why) != ST_OK)
			return error_set(e, ST_INVALID, "request_uris: %s", why.message);
		if (hash < uri.n && !is_visible(slice_from(uri, hash + 1), "#\"<>\\"))
			return error_set(e, ST_INVALID, "request_uris: a fragment is a hash");
	}
	return ST_OK;
}

static status check_words(const struct client_list *list, const char *name, struct error *e)
{
	for (size_t k = 0; k < list->n; k++)
		if (list->items[k].n > NAME_MAX_BYTES || !is_visible(list->items[k], "\"<>\\"))
			return error_set(e, ST_INVALID, "%s: words of 1 to %d visible ASCII characters",
			                 name, NAME_MAX_BYTES);
	return ST_OK;
}

static status check_claims(const struct client *c, struct error *e)
{
	struct error why = {0};
	if (claim_rights_check(&c->claims, &why) != ST_OK)
		return error_set(e, ST_INVALID, "claims: %s", why.message);
	return ST_OK;
}

static status check_lists(const struct client *c, struct error *e)
{
	TRY(check_claims(c, e));
	TRY(check_redirect_uris(c, e));
	TRY(check_audiences(&c->audiences, e));
	TRY(check_request_uris(&c->request_uris, e));
	TRY(check_words(&c->contacts, "contacts", e));
	TRY(check_words(&c->default_acr_values, "default_acr_values", e));
	return check_words(&c->authorization_details_types, "authorization_details_types", e);
}

/* ---- members that go together ------------------------------------------------------------------ */

static bool has_grant(const struct client *c, const char *grant)
{
	return client_list_has(&c->grant_types, slice_str(grant));
}

static status check_grants(const struct client *c, struct error *e)
{
	if (has_grant(c, "authorization_code") != (c->redirect_uris.n > 0))
		return error_set(e, ST_INVALID,
		                 "redirect_uris: needed for authorization_code, and "
		                 "for nothing else");
	bool offline = slice_has_word(c->scope, SLICE("offline_access"));
	if (has_grant(c, "refresh_token") != offline)
		return error_set(e, ST_INVALID,
		                 "grant_types: refresh_token goes with the scope offline_access, "
		                 "one is of no use without the other");
	if (offline && !has_grant(c, "authorization_code") && !has_grant(c, GRANT_TYPE_DEVICE_CODE) &&
	    !has_grant(c, GRANT_TYPE_CIBA))
		return error_set(e, ST_INVALID,
		                 "grant_types: refresh_token needs authorization_code, or another "
		                 "grant of a person");
	if (has_grant(c, "client_credentials") && c->token_endpoint_auth_method == CLIENT_AUTH_NONE)
		return error_set(e, ST_INVALID, "grant_types: a public client has no client_credentials");
	return ST_OK;
}

/* CIBA §4. The push mode is not served. */
static status check_ciba(const struct client *c, struct error *e)
{
	bool ping = slice_is(c->backchannel_token_delivery_mode, "ping");
	if (has_grant(c, GRANT_TYPE_CIBA) && c->token_endpoint_auth_method == CLIENT_AUTH_NONE)
		return error_set(e, ST_INVALID, "grant_types: a public client has no back channel");
	if (ping != (c->backchannel_client_notification_endpoint.n > 0))
		return error_set(e, ST_INVALID,
		                 "backchannel_client_notification_endpoint: needed for ping, and for "
		                 "nothing else");
	if (c->backchannel_authentication_request_signing_alg.n && !c->jwks.n && !c->jwks_uri.n)
		return error_set(e, ST_INVALID,
		                 "backchannel_authentication_request_signing_alg: needs jwks or jwks_uri");
	return ST_OK;
}

/* OIDC Registration §2: the response type code goes with the grant type authorization_code. */
static status check_response_types(const struct client *c, struct error *e)
{
	for (size_t k = 0; k < c->response_types.n; k++)
		if (!slice_is(c->response_types.items[k], "code"))
			return error_set(e, ST_INVALID, "response_types: code is the only one here");
	if (c->response_types.n && !has_grant(c, "authorization_code"))
		return error_set(e, ST_INVALID, "response_types: code goes with authorization_code");
	return ST_OK;
}

/* RFC 7517 §9.2: whatever the keys are for, their private halves stay with the client. */
static bool has_secrets(const json_t *jwks)
{
	static const char *const SECRETS[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };
	size_t i;
	const json_t *jwk;
	json_array_foreach(json_object_get(jwks, "keys"), i, jwk)
		for (size_t k = 0; k < COUNT_OF(SECRETS); k++)
			if (json_object_get(jwk, SECRETS[k]))
				return true;
	return false;
}

static status check_secrets(struct slice jwks, struct error *e)
{
	AUTO(json) json_t *set = json_loadb((const char *)jwks.p, jwks.n, 0, NULL);
	return has_secrets(set) ? error_set(e, ST_INVALID, "jwks: a key in it is not public") : ST_OK;
}

/* The secret's HMAC, or one of the keys: what is registered must be what the client can use. */
static status check_assertion_alg(const struct client *c, struct error *e)
{
	struct slice alg = c->token_endpoint_auth_signing_alg;
	bool by_secret = c->token_endpoint_auth_method == CLIENT_AUTH_SECRET_JWT;
	bool by_key = c->token_endpoint_auth_method == CLIENT_AUTH_PRIVATE_KEY_JWT;
	bool hmac = slice_is(alg, "HS256");
	if (!alg.n || (hmac ? !by_key : !by_secret))
		return ST_OK;
	return error_set(e, ST_INVALID, "token_endpoint_auth_signing_alg: not one of %s",
			 client_auth_name(c->token_endpoint_auth_method));
}

static status check_keys(const struct client *c, struct error *e)
{
	bool has_keys = c->jwks.n || c->jwks_uri.n;
	if (c->jwks.n && c->jwks_uri.n)
		return error_set(e, ST_INVALID, "jwks: not together with jwks_uri");
	if (c->jwks.n)
		TRY(check_secrets(c->jwks, e));
	bool by_assertion = c->token_endpoint_auth_method == CLIENT_AUTH_PRIVATE_KEY_JWT;
	if (by_assertion && !has_keys)
		return error_set(e, ST_INVALID, "token_endpoint_auth_method: private_key_jwt needs jwks or jwks_uri");
	if (c->token_endpoint_auth_method == CLIENT_AUTH_SELF_SIGNED_TLS && !has_keys)
		return error_set(e, ST_INVALID, "token_endpoint_auth_method: self_signed_tls_client_auth needs jwks or "
						"jwks_uri");
	/* A set may be there for encryption alone; then client_answers.h looks at it. */
	bool for_signatures = by_assertion || !client_answers_encrypted(c);
	size_t n;
	return c->jwks.n && for_signatures ? jwks_check(c->jwks, &n, e) : ST_OK;
}

/* OIDC Front-Channel Logout §2: where one of the redirect URIs is. */
static status check_front_channel(const struct client *c, struct error *e)
{
	struct slice uri = c->frontchannel_logout_uri;
	bool good = !uri.n;
	for (size_t k = 0; k < c->redirect_uris.n && !good; k++)
		good = redirect_uri_same_origin(uri, c->redirect_uris.items[k]);
	if (good)
		return ST_OK;
	return error_set(e, ST_INVALID,
	                 "frontchannel_logout_uri: scheme, host and port are a redirect URI's");
}

status client_check(const struct client *c, struct error *e)
{
	TRY(check_client_id(c->client_id, e));
	TRY(check_members(c, e));
	TRY(client_check_scope(c->scope, e));
	TRY(check_lists(c, e));
	TRY(check_grants(c, e));
	TRY(check_ciba(c, e));
	TRY(check_response_types(c, e));
	TRY(check_assertion_alg(c, e));
	TRY(check_keys(c, e));
	TRY(profile_check(c, e));
	TRY(client_certificate_check_metadata(c, e));
	return check_front_channel(c, e);
}
