#include "authd/model/client.h"

#include "authd/model/codec.h"
#include "libauth/base/mem.h"

/* OpenID Connect Core §9, RFC 8414 §2, RFC 8705 §2 */
static const char *const auth_names[] = {
        [CLIENT_AUTH_NONE] = "none",
        [CLIENT_AUTH_SECRET_BASIC] = "client_secret_basic",
        [CLIENT_AUTH_SECRET_POST] = "client_secret_post",
        [CLIENT_AUTH_PRIVATE_KEY_JWT] = "private_key_jwt",
        [CLIENT_AUTH_SECRET_JWT] = "client_secret_jwt",
        [CLIENT_AUTH_TLS] = "tls_client_auth",
        [CLIENT_AUTH_SELF_SIGNED_TLS] = "self_signed_tls_client_auth",
};

const char *client_auth_name(enum client_auth m)
{
	const char *name = m < COUNT_OF(auth_names) ? auth_names[m] : NULL;
	return name ? name : "unknown";
}

status client_auth_parse(struct slice name, enum client_auth *ret)
{
	for (size_t m = CLIENT_AUTH_NONE; m < COUNT_OF(auth_names); m++) {
		if (slice_is(name, auth_names[m])) {
			*ret = (enum client_auth)m;
			return ST_OK;
		}
	}
	return ST_INVALID;
}

bool client_list_has(const struct client_list *l, struct slice value)
{
	for (size_t i = 0; i < l->n; i++)
		if (slice_equal(l->items[i], value))
			return true;
	return false;
}

#define AT(member) offsetof(struct client, member)

static const struct codec_field fields[] = {
	{1, CODEC_SLICE, AT(client_id)},
	{2, CODEC_SLICE, AT(client_name)},
	{3, CODEC_SLICE, AT(client_name_en)},
	{4, CODEC_ENUM, AT(token_endpoint_auth_method), CLIENT_AUTH_NONE,
	 CLIENT_AUTH_SELF_SIGNED_TLS},
	{5, CODEC_SLICE, AT(secret_hash)},
	{6, CODEC_SLICE, AT(jwks)},
	{7, CODEC_LIST, AT(redirect_uris)},
	{8, CODEC_LIST, AT(post_logout_redirect_uris)},
	{9, CODEC_LIST, AT(grant_types)},
	{10, CODEC_SLICE, AT(scope)},
	{11, CODEC_LIST, AT(audiences)},
	{12, CODEC_SLICE, AT(sector)},
	{13, CODEC_SLICE, AT(id_token_signed_response_alg)},
	{14, CODEC_BOOL, AT(require_pkce)},
	{15, CODEC_BOOL, AT(state_owned)},
	{16, CODEC_BOOL, AT(rotate_refresh)},
	{17, CODEC_BOOL, AT(legal_persons)},
	{18, CODEC_BOOL, AT(introspect_any)},
	{19, CODEC_BOOL, AT(disabled)},
	{20, CODEC_INT64, AT(created_at)},
	{21, CODEC_INT64, AT(updated_at)},
	{22, CODEC_SLICE, AT(client_uri)},
	{23, CODEC_SLICE, AT(logo_uri)},
	{24, CODEC_SLICE, AT(policy_uri)},
	{25, CODEC_SLICE, AT(tos_uri)},
	{26, CODEC_SLICE, AT(purpose)},
	{27, CODEC_LIST, AT(contacts)},
	{28, CODEC_SLICE, AT(initiate_login_uri)},
	{29, CODEC_SLICE, AT(jwks_uri)},
	{30, CODEC_SLICE, AT(token_endpoint_auth_signing_alg)},
	{31, CODEC_SLICE, AT(id_token_encrypted_response_alg)},
	{32, CODEC_SLICE, AT(id_token_encrypted_response_enc)},
	{33, CODEC_SLICE, AT(userinfo_signed_response_alg)},
	{34, CODEC_SLICE, AT(userinfo_encrypted_response_alg)},
	{35, CODEC_SLICE, AT(userinfo_encrypted_response_enc)},
	{36, CODEC_SLICE, AT(introspection_signed_response_alg)},
	{37, CODEC_SLICE, AT(authorization_signed_response_alg)},
	{38, CODEC_SLICE, AT(request_object_signing_alg)},
	{39, CODEC_SLICE, AT(backchannel_authentication_request_signing_alg)},
	{40, CODEC_SLICE, AT(secret_sealed)},
	{41, CODEC_SLICE, AT(tls_client_auth_subject_dn)},
	{42, CODEC_SLICE, AT(tls_client_auth_san_dns)},
	{43, CODEC_SLICE, AT(tls_client_auth_san_uri)},
	{44, CODEC_SLICE, AT(tls_client_auth_san_ip)},
	{45, CODEC_SLICE, AT(tls_client_auth_san_email)},
	{46, CODEC_SLICE, AT(application_type)},
	{47, CODEC_SLICE, AT(subject_type)},
	{48, CODEC_SLICE, AT(sector_identifier_uri)},
	{49, CODEC_SLICE, AT(profile)},
	{50, CODEC_LIST, AT(response_types)},
	{51, CODEC_LIST, AT(request_uris)},
	{52, CODEC_LIST, AT(default_acr_values)},
	{53, CODEC_LIST, AT(authorization_details_types)},
	{54, CODEC_INT64, AT(default_max_age)},
	{55, CODEC_BOOL, AT(require_auth_time)},
	{56, CODEC_BOOL, AT(require_signed_request_object)},
	{57, CODEC_BOOL, AT(require_pushed_authorization_requests)},
	{58, CODEC_BOOL, AT(dpop_bound_access_tokens)},
	{59, CODEC_BOOL, AT(tls_client_certificate_bound_access_tokens)},
	{60, CODEC_SLICE, AT(backchannel_logout_uri)},
	{61, CODEC_SLICE, AT(frontchannel_logout_uri)},
	{62, CODEC_BOOL, AT(backchannel_logout_session_required)},
	{63, CODEC_BOOL, AT(frontchannel_logout_session_required)},
	{64, CODEC_SLICE, AT(backchannel_token_delivery_mode)},
	{65, CODEC_SLICE, AT(backchannel_client_notification_endpoint)},
	{66, CODEC_SLICE, AT(software_id)},
	{67, CODEC_SLICE, AT(software_version)},
	{68, CODEC_SLICE, AT(registration_token_hash)},
	{69, CODEC_SLICE, AT(software_statement)},
	{70, CODEC_SLICE, AT(registration_scope)},
	{71, CODEC_LIST, AT(registration_grant_types)},
	{72, CODEC_LIST, AT(claims)},
	{73, CODEC_UINT64, AT(claims_by_duty)},
	{74, CODEC_UINT64, AT(claims_by_consent)},
};
static const struct codec CLIENT = CODEC(struct client, fields);

status client_encode(const struct client *c, struct buf *out)
{
	return codec_encode(&CLIENT, c, out);
}

status client_decode(struct slice bytes, struct arena *a, struct client *ret)
{
	return codec_decode(&CLIENT, bytes, a, ret);
}
