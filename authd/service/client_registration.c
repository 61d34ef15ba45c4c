#include "authd/service/client_registration.h"

#include "authd/service/clients.h"
#include "authd/service/deferred.h"
#include "authd/service/fetch.h"
#include "authd/service/redirect_uri.h"
#include "keys/seal.h"
#include "libauth/base/encode.h"

enum { TOKEN_BYTES = 32 };

/* ---- how many -------------------------------------------------------------------------------- */

static bool count_row(void *context, struct slice key, struct record record)
{
	(void)key, (void)record;
	(*(int64_t *)context)++;
	return true;
}

status client_registration_admit(struct issuer *is)
{
	int64_t n = 0, quota = is->conf->registration.quota;
	TRY(records_scan_index(is->records, INDEX_REGISTERED_CLIENTS, NO_SLICE, NO_SLICE, (size_t)quota,
			       count_row, &n));
	return n < quota ? ST_OK : ST_FORBIDDEN;
}

/* ---- what it may be --------------------------------------------------------------------------- */

/* Without a list of its own: the grants in which a person comes and is asked. Not CIBA: whoever may ask for
 * anybody by name learns who is registered here, and comes to everybody's door. */
static bool grant_may(const struct client *c, struct slice grant)
{
	static const char ASKING[] = "authorization_code refresh_token " GRANT_TYPE_DEVICE_CODE;
	if (c->registration_grant_types.n)
		return client_list_has(&c->registration_grant_types, grant);
	return slice_has_word(slice_str(ASKING), grant);
}

static status check_limits(const struct client *c, struct error *e)
{
	struct slice rest = c->scope, word;
	for (size_t k = 0; k < c->grant_types.n; k++)
		if (!grant_may(c, c->grant_types.items[k]))
			return error_set(e, ST_INVALID, "grant_types: one is not for clients that "
							"register themselves");
	while (slice_next_word(&rest, &word))
		if (!slice_has_word(c->registration_scope, word))
			return error_set(e, ST_INVALID, "scope: one is not for this client; there are: %.*s",
					 SLICE_FMT(slice_first(c->registration_scope, 100)));
	return ST_OK;
}

/* ---- what is filled in ------------------------------------------------------------------------ */

static struct slice without(struct slice words, struct slice word, struct arena *a)
{
	AUTO_BUF struct buf left = { 0 };
	struct slice rest = words, each;
	while (slice_next_word(&rest, &each)) {
		if (slice_equal(each, word))
			continue;
		if (left.n)
			buf_put_byte(&left, ' ');
		buf_put(&left, each);
	}
	return arena_copy(a, buf_slice(&left));
}

/* offline_access and refresh_token go together: where one was not asked for, the other goes. */
static status settle_offline(struct client *c, bool scope_given, struct arena *a)
{
	static const struct slice OFFLINE = SLICE_INIT("offline_access"), REFRESH = SLICE_INIT("refresh_token");
	bool given = c->grant_types.n > 0;
	bool scope = slice_has_word(c->scope, OFFLINE), grant = client_list_has(&c->grant_types, REFRESH);
	if (scope && !grant && (given || !scope_given))
		c->scope = without(c->scope, OFFLINE, a);
	if (!c->scope.p)
		return ST_NOMEM;
	if (scope || !grant)
		return ST_OK;
	struct slice *items = arena_array(a, struct slice, c->grant_types.n);
	size_t n = 0;
	for (size_t k = 0; items && k < c->grant_types.n; k++)
		if (!slice_equal(c->grant_types.items[k], REFRESH))
			items[n++] = c->grant_types.items[k];
	c->grant_types = (struct client_list){ items, n };
	return items ? ST_OK : ST_NOMEM;
}

/* Never anything but the code flow, whatever is left out. */
static status fill_grants(struct client *c, struct arena *a)
{
	struct slice *items = arena_array(a, struct slice, 3);
	if (!items)
		return ST_NOMEM;
	items[0] = SLICE("authorization_code");
	items[1] = SLICE("refresh_token");
	items[2] = SLICE("code");
	bool offline = slice_has_word(c->scope, SLICE("offline_access"));
	if (!c->grant_types.n)
		c->grant_types = (struct client_list){ items, offline ? 2 : 1 };
	if (!c->response_types.n && client_list_has(&c->grant_types, items[0]))
		c->response_types = (struct client_list){ &items[2], 1 };
	return ST_OK;
}

/* OIDC Registration §2, RFC 7591 §2 */
static status fill(struct issuer *is, struct client *c, struct arena *a)
{
	bool scope_given = c->scope.n > 0;
	if (!c->application_type.n)
		c->application_type = SLICE("web");
	if (!c->subject_type.n)
		c->subject_type = SLICE("pairwise");
	if (!scope_given)
		c->scope = c->registration_scope;
	TRY(settle_offline(c, scope_given, a));
	TRY(fill_grants(c, a));
	c->require_pkce = slice_is(slice_str(is->conf->registration.pkce), "required");
	return ST_OK;
}

/* ---- what others say of it ------------------------------------------------------------------------ */

static bool lists(const json_t *array, struct slice uri)
{
	size_t k;
	json_t *item;
	json_array_foreach(array, k, item)
		if (slice_equal(slice_of(json_string_value(item), json_string_length(item)), uri))
			return true;
	return false;
}

