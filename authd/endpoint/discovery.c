/*
 * What this issuer serves: OIDC Discovery §3, RFC 8414. Made from the tables that dispatch it, so
 * that it lists exactly what there is.
 */
#include "authd/endpoint/endpoints.h"
#include "authd/endpoint/routes.h"
#include "authd/oauth/authorization.h"
#include "authd/oauth/json_answer.h"
#include "authd/oauth/request_object.h"
#include "authd/oauth/token_request.h"
#include "authd/service/claims.h"
#include "authd/service/client_auth.h"
#include "authd/service/dpop.h"
#include "authd/service/acr_request.h"
#include "authd/service/tokens.h"
#include "keys/jwe.h"

static void write_endpoints(struct request *r, struct json_writer *w)
{
	json_text(w, "issuer", r->issuer->iss);
	for (const struct route *const *route = PUBLIC_ROUTES; *route; route++)
		if ((*route)->metadata && (!(*route)->is_named || (*route)->is_named(r->issuer)))
			json_text(w, (*route)->metadata,
				  arena_format(&r->arena, "%.*s%s", SLICE_FMT(r->issuer->iss), (*route)->path));
}

static void write_grant_types(struct json_writer *w)
{
	json_begin_array(w, "grant_types_supported");
	for (size_t i = 0; GRANT_TYPES[i]; i++)
		json_text(w, NULL, slice_str(GRANT_TYPES[i]->name));
	json_end(w);
}

/* Every way that a client can be registered with; without one at all, none introspects. RFC 8414 §2: each endpoint says
 * how assertions are signed. */
static void write_auth(struct request *r, struct json_writer *w, const char *methods, const char *algorithms,
		       bool public_clients)
{
	json_begin_array(w, methods);
	for (enum client_auth m = CLIENT_AUTH_SECRET_BASIC; m <= CLIENT_AUTH_SELF_SIGNED_TLS; m++)
		if (client_auth_is_served(r->issuer->conf, m))
			json_text(w, NULL, slice_str(client_auth_name(m)));
	if (public_clients)
		json_text(w, NULL, slice_str(client_auth_name(CLIENT_AUTH_NONE)));
	json_end(w);
	json_words(w, algorithms, arena_format(&r->arena, "%s HS256", DPOP_ALGORITHMS));
}

/* What each answer can be signed in: whatever there is a key for. */
static void write_signing(struct request *r, struct json_writer *w)
{
	static const char *const SIGNED[] = { "id_token_signing_alg_values_supported",
					      "userinfo_signing_alg_values_supported",
					      "introspection_signing_alg_values_supported",
					      "authorization_signing_alg_values_supported" };
	for (size_t i = 0; i < COUNT_OF(SIGNED); i++)
		json_words(w, SIGNED[i], slice_str(r->issuer->conf->keys.algorithms));
	json_words(w, "dpop_signing_alg_values_supported", slice_str(DPOP_ALGORITHMS));
	json_words(w, "request_object_signing_alg_values_supported",
		   arena_format(&r->arena, "none %s", DPOP_ALGORITHMS));
}

/* RFC 8705 §3.3, §5 */
static void write_certificates(struct request *r, struct json_writer *w)
{
	const char *url = r->issuer->conf->mtls.url;
	json_bool(w, "tls_client_certificate_bound_access_tokens", url != NULL);
	if (!url || slice_is(r->issuer->iss, url))
		return;
	json_begin_object(w, "mtls_endpoint_aliases");
	for (const struct route *const *route = PUBLIC_ROUTES; *route; route++)
		if ((*route)->has_alias)
			json_text(w, (*route)->metadata,
				  arena_format(&r->arena, "%s%s", url, (*route)->path));
	json_end(w);
}

static void write_encryption(struct json_writer *w)
{
	json_words(w, "id_token_encryption_alg_values_supported", slice_str(JWE_ALGORITHMS));
	json_words(w, "id_token_encryption_enc_values_supported", slice_str(JWE_ENCODINGS));
	json_words(w, "userinfo_encryption_alg_values_supported", slice_str(JWE_ALGORITHMS));
	json_words(w, "userinfo_encryption_enc_values_supported", slice_str(JWE_ENCODINGS));
}

