#include "authd/model/client.h"

#include "authd/model/codec.h"
#include "libauth/base/mem.h"

/* OpenID Connect Core §9, RFC 8414 §2 */
static const char *const auth_names[] = {
        [CLIENT_AUTH_NONE] = "none",
        [CLIENT_AUTH_SECRET_BASIC] = "client_secret_basic",
        [CLIENT_AUTH_SECRET_POST] = "client_secret_post",
        [CLIENT_AUTH_PRIVATE_KEY_JWT] = "private_key_jwt",
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
	 CLIENT_AUTH_PRIVATE_KEY_JWT},
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