/* Whose keys stand there, and who proves to have them, belongs there (CIBA §4). */
static bool proves_place(const struct client *c, const json_t *array)
{
	enum client_auth method = c->token_endpoint_auth_method;
	return (method == CLIENT_AUTH_PRIVATE_KEY_JWT || method == CLIENT_AUTH_SELF_SIGNED_TLS) &&
	       c->jwks_uri.n && lists(array, c->jwks_uri);
}

status client_registration_check_sector(const struct client *c, struct slice document, struct error *e)
{
	AUTO(json) json_t *array = json_loadb((const char *)document.p, document.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_array(array))
		return error_set(e, ST_INVALID, "sector_identifier_uri: there is no JSON array");
	for (size_t k = 0; k < c->redirect_uris.n; k++)
		if (!lists(array, c->redirect_uris.items[k]))
			return error_set(e, ST_INVALID,
					 "sector_identifier_uri: it does not list every redirect URI");
	if (client_could_be_anywhere(c) && !proves_place(c, array))
		return error_set(e, ST_INVALID, "sector_identifier_uri: of a client that needs no redirect URI it "
						"lists the jwks_uri, too, and the client authenticates by a key");
	return ST_OK;
}

/* Addresses that this issuer would have to ask. */
static status check_reach(struct issuer *is, const struct client *c, struct error *e)
{
	const struct {
		const char *name;
		struct slice uri;
	} asked[] = {
		{ "jwks_uri", c->jwks_uri },
		{ "sector_identifier_uri", c->sector_identifier_uri },
		{ "backchannel_logout_uri", c->backchannel_logout_uri },
		{ "backchannel_client_notification_endpoint", c->backchannel_client_notification_endpoint },
	};
	for (size_t k = 0; k < COUNT_OF(asked); k++)
		if (asked[k].uri.n && !fetch_may(is, asked[k].uri))
			return error_set(e, ST_INVALID, "%s: not an address that this issuer asks",
					 asked[k].name);
	for (size_t k = 0; k < c->request_uris.n; k++) {
		struct slice uri = c->request_uris.items[k];
		if (!fetch_may(is, slice_first(uri, slice_find(uri, '#'))))
			return error_set(e, ST_INVALID, "request_uris: not an address that this issuer asks");
	}
	return ST_OK;
}

static status read_members(struct issuer *is, const json_t *metadata, struct arena *a, struct client *c,
			   struct error *e)
{
	TRY(client_metadata_read(metadata, CLIENT_METADATA_BY_ANYBODY | CLIENT_METADATA_BY_ITSELF,
				 JSON_UNKNOWN_IGNORED, a, c, e));
	TRY(fill(is, c, a));
	TRY(check_reach(is, c, e));
	return check_limits(c, e);
}

/* An operator may give it others later. */
static status give_claims(const struct conf *conf, struct arena *a, struct client *c)
{
	if (!conf->registration.claims)
		return ST_OK;
	struct slice *items = arena_array(a, struct slice, 1);
	if (!items)
		return ST_NOMEM;
	items[0] = slice_str(conf->registration.claims);
	c->claims = (struct client_list){ items, 1 };
	return ST_OK;
}

status client_registration_read(struct issuer *is, const json_t *metadata, const struct initial_token *by,
				struct arena *a, struct client *ret, struct error *e)
{
	struct client c = { .registration_scope = slice_str(is->conf->registration.scope) };
	if (by && by->scope.n)
		c.registration_scope = by->scope;
	if (by)
		c.registration_grant_types = by->grant_types;
	TRY(give_claims(is->conf, a, &c));
	TRY(read_members(is, metadata, a, &c, e));
	*ret = c;
	return ST_OK;
}

status client_registration_replace(struct issuer *is, const json_t *metadata, struct arena *a,
				   struct client *c, struct error *e)
{
	struct client fresh = *c;
	bool pkce = c->require_pkce;
	client_metadata_clear(&fresh, CLIENT_METADATA_BY_ANYBODY | CLIENT_METADATA_BY_ITSELF);
	fresh.sector = NO_SLICE;
	TRY(read_members(is, metadata, a, &fresh, e));
	fresh.require_pkce = pkce;
	*c = fresh;
	return ST_OK;
}

/* ---- the registration access token ------------------------------------------------------------- */

status client_registration_token(struct arena *a, struct client *c, struct slice *ret_text)
{
	uint8_t random[TOKEN_BYTES], *hash = arena_alloc(a, 32);
	if (!hash)
		return ST_NOMEM;
	TRY(random_bytes(random, sizeof random));
	struct slice text = arena_base64url(a, slice_of(random, sizeof random));
	secret_wipe(random, sizeof random);
	if (!text.p)
		return ST_NOMEM;
	TRY(sha256(text, hash));
	c->registration_token_hash = slice_of(hash, 32);
	*ret_text = text;
	return ST_OK;
}

status client_registration_open(struct issuer *is, struct slice client_id, struct slice token,
				struct arena *a, struct client *ret, uint64_t *ret_version)
{
	uint8_t hash[32];
	struct client c = { 0 };
	TRY(sha256(token, hash));
	status s = clients_get_version(is, client_id, a, &c, ret_version);
	if (is_fault(s))
		return s;
	bool good = slice_equal_secret(c.registration_token_hash, slice_of(hash, sizeof hash));
	if (s != ST_OK || !good || c.disabled)
		return ST_NOT_FOUND;
	*ret = c;
	return ST_OK;
}
