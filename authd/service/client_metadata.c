#include "authd/service/client_metadata.h"

#define AT(member, type) { #member, type, offsetof(struct client, member) }
#define BY_ANYBODY CLIENT_METADATA_BY_ANYBODY
#define BY_OPERATOR CLIENT_METADATA_BY_OPERATOR
#define BY_ITSELF CLIENT_METADATA_BY_ITSELF
#define BY_NOBODY CLIENT_METADATA_BY_NOBODY

static const struct {
	struct json_field field;
	enum client_metadata_by by;
} MEMBERS[] = {
	{ AT(client_id, FIELD_TEXT), BY_OPERATOR },
	{ AT(client_name, FIELD_TEXT), BY_ANYBODY },
	{ AT(client_name_en, FIELD_TEXT), BY_ANYBODY },
	{ AT(redirect_uris, FIELD_LIST), BY_ANYBODY },
	{ AT(post_logout_redirect_uris, FIELD_LIST), BY_ANYBODY },
	{ AT(grant_types, FIELD_LIST), BY_ANYBODY },
	{ AT(response_types, FIELD_LIST), BY_ANYBODY },
	{ AT(scope, FIELD_TEXT), BY_ANYBODY },
	{ AT(audiences, FIELD_LIST), BY_OPERATOR },
	{ AT(sector, FIELD_TEXT), BY_OPERATOR },
	{ AT(id_token_signed_response_alg, FIELD_TEXT), BY_ANYBODY },
	{ AT(jwks, FIELD_OBJECT), BY_ANYBODY },
	{ AT(require_pkce, FIELD_BOOL), BY_OPERATOR },
	{ AT(state_owned, FIELD_BOOL), BY_OPERATOR },
	{ AT(rotate_refresh, FIELD_BOOL), BY_OPERATOR },
	{ AT(legal_persons, FIELD_BOOL), BY_OPERATOR },
	{ AT(introspect_any, FIELD_BOOL), BY_OPERATOR },
	{ AT(disabled, FIELD_BOOL), BY_NOBODY },
	{ AT(client_uri, FIELD_TEXT), BY_ANYBODY },
	{ AT(logo_uri, FIELD_TEXT), BY_ANYBODY },
	{ AT(policy_uri, FIELD_TEXT), BY_ANYBODY },
	{ AT(tos_uri, FIELD_TEXT), BY_ANYBODY },
	{ AT(purpose, FIELD_TEXT), BY_OPERATOR },
	{ AT(claims, FIELD_LIST), BY_OPERATOR },
	{ AT(contacts, FIELD_LIST), BY_ANYBODY },
	{ AT(initiate_login_uri, FIELD_TEXT), BY_ANYBODY },
	{ AT(jwks_uri, FIELD_TEXT), BY_ANYBODY },
	{ AT(token_endpoint_auth_signing_alg, FIELD_TEXT), BY_ANYBODY },
	{ AT(id_token_encrypted_response_alg, FIELD_TEXT), BY_ANYBODY },
	{ AT(id_token_encrypted_response_enc, FIELD_TEXT), BY_ANYBODY },
	{ AT(userinfo_signed_response_alg, FIELD_TEXT), BY_ANYBODY },
	{ AT(userinfo_encrypted_response_alg, FIELD_TEXT), BY_ANYBODY },
	{ AT(userinfo_encrypted_response_enc, FIELD_TEXT), BY_ANYBODY },
	{ AT(introspection_signed_response_alg, FIELD_TEXT), BY_ANYBODY },
	{ AT(authorization_signed_response_alg, FIELD_TEXT), BY_ANYBODY },
	{ AT(request_object_signing_alg, FIELD_TEXT), BY_ANYBODY },
	{ AT(backchannel_authentication_request_signing_alg, FIELD_TEXT), BY_ANYBODY },
	{ AT(tls_client_auth_subject_dn, FIELD_TEXT), BY_ANYBODY },
	{ AT(tls_client_auth_san_dns, FIELD_TEXT), BY_ANYBODY },
	{ AT(tls_client_auth_san_uri, FIELD_TEXT), BY_ANYBODY },
	{ AT(tls_client_auth_san_ip, FIELD_TEXT), BY_ANYBODY },
	{ AT(tls_client_auth_san_email, FIELD_TEXT), BY_ANYBODY },
	{ AT(application_type, FIELD_TEXT), BY_ANYBODY },
	{ AT(subject_type, FIELD_TEXT), BY_ANYBODY },
	{ AT(sector_identifier_uri, FIELD_TEXT), BY_ANYBODY },
	{ AT(profile, FIELD_TEXT), BY_OPERATOR },
	{ AT(request_uris, FIELD_LIST), BY_ANYBODY },
	{ AT(default_acr_values, FIELD_LIST), BY_ANYBODY },
	{ AT(authorization_details_types, FIELD_LIST), BY_OPERATOR },
	{ AT(default_max_age, FIELD_SECONDS), BY_ANYBODY },
	{ AT(require_auth_time, FIELD_BOOL), BY_ANYBODY },
	{ AT(require_signed_request_object, FIELD_BOOL), BY_ANYBODY },
	{ AT(require_pushed_authorization_requests, FIELD_BOOL), BY_ANYBODY },
	{ AT(dpop_bound_access_tokens, FIELD_BOOL), BY_ANYBODY },
	{ AT(tls_client_certificate_bound_access_tokens, FIELD_BOOL), BY_ANYBODY },
	{ AT(backchannel_logout_uri, FIELD_TEXT), BY_ANYBODY },
	{ AT(frontchannel_logout_uri, FIELD_TEXT), BY_ANYBODY },
	{ AT(backchannel_logout_session_required, FIELD_BOOL), BY_ANYBODY },
	{ AT(frontchannel_logout_session_required, FIELD_BOOL), BY_ANYBODY },
	{ AT(backchannel_token_delivery_mode, FIELD_TEXT), BY_ANYBODY },
	{ AT(backchannel_client_notification_endpoint, FIELD_TEXT), BY_ANYBODY },
	{ AT(software_id, FIELD_TEXT), BY_ANYBODY },
	{ AT(software_version, FIELD_TEXT), BY_ANYBODY },
	{ AT(software_statement, FIELD_TEXT), BY_ITSELF },
	{ AT(registration_scope, FIELD_TEXT), BY_NOBODY },
	{ AT(registration_grant_types, FIELD_LIST), BY_NOBODY },
};