static void write_acr(const struct conf *conf, struct json_writer *w)
{
	struct slice names = conf->levels.names ? slice_str(conf->levels.names) : NO_SLICE, name;
	json_begin_array(w, "acr_values_supported");
	for (int level = LEVEL_MIN; level <= LEVEL_MAX; level++)
		json_text(w, NULL, acr_of_level(level));
	while (slice_next_word(&names, &name))
		json_text(w, NULL, slice_first(name, slice_find(name, '=')));
	json_end(w);
}

/* OpenID Connect Back-Channel Logout §2.1, Front-Channel Logout §3 */
static void write_logout(struct json_writer *w)
{
	json_bool(w, "backchannel_logout_supported", true);
	json_bool(w, "backchannel_logout_session_supported", true);
	json_bool(w, "frontchannel_logout_supported", true);
	json_bool(w, "frontchannel_logout_session_supported", true);
}

static void write_claims(struct json_writer *w)
{
	struct slice rest = slice_str(TOKEN_CLAIMS), name;
	json_begin_array(w, "claims_supported");
	while (slice_next_word(&rest, &name))
		json_text(w, NULL, name);
	claims_write_names(w);
	json_end(w);
}

void discovery_write(struct request *r, struct buf *json)
{
	struct json_writer w = json_writer(json);
	json_begin_object(&w, NULL);
	write_endpoints(r, &w);
	json_words(&w, "scopes_supported", slice_str(SCOPES_SUPPORTED));
	authorization_write_metadata(&w);
	write_grant_types(&w);
	json_words(&w, "subject_types_supported", SLICE("pairwise public"));
	write_acr(r->issuer->conf, &w);
	write_signing(r, &w);
	write_encryption(&w);
	write_certificates(r, &w);
#define AT(endpoint) endpoint "_auth_methods_supported", endpoint "_auth_signing_alg_values_supported"
	write_auth(r, &w, AT("token_endpoint"), true);
	write_auth(r, &w, AT("introspection_endpoint"), false);
	write_auth(r, &w, AT("revocation_endpoint"), true);
#undef AT
	json_words(&w, "display_values_supported", SLICE("page"));
	json_words(&w, "claim_types_supported", SLICE("normal"));
	write_claims(&w);
	if (r->issuer->conf->authorization.details_types) /* RFC 9396 §10 */
		json_words(&w, "authorization_details_types_supported",
			   slice_str(r->issuer->conf->authorization.details_types));
	json_words(&w, "ui_locales_supported", SLICE("zh-CN en"));
	write_logout(&w);
	json_bool(&w, "claims_parameter_supported", true);
	json_bool(&w, "request_parameter_supported", true);
	json_bool(&w, "require_pushed_authorization_requests",
		  slice_is(slice_str(r->issuer->conf->authorization.requests), "pushed"));
	json_bool(&w, "request_uri_parameter_supported", true);
	json_bool(&w, "require_request_uri_registration", true);
	json_bool(&w, "authorization_response_iss_parameter_supported", true);
	json_words(&w, "backchannel_token_delivery_modes_supported", SLICE("poll ping"));
	json_words(&w, "backchannel_authentication_request_signing_alg_values_supported",
		   slice_str(BACKCHANNEL_ALGORITHMS));
	json_bool(&w, "backchannel_user_code_parameter_supported", false);
	json_end(&w);
}

static enum step_result metadata(struct request *r)
{
	struct buf json = { 0 };
	discovery_write(r, &json);
	response_header(r, "Cache-Control", SLICE("public, max-age=300"));
	response_header(r, "Access-Control-Allow-Origin", SLICE("*"));
	return answer_buf(r, 200, &json);
}

static step_fn *const METADATA_STEPS[] = { metadata, NULL };
const struct route OPENID_CONFIGURATION_ROUTE = {
	.path = "/.well-known/openid-configuration",
	.methods = METHOD_GET,
	.steps = METADATA_STEPS,
};
const struct route OAUTH_METADATA_ROUTE = {
	.path = "/.well-known/oauth-authorization-server",
	.methods = METHOD_GET,
	.steps = METADATA_STEPS,
};
