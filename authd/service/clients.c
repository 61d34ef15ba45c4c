#include "authd/service/clients.h"

#include "authd/model/id.h"
#include "authd/service/deferred.h"
#include "authd/service/marks.h"
#include "authd/service/redirect_uri.h"
#include "keys/seal.h"
#include "libauth/auth.h"

enum {
	CLIENT_ID_MAX = 100,
	NAME_MAX_BYTES = 200,
	SCOPE_MAX = 1000,
	AUDIENCE_MAX = 500,
	SECRET_BYTES = 32,
};

/* ---- reading -------------------------------------------------------------------------------- */

status clients_get_version(struct issuer *is, struct slice client_id, struct arena *a,
                           struct client *ret, uint64_t *ret_version)
{
	if (!client_id.n || client_id.n > CLIENT_ID_MAX)
		return ST_NOT_FOUND;
	struct record record;
	TRY(records_get(is->records, TABLE_CLIENTS, client_id, a, &record));
	TRY(client_decode(record.value, a, ret));
	*ret_version = record.version;
	return ST_OK;
}

status clients_get(struct issuer *is, struct slice client_id, struct arena *a, struct client *ret)
{
	uint64_t version;
	return clients_get_version(is, client_id, a, ret, &version);
}

struct listing {
	struct arena *arena;
	struct client *items;
	size_t n;
	status status;
};

static bool list_row(void *context, struct slice key, struct record record)
{
	struct listing *l = context;
	(void)key;
	struct slice bytes = arena_copy(l->arena, record.value);
	l->status = bytes.p ? client_decode(bytes, l->arena, &l->items[l->n]) : ST_NOMEM;
	l->n += l->status == ST_OK;
	return l->status == ST_OK;
}

status clients_list(struct issuer *is, struct slice after, size_t limit, struct arena *a,
                    struct client **ret, size_t *ret_n)
{
	struct listing l = {.arena = a, .items = arena_array(a, struct client, limit)};
	if (!l.items)
		return ST_NOMEM;
	TRY(records_scan(is->records, TABLE_CLIENTS, NO_SLICE, after, limit, list_row, &l));
	TRY(l.status);
	*ret = l.items;
	*ret_n = l.n;
	return ST_OK;
}

/* ---- checks --------------------------------------------------------------------------------- */

static bool is_visible(struct slice s, const char *but)
{
	for (size_t k = 0; k < s.n; k++)
		if (s.p[k] <= 0x20 || s.p[k] >= 0x7f || strchr(but, s.p[k]))
			return false;
	return s.n > 0;
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

static status check_name(struct slice s, bool needed, const char *what, struct error *e)
{
	if (!s.n && !needed)
		return ST_OK;
	bool good = s.n && s.n <= NAME_MAX_BYTES && slice_is_utf8(s);
	for (size_t k = 0; k < s.n && good; k++)
		good = s.p[k] >= 0x20 && s.p[k] != 0x7f;
	if (good)
		return ST_OK;
	return error_set(e, ST_INVALID, "%s: text of 1 to %d bytes", what, NAME_MAX_BYTES);
}

/* RFC 6749 §3.3 */
static status check_scope(struct slice scope, struct error *e)
{
	struct slice rest = scope, word;
	if (scope.n > SCOPE_MAX)
		return error_set(e, ST_INVALID, "scope: at most %d bytes", SCOPE_MAX);
	while (slice_next_word(&rest, &word))
		if (!is_visible(word, "\"\\"))
			return error_set(e, ST_INVALID,
			                 "scope: a word has only visible ASCII "
			                 "characters, without \" and \\");
	return ST_OK;
}

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
		                 "refresh_token goes with the scope offline_access, "
		                 "one is of no use without the other");
	if (offline && !has_grant(c, "authorization_code") && !has_grant(c, GRANT_TYPE_DEVICE_CODE) &&
	    !has_grant(c, GRANT_TYPE_CIBA))
		return error_set(e, ST_INVALID, "refresh_token: needs authorization_code, or another "
						"grant of a person");
	if (has_grant(c, "client_credentials") && c->token_endpoint_auth_method == CLIENT_AUTH_NONE)
		return error_set(e, ST_INVALID, "client_credentials: a public client has none");
	return ST_OK;
}

