#include "authd/service/client_auth.h"

#include "authd/service/client_certificate.h"
#include "authd/service/client_secret_jwt.h"
#include "authd/service/clients.h"
#include "authd/service/foreign_jwt.h"
#include "authd/service/profile.h"
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

/* What a request presents, one way and one client_id. */
enum way { BY_NOTHING, BY_BASIC, BY_POST, BY_ASSERTION };
struct presented {
	enum way way;
	struct slice client_id, secret;
	struct slice assertion, certificate;
	const char *endpoint;
};

typedef status check_fn(struct issuer *is, struct client_authentication *auth, const struct presented *p,
			int64_t now, struct arena *a);

static status check_nothing(struct issuer *is, struct client_authentication *auth, const struct presented *p,
			    int64_t now, struct arena *a)
{
	(void)is, (void)auth, (void)p, (void)now, (void)a;
	return ST_OK;
}

static status check_secret(struct issuer *is, struct client_authentication *auth, const struct presented *p,
			   int64_t now, struct arena *a)
{
	(void)is, (void)now, (void)a;
	uint8_t hash[32];
	TRY(sha256(p->secret, hash));
	/* 256 random bits need no slow hash; only the comparison must not tell. */
	if (auth->client.secret_hash.n != sizeof hash ||
	    !slice_equal_secret(auth->client.secret_hash, slice_of(hash, sizeof hash)))
		return refused(auth, CLIENT_AUTH_REFUSED, "client authentication failed");
	return ST_OK;
}

/* RFC 7523 §3, item 7: an assertion counts once. */
static status take_assertion(struct client_authentication *auth, status s,
			     const struct client_assertion *assertion, struct arena *a)
{
	if (is_fault(s))
		return s;
	if (s != ST_OK) {
		auth->needs_keys = assertion->is_of_no_key;
		auth->keys = assertion->keys;
		return refused(auth, CLIENT_AUTH_REFUSED, assertion->reason);
	}
	auth->needs_replay_mark = true;
	return replay_mark("assertion", auth->client.client_id, assertion->jti, assertion->expires_in_s, a,
			   &auth->replay);
}

static status check_key_assertion(struct issuer *is, struct client_authentication *auth,
				  const struct presented *p, int64_t now, struct arena *a)
{
	struct client_assertion assertion = { 0 };
	status s = client_assertion_verify(is, &auth->client, p->assertion, p->endpoint, now, a, &assertion);
	return take_assertion(auth, s, &assertion, a);
}

static status check_secret_assertion(struct issuer *is, struct client_authentication *auth,
				     const struct presented *p, int64_t now, struct arena *a)
{
	struct client_assertion assertion = { 0 };
	status s = client_secret_jwt_verify(is, &auth->client, p->assertion, p->endpoint, now, a, &assertion);
	return take_assertion(auth, s, &assertion, a);
}

static status take_certificate(struct client_authentication *auth, status s, const char *reason)
{
	return s == ST_INVALID ? refused(auth, CLIENT_AUTH_REFUSED, reason) : s;
}

static status check_certified(struct issuer *is, struct client_authentication *auth,
			      const struct presented *p, int64_t now, struct arena *a)
{
	(void)a;
	const char *reason = NULL;
	status s = client_certificate_check_name(is->client_ca, &auth->client, p->certificate, now, &reason);
	return take_certificate(auth, s, reason);
}

static status check_self_signed(struct issuer *is, struct client_authentication *auth,
				const struct presented *p, int64_t now, struct arena *a)
{
	const char *reason = "the keys at the client's jwks_uri could not be had";
	status s = client_keys_get(is, &auth->client, now, a, &auth->keys);
	if (s == ST_OK)
		s = client_certificate_check_key(auth->keys.jwks, p->certificate, a, &reason);
	auth->needs_keys = s == ST_INVALID || s == ST_NOT_FOUND;
	return take_certificate(auth, auth->needs_keys ? ST_INVALID : s, reason);
}

/* Each method: by what it shows itself, and how that is checked. */
static const struct {
	enum way way;
	check_fn *check;
} METHODS[] = {
	[CLIENT_AUTH_NONE] = { BY_NOTHING, check_nothing },
	[CLIENT_AUTH_SECRET_BASIC] = { BY_BASIC, check_secret },
	[CLIENT_AUTH_SECRET_POST] = { BY_POST, check_secret },
	[CLIENT_AUTH_PRIVATE_KEY_JWT] = { BY_ASSERTION, check_key_assertion },
	[CLIENT_AUTH_SECRET_JWT] = { BY_ASSERTION, check_secret_assertion },
	[CLIENT_AUTH_TLS] = { BY_NOTHING, check_certified },
	[CLIENT_AUTH_SELF_SIGNED_TLS] = { BY_NOTHING, check_self_signed },
};

