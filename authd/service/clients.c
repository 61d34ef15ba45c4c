#include "authd/service/claim_rights.h"
#include "authd/service/clients.h"

#include "authd/model/id.h"
#include "authd/service/client_answers.h"
#include "authd/service/client_auth.h"
#include "authd/service/client_checks.h"
#include "authd/service/client_secret_jwt.h"
#include "authd/service/deferred.h"
#include "authd/service/marks.h"
#include "authd/service/redirect_uri.h"
#include "keys/seal.h"

enum {
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

status clients_list(struct issuer *is, struct slice after, size_t limit, struct arena *a,
		    struct client **ret, size_t *ret_n)
{
	struct record_row *rows;
	size_t n;
	TRY(records_rows(is->records, TABLE_CLIENTS, NO_SLICE, after, limit, a, &rows, &n));
	struct client *items = arena_array(a, struct client, n);
	if (!items)
		return ST_NOMEM;
	for (size_t k = 0; k < n; k++)
		TRY(client_decode(rows[k].record.value, a, &items[k]));
	*ret = items;
	*ret_n = n;
	return ST_OK;
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

/* One that registers itself may leave its name out: people then see where it is. */
static void fill_name(struct client *c)
{
	if (c->client_name.n || !c->registration_token_hash.n)
		return;
	c->client_name = c->client_id;
	if (c->redirect_uris.n && redirect_uri_host(c->redirect_uris.items[0]).n)
		c->client_name = redirect_uri_host(c->redirect_uris.items[0]);
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

bool client_could_be_anywhere(const struct client *c)
{
	return client_list_has(&c->grant_types, SLICE(GRANT_TYPE_DEVICE_CODE)) ||
	       client_list_has(&c->grant_types, SLICE(GRANT_TYPE_CIBA));
}

/* Every program on a device has these: they are no place that clients share. */
static bool is_device(struct slice host)
{
	return slice_is(host, "127.0.0.1") || slice_is(host, "[::1]") || slice_is(host, "localhost");
}

/* OIDC Core §8.1: several hosts need a sector of their own; a client without any is its own one. */
static status fill_sector(struct client *c, struct error *e)
{
	bool found = false;
	if (c->sector.n && !slice_equal(c->sector, c->client_id))
		return sector_check(c->sector, e);
	c->sector = c->client_id;
	if (c->sector_identifier_uri.n) {
		c->sector = redirect_uri_host(c->sector_identifier_uri);
		return ST_OK;
	}
	if (c->registration_token_hash.n && client_could_be_anywhere(c))
		return ST_OK;
	for (size_t k = 0; k < c->redirect_uris.n; k++) {
		struct slice host = redirect_uri_host(c->redirect_uris.items[k]);
		if (!host.p || is_device(host)) /* or a scheme of its own */
			continue;
		if (found && !slice_equal(host, c->sector))
			return error_set(e, ST_INVALID,
			                 "sector: redirect URIs on several hosts "
			                 "need one");
		c->sector = host;
		found = true;
	}
	return ST_OK;
}

static bool lacks_secret(const struct client *c)
{
	switch (c->token_endpoint_auth_method) {
	case CLIENT_AUTH_SECRET_BASIC:
	case CLIENT_AUTH_SECRET_POST: return !c->secret_hash.n;
	case CLIENT_AUTH_SECRET_JWT: return !c->secret_sealed.n;
	default: return false;
	}
}

static status fill_secret(struct issuer *is, struct arena *a, struct client *c, struct slice *ret_secret)
{
	*ret_secret = NO_SLICE;
	if (c->token_endpoint_auth_method != CLIENT_AUTH_SECRET_JWT)
		c->secret_sealed = NO_SLICE;
	if (!lacks_secret(c))
		return ST_OK;
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
	/* An HMAC can only be checked by who has its key. */
	if (c->token_endpoint_auth_method == CLIENT_AUTH_SECRET_JWT)
		TRY(client_secret_seal(is, c->client_id, text, a, &c->secret_sealed));
	*ret_secret = text;
	return ST_OK;
}

static void fill_policy(struct client *c)
{
	if (!c->token_endpoint_auth_method)
		c->token_endpoint_auth_method = CLIENT_AUTH_SECRET_BASIC;
	if (!c->id_token_signed_response_alg.n)
		c->id_token_signed_response_alg = SLICE("RS256");
	client_answers_fill(c);
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

/* What is absent is filled in, and all of it is checked. */
static status settle(struct issuer *is, struct arena *a, struct client *c, struct error *e)
{
	fill_policy(c);
	if (!client_auth_is_served(is->conf, c->token_endpoint_auth_method))
		return error_set(e, ST_INVALID, "token_endpoint_auth_method: needs certificates, and this issuer "
						"asks for none (mtls.url, mtls.client_ca)");
	TRY(fill_client_id(a, c));
	TRY(fill_grants(a, c));
	fill_name(c);
	TRY(client_check(c, e));
	TRY(client_answers_check(is->conf, c, e));
	claim_rights_read(c);
	return fill_sector(c, e);
}

status clients_register(struct issuer *is, struct batch *b, struct arena *a, int64_t now,
                        struct client *c, struct slice *ret_secret, struct error *e)
{
	struct client client = *c;
	struct slice secret;
	bool taken;
	TRY(settle(is, a, &client, e));
	TRY(records_has(is->records, TABLE_CLIENTS, client.client_id, &taken));
	if (taken)
		return error_set(e, ST_EXISTS, "client_id: taken");
	TRY(fill_secret(is, a, &client, &secret));
	client.created_at = client.updated_at = now;
	TRY(put(b, &client, VERSION_NONE));
	if (client.registration_token_hash.n)
		batch_link(b, INDEX_REGISTERED_CLIENTS, client.client_id, client.client_id);
	*c = client;
	*ret_secret = secret;
	return ST_OK;
}

status clients_update(struct issuer *is, struct batch *b, struct arena *a, int64_t now, struct client *c,
                      uint64_t version, struct slice *ret_secret, struct error *e)
{
	struct client client = *c;
	struct slice secret;
	TRY(settle(is, a, &client, e));
	TRY(fill_secret(is, a, &client, &secret));
	client.updated_at = now;
	TRY(put(b, &client, version));
	*c = client;
	*ret_secret = secret;
	return ST_OK;
}

void clients_remove(struct issuer *is, struct batch *b, struct slice client_id, uint64_t version,
                      int64_t now)
{
	mark_put_client(is, b, client_id, now * 1000000);
	batch_delete(b, TABLE_CLIENTS, client_id, version);
	batch_unlink(b, INDEX_REGISTERED_CLIENTS, client_id);
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

status clients_renew(struct issuer *is, struct batch *b, struct slice client_id, struct arena *a,
                     bool *ret_written)
{
	struct client c;
	uint64_t version;
	TRY(clients_get_version(is, client_id, a, &c, &version));
	TRY(client_secret_renew(is, &c, a, &c.secret_sealed, ret_written));
	return *ret_written ? put(b, &c, version) : ST_OK;
}