static status check_uris(const struct client_list *uris, const char *what, struct error *e)
{
	for (size_t k = 0; k < uris->n; k++) {
		struct error why = {0};
		if (redirect_uri_check(uris->items[k], &why) != ST_OK)
			return error_set(e, ST_INVALID, "%s: %s", what, why.message);
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

/* Read by whom its assertions will be verified: libauth refuses private members, weak keys, ... */
static status check_jwks(struct slice jwks, struct error *e)
{
	struct auth_keyset *keys = NULL;
	struct auth_error why = { { 0 } };
	enum auth_status s = auth_keyset_from_json(jwks.p, jwks.n, &keys, &why);
	auth_keyset_free(keys);
	if (s == AUTH_NOMEM)
		return ST_NOMEM;
	return s == AUTH_OK ? ST_OK : error_set(e, ST_INVALID, "jwks: %s", why.message);
}

static status check_method(const struct client *c, struct error *e)
{
	bool by_key = c->token_endpoint_auth_method == CLIENT_AUTH_PRIVATE_KEY_JWT;
	if (by_key != (c->jwks.n > 0))
		return error_set(e, ST_INVALID,
		                 "jwks: needed for private_key_jwt, and for nothing "
		                 "else");
	if (by_key)
		TRY(check_jwks(c->jwks, e));
	enum key_algorithm a;
	if (key_algorithm_parse(c->id_token_signed_response_alg, &a) != ST_OK)
		return error_set(e, ST_INVALID,
		                 "id_token_signed_response_alg: RS256, ES256, EdDSA or PS256");
	return ST_OK;
}

static status check(const struct client *c, struct error *e)
{
	TRY(check_client_id(c->client_id, e));
	TRY(check_name(c->client_name, true, "client_name", e));
	TRY(check_name(c->client_name_en, false, "client_name_en", e));
	TRY(check_scope(c->scope, e));
	TRY(check_uris(&c->redirect_uris, "redirect_uris", e));
	TRY(check_uris(&c->post_logout_redirect_uris, "post_logout_redirect_uris", e));
	TRY(check_grants(c, e));
	TRY(check_audiences(&c->audiences, e));
	return check_method(c, e);
}

/* ---- what is filled in ---------------------------------------------------------------------- */

static status fill_client_id(struct arena *a, struct client *c)
{
	if (c->client_id.n)
		return ST_OK;
	struct id id;
	TRY(random_bytes(id.bytes, sizeof id.bytes));
	c->client_id = id_text(a, id);
	return c->client_id.p ? ST_OK : ST_NOMEM;
}

static status fill_grants(struct arena *a, struct client *c)
{
	if (!c->scope.n)
		c->scope = c->redirect_uris.n ? SLICE("openid") : SLICE("");
	if (c->grant_types.n)
		return ST_OK;
	struct slice *items = arena_array(a, struct slice, 2);
	if (!items)
		return ST_NOMEM;
	size_t n = 0;
	items[n++] = c->redirect_uris.n ? SLICE("authorization_code") : SLICE("client_credentials");
	if (slice_has_word(c->scope, SLICE("offline_access")))
		items[n++] = SLICE("refresh_token");
	c->grant_types = (struct client_list){items, n};
	return ST_OK;
}

/* OIDC Core §8.1: several hosts need a sector of their own; a client without any is its own one. */
static status fill_sector(struct client *c, struct error *e)
{
	if (c->sector.n)
		return sector_check(c->sector, e);
	c->sector = c->client_id;
	for (size_t k = 0; k < c->redirect_uris.n; k++) {
		struct slice host = redirect_uri_host(c->redirect_uris.items[k]);
		if (k && !slice_equal(host, c->sector))
			return error_set(e, ST_INVALID,
			                 "sector: redirect URIs on several hosts "
			                 "need one");
		c->sector = host;
	}
	return ST_OK;
}

static status fill_secret(struct arena *a, struct client *c, struct slice *ret_secret)
{
	if (c->token_endpoint_auth_method != CLIENT_AUTH_SECRET_BASIC &&
	    c->token_endpoint_auth_method != CLIENT_AUTH_SECRET_POST) {
		*ret_secret = NO_SLICE;
		return ST_OK;
	}
	struct secret random;
	TRY(random_bytes(random.bytes, SECRET_BYTES));
	struct slice text = arena_base64url(a, secret_slice(&random));
	secret_done(&random);
	uint8_t *hash = arena_alloc(a, 32);
	if (!text.p || !hash)
		return ST_NOMEM;
	/* 256 random bits need no slow hash: there is nothing to guess. */
	TRY(sha256(text, hash));
	c->secret_hash = slice_of(hash, 32);
	*ret_secret = text;
	return ST_OK;
}

static void fill_policy(struct client *c)
{
	if (!c->token_endpoint_auth_method)
		c->token_endpoint_auth_method = CLIENT_AUTH_SECRET_BASIC;
	if (!c->id_token_signed_response_alg.n)
		c->id_token_signed_response_alg = SLICE("RS256");
	if (c->token_endpoint_auth_method == CLIENT_AUTH_NONE)
		c->require_pkce = c->rotate_refresh = true;
}

/* ---- writing -------------------------------------------------------------------------------- */

static status put(struct batch *b, const struct client *c, uint64_t expected)
{
	AUTO_BUF struct buf out = {0};
	TRY(client_encode(c, &out));
	batch_put(b, TABLE_CLIENTS, c->client_id, expected, buf_slice(&out));
	return ST_OK;
}

status clients_register(struct issuer *is, struct batch *b, struct arena *a, int64_t now,
                        struct client *c, struct slice *ret_secret, struct error *e)
{
	struct client client = *c;
	struct slice secret;
	bool taken;
	fill_policy(&client);
	TRY(fill_client_id(a, &client));
	TRY(fill_grants(a, &client));
	TRY(check(&client, e));
	TRY(fill_sector(&client, e));
	TRY(records_has(is->records, TABLE_CLIENTS, client.client_id, &taken));
	if (taken)
		return error_set(e, ST_EXISTS, "client_id: taken");
	TRY(fill_secret(a, &client, &secret));
	client.created_at = client.updated_at = now;
	TRY(put(b, &client, VERSION_NONE));
	*c = client;
	*ret_secret = secret;
	return ST_OK;
}

status clients_set_disabled(struct issuer *is, struct batch *b, struct arena *a, int64_t now,
                            struct slice client_id, bool disabled)
{
	struct client c;
	uint64_t version;
	TRY(clients_get_version(is, client_id, a, &c, &version));
	c.disabled = disabled;
	c.updated_at = now;
	if (disabled)
		mark_put_client(is, b, client_id, now * 1000000);
	return put(b, &c, version);
}
