#include "authd/service/client_auth.h"

#include "authd/service/client_assertion.h"
#include "authd/service/clients.h"
#include "keys/seal.h"
#include "libauth/base/encode.h"

#include <openssl/evp.h>

static status refused(struct client_authentication *auth, enum client_auth_outcome outcome,
		      const char *reason)
{
	auth->outcome = outcome;
	auth->reason = reason;
	return ST_OK;
}

/* ---- client_secret_basic -------------------------------------------------------------------- */

/* RFC 6749 §2.3.1: name and secret are form-urlencoded before they are put together. */
static bool decode_part(struct slice s, struct arena *a, struct slice *ret)
{
	uint8_t *out = arena_alloc(a, s.n + 1);
	return out && form_decode(s, out, ret) == ST_OK;
}

/* Standard base64 with padding (RFC 7617 §2); false for anything else. */
static bool base64_decode(struct slice text, struct arena *a, struct slice *ret)
{
	if (!text.n || text.n % 4 || text.n > 4096)
		return false;
	uint8_t *out = arena_alloc(a, text.n / 4 * 3 + 1);
	int n = out ? EVP_DecodeBlock(out, text.p, (int)text.n) : -1;
	size_t padding = (text.p[text.n - 1] == '=') + (text.p[text.n - 2] == '=');
	if (n < 0 || (size_t)n < padding)
		return false;
	*ret = slice_of(out, (size_t)n - padding);
	return true;
}

static bool read_basic(struct slice authorization, struct arena *a, struct slice *ret_id,
		       struct slice *ret_secret)
{
	enum { SCHEME = sizeof "Basic " - 1 };
	struct slice pair;
	if (!base64_decode(slice_from(authorization, SCHEME), a, &pair))
		return false;
	size_t colon = slice_find(pair, ':');
	return colon < pair.n && decode_part(slice_first(pair, colon), a, ret_id) &&
	       decode_part(slice_from(pair, colon + 1), a, ret_secret) && ret_id->n;
}

static bool is_basic(struct slice authorization)
{
	return authorization.n > 6 && !strncasecmp((const char *)authorization.p, "Basic ", 6);
}

/* ---- the methods ---------------------------------------------------------------------------- */

static status check_secret(struct client_authentication *auth, struct slice secret)
{
	uint8_t hash[32];
	TRY(sha256(secret, hash));
	/* 256 random bits need no slow hash; only the comparison must not tell. */
	if (auth->client.secret_hash.n != sizeof hash ||
	    !slice_equal_secret(auth->client.secret_hash, slice_of(hash, sizeof hash)))
		return refused(auth, CLIENT_AUTH_REFUSED, "client authentication failed");
	auth->outcome = CLIENT_AUTH_OK;
	return ST_OK;
}

static status check_assertion(struct issuer *is, struct client_authentication *auth,
			      const struct client_credentials *c, int64_t now, struct arena *a)
{
	struct client_assertion assertion;
	status s = client_assertion_verify(is, &auth->client, c->assertion, c->endpoint, now, a, &assertion);
	if (is_fault(s))
		return s;
	if (s != ST_OK) {
		auth->needs_keys = assertion.is_of_no_key;
		auth->keys = assertion.keys;
		return refused(auth, CLIENT_AUTH_REFUSED, assertion.reason);
	}

	struct slice key = arena_format(a, "%.*s %.*s", SLICE_FMT(auth->client.client_id),
					SLICE_FMT(assertion.jti));
	if (!key.p)
		return ST_NOMEM;
	auth->needs_replay_mark = true;
	auth->replay = (struct cache_command){ .verb = CACHE_ADD,
					       .kind = CACHE_REPLAY,
					       .key = key,
					       .value = SLICE("1"),
					       .expires_in_s = assertion.expires_in_s };
	auth->outcome = CLIENT_AUTH_OK;
	return ST_OK;
}

/* What a request presents, one method and one client_id. */
struct presented {
	enum client_auth method;
	struct slice client_id, secret;
};

static status read_presented(struct client_authentication *auth, const struct client_credentials *c,
			     struct arena *a, struct presented *ret)
{
	struct presented p = { .method = CLIENT_AUTH_NONE, .client_id = c->client_id };
	int methods = 0;
	auth->outcome = CLIENT_AUTH_OK;
	if (!slice_empty(c->authorization)) {
		auth->tried_basic = true;
		methods++;
		p.method = CLIENT_AUTH_SECRET_BASIC;
		if (!is_basic(c->authorization) ||
		    !read_basic(c->authorization, a, &p.client_id, &p.secret))
			return refused(auth, CLIENT_AUTH_REFUSED, "the Authorization header is malformed");
		if (c->client_id.n && !slice_equal(c->client_id, p.client_id))
			return refused(auth, CLIENT_AUTH_MALFORMED, "two different client_id");
	}
	if (!slice_empty(c->client_secret)) {
		methods++;
		p.method = CLIENT_AUTH_SECRET_POST;
		p.secret = c->client_secret;
	}
	if (!slice_empty(c->assertion) || !slice_empty(c->assertion_type)) {
		methods++;
		p.method = CLIENT_AUTH_PRIVATE_KEY_JWT;
		if (!slice_is(c->assertion_type, CLIENT_ASSERTION_TYPE) || slice_empty(c->assertion))
			return refused(auth, CLIENT_AUTH_MALFORMED, "client_assertion_type is not jwt-bearer");
		struct slice named;
		if (client_assertion_peek(c->assertion, a, &named) != ST_OK)
			return refused(auth, CLIENT_AUTH_REFUSED, "the client assertion is malformed");
		if (slice_empty(p.client_id))
			p.client_id = named;
	}
	if (methods > 1)
		return refused(auth, CLIENT_AUTH_SEVERAL, "more than one way of client authentication");
	if (slice_empty(p.client_id))
		return refused(auth, CLIENT_AUTH_REFUSED, "no client authentication");
	*ret = p;
	return ST_OK;
}

status client_auth_begin(struct issuer *is, const struct client_credentials *credentials, int64_t now,
			 struct arena *a, struct client_authentication *auth)
{
	*auth = (struct client_authentication){ 0 };
	struct presented p;
	TRY(read_presented(auth, credentials, a, &p));
	if (auth->outcome != CLIENT_AUTH_OK)
		return ST_OK;

	status s = clients_get(is, p.client_id, a, &auth->client);
	if (is_fault(s))
		return s;
	if (s != ST_OK || auth->client.disabled)
		return refused(auth, CLIENT_AUTH_REFUSED, "client authentication failed");
	if (auth->client.token_endpoint_auth_method != p.method)
		return refused(auth, CLIENT_AUTH_REFUSED,
			       "this is not the token_endpoint_auth_method that the client registered");

	switch (p.method) {
	case CLIENT_AUTH_SECRET_BASIC:
	case CLIENT_AUTH_SECRET_POST: return check_secret(auth, p.secret);
	case CLIENT_AUTH_PRIVATE_KEY_JWT: return check_assertion(is, auth, credentials, now, a);
	case CLIENT_AUTH_NONE: break;
	}
	return ST_OK;
}

status client_auth_end(struct client_authentication *auth)
{
	if (auth->replay.status == ST_EXISTS)
		return refused(auth, CLIENT_AUTH_REFUSED, "the client assertion was used before");
	return auth->replay.status;
}