bool client_auth_is_served(const struct conf *c, enum client_auth method)
{
	if (method == CLIENT_AUTH_TLS)
		return c->mtls.url && c->mtls.client_ca;
	return method != CLIENT_AUTH_SELF_SIGNED_TLS || c->mtls.url;
}

/* ---- which of them ----------------------------------------------------------------------------- */

static status read_basic_header(struct client_authentication *auth, const struct client_credentials *c,
				struct arena *a, struct presented *p)
{
	auth->tried_basic = true;
	p->way = BY_BASIC;
	if (!is_basic(c->authorization) || !read_basic(c->authorization, a, &p->client_id, &p->secret))
		return refused(auth, CLIENT_AUTH_REFUSED, "the Authorization header is malformed");
	if (c->client_id.n && !slice_equal(c->client_id, p->client_id))
		return refused(auth, CLIENT_AUTH_MALFORMED, "two different client_id");
	return ST_OK;
}

static status read_assertion(struct client_authentication *auth, const struct client_credentials *c,
			     struct arena *a, struct presented *p)
{
	struct slice named;
	p->way = BY_ASSERTION;
	p->assertion = c->assertion;
	if (!slice_is(c->assertion_type, CLIENT_ASSERTION_TYPE) || slice_empty(c->assertion))
		return refused(auth, CLIENT_AUTH_MALFORMED, "client_assertion_type is not jwt-bearer");
	if (client_assertion_peek(c->assertion, a, &named) != ST_OK)
		return refused(auth, CLIENT_AUTH_REFUSED, "the client assertion is malformed");
	if (slice_empty(p->client_id))
		p->client_id = named;
	return ST_OK;
}

static status read_presented(struct client_authentication *auth, const struct client_credentials *c,
			     struct arena *a, struct presented *ret)
{
	struct presented p = { .client_id = c->client_id,
			       .secret = c->client_secret,
			       .certificate = c->certificate,
			       .endpoint = c->endpoint };
	bool has_assertion = !slice_empty(c->assertion) || !slice_empty(c->assertion_type);
	bool has_header = !slice_empty(c->authorization), has_secret = !slice_empty(c->client_secret);
	if (has_secret)
		p.way = BY_POST;
	if (has_header)
		TRY(read_basic_header(auth, c, a, &p));
	if (has_assertion && auth->outcome == CLIENT_AUTH_OK)
		TRY(read_assertion(auth, c, a, &p));
	if (auth->outcome != CLIENT_AUTH_OK)
		return ST_OK;
	if (has_header + has_secret + has_assertion > 1)
		return refused(auth, CLIENT_AUTH_SEVERAL, "more than one way of client authentication");
	if (slice_empty(p.client_id))
		return refused(auth, CLIENT_AUTH_REFUSED, "no client authentication");
	*ret = p;
	return ST_OK;
}

status client_auth_begin(struct issuer *is, const struct client_credentials *credentials, int64_t now,
			 struct arena *a, struct client_authentication *auth)
{
	*auth = (struct client_authentication){ .outcome = CLIENT_AUTH_OK };
	struct presented p;
	TRY(read_presented(auth, credentials, a, &p));
	if (auth->outcome != CLIENT_AUTH_OK)
		return ST_OK;

	status s = clients_get(is, p.client_id, a, &auth->client);
	if (is_fault(s))
		return s;
	if (s != ST_OK || auth->client.disabled)
		return refused(auth, CLIENT_AUTH_REFUSED, "client authentication failed");
	enum client_auth method = auth->client.token_endpoint_auth_method;
	if (METHODS[method].way != p.way)
		return refused(auth, CLIENT_AUTH_REFUSED,
			       "this is not the token_endpoint_auth_method that the client registered");
	unsigned allowed = profile_of(&auth->client)->auth_methods;
	if (allowed && !(allowed & 1U << method))
		return refused(auth, CLIENT_AUTH_REFUSED, "the client's profile bars this method");
	return METHODS[method].check(is, auth, &p, now, a);
}

status client_auth_end(struct client_authentication *auth)
{
	if (auth->replay.status == ST_EXISTS)
		return refused(auth, CLIENT_AUTH_REFUSED, "the client assertion was used before");
	return auth->replay.status;
}