/* The one member that is no text in struct client. */
static const char METHOD[] = "token_endpoint_auth_method";

static status read_method(const json_t *object, struct client *c, struct error *e)
{
	const json_t *value = json_object_get(object, METHOD);
	if (!value)
		return ST_OK;
	if (!json_is_string(value))
		return error_set(e, ST_INVALID, "%s: not a string", METHOD);
	struct slice name = slice_of(json_string_value(value), json_string_length(value));
	if (client_auth_parse(name, &c->token_endpoint_auth_method) != ST_OK)
		return error_set(e, ST_INVALID, "%s: not one known here", METHOD);
	return ST_OK;
}

status client_metadata_read(const json_t *object, unsigned by, enum json_unknown unknown,
			    struct arena *a, struct client *c, struct error *e)
{
	struct json_field fields[COUNT_OF(MEMBERS)];
	size_t n = 0;
	for (size_t i = 0; i < COUNT_OF(MEMBERS); i++)
		if (MEMBERS[i].by & by)
			fields[n++] = MEMBERS[i].field;
	struct client read = *c;
	AUTO(json) json_t *rest = json_copy((json_t *)object);
	if (!rest)
		return ST_NOMEM;
	json_object_del(rest, METHOD);
	TRY(read_method(object, &read, e));
	TRY(json_fields_read(rest, fields, n, unknown, a, &read, e));
	*c = read;
	return ST_OK;
}

void client_metadata_clear(struct client *c, unsigned by)
{
	for (size_t i = 0; i < COUNT_OF(MEMBERS); i++)
		if (MEMBERS[i].by & by)
			json_field_clear(&MEMBERS[i].field, c);
	if (by & BY_ANYBODY)
		c->token_endpoint_auth_method = 0;
}

/* What is absent is left out; false and an empty list are said, as far as they concern everybody. */
static status write_member(json_t *object, const struct json_field *field, const struct client *c)
{
	json_t *value = json_field_write(field, c);
	if (json_is_null(value)) {
		json_decref(value);
		return ST_OK;
	}
	return json_object_set_new(object, field->name, value) == 0 ? ST_OK : ST_NOMEM;
}

json_t *client_metadata_json(const struct client *c, unsigned by)
{
	const char *method = client_auth_name(c->token_endpoint_auth_method);
	AUTO(json) json_t *object = json_pack("{s:o, s:s}", "client_id", json_of_text(c->client_id), METHOD,
					      method);
	for (size_t i = 0; i < COUNT_OF(MEMBERS) && object; i++)
		if ((MEMBERS[i].by & by) && write_member(object, &MEMBERS[i].field, c) != ST_OK)
			return NULL;
	return TAKE(object);
}
