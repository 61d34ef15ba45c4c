/*
 * Sender-constrained tokens: DPoP proofs, and the key or certificate that a token is bound to.
 *                                                             RFC 9449 §4.3, §6; RFC 8705 §3
 */
#include "libauth/base/encode.h"
#include "libauth/base/mem.h"
#include "libauth/claims.h"
#include "libauth/jwk.h"

#include <strings.h>

DEFINE_AUTO(claims, struct auth_claims *, auth_claims_free)

enum { DPOP_IAT_MAX_S = 3600 };

/* ---- where the request went ----------------------------------------------------------------- */

/* RFC 9449 §4.3, point 9: without query and fragment. */
static struct slice without_query(struct slice uri)
{
	uri = slice_first(uri, slice_find(uri, '#'));
	return slice_first(uri, slice_find(uri, '?'));
}

struct uri {
	struct slice scheme, authority, path;
};

static bool split_uri(struct slice text, struct uri *ret)
{
	text = without_query(text);
	size_t colon = slice_find(text, ':');
	struct slice rest = slice_from(text, colon + 1);
	if (!colon || !slice_starts(rest, SLICE("//")))
		return false;
	rest = slice_from(rest, 2);
	size_t slash = slice_find(rest, '/');
	ret->scheme = slice_first(text, colon);
	ret->authority = slice_first(rest, slash);
	ret->path = slash < rest.n ? slice_from(rest, slash) : SLICE("/");
	return ret->authority.n > 0;
}

static bool same_without_case(struct slice a, struct slice b)
{
	return a.n == b.n && !strncasecmp((const char *)a.p, (const char *)b.p, a.n);
}

/* RFC 3986 §6.2.3: the port that the scheme has anyway may be said or not. */
static struct slice without_default_port(const struct uri *u)
{
	struct slice port = same_without_case(u->scheme, SLICE("https")) ? SLICE(":443") : SLICE(":80");
	struct slice host = u->authority;
	if (host.n <= port.n || !slice_equal(slice_from(host, host.n - port.n), port))
		return host;
	return slice_first(host, host.n - port.n);
}

/* RFC 3986 §6.2.2.1, §6.2.3: scheme and host without case; the path byte by byte. */
static bool same_uri(struct slice a, struct slice b)
{
	struct uri x, y;
	return split_uri(a, &x) && split_uri(b, &y) && same_without_case(x.scheme, y.scheme) &&
	       same_without_case(without_default_port(&x), without_default_port(&y)) &&
	       slice_equal(x.path, y.path);
}

/* ---- a proof -------------------------------------------------------------------------------- */

static bool hash_is(struct slice text, const void *bytes, size_t n)
{
	uint8_t digest[32];
	char want[44];
	if (!EVP_Digest(bytes, n, digest, NULL, EVP_sha256(), NULL))
		return false;
	base64url_encode(slice_of(digest, sizeof digest), want);
	return slice_equal_secret(text, slice_of(want, base64url_length(sizeof digest)));
}

static struct slice text_of(const struct auth_claims *c, const char *name)
{
	return json_text(claims_find(c, slice_str(name)));
}

static enum auth_status check_time(const struct auth_claims *c, const struct auth_dpop *o, int64_t now)
{
	int64_t at = 0;
	if (claims_time(c, CLAIM_IAT, &at) != AUTH_OK)
		return AUTH_MISSING_CLAIM;
	if (at - o->leeway_s > now)
		return AUTH_NOT_YET_VALID;
	return at + o->max_age_s + o->leeway_s < now ? AUTH_TOO_OLD : AUTH_OK;
}

static enum auth_status check_proof(const struct auth_claims *c, const struct auth_dpop *o, int64_t now)
{
	struct slice nonce = json_text(claims_get(c, CLAIM_NONCE));
	if (!json_text(claims_get(c, CLAIM_JTI)).n || !text_of(c, "htm").p || !text_of(c, "htu").p)
		return AUTH_MISSING_CLAIM;
	if (!slice_is(text_of(c, "htm"), o->method) || !same_uri(text_of(c, "htu"), slice_str(o->uri)))
		return AUTH_WRONG_BINDING;
	CHECK(check_time(c, o, now));
	if (o->nonce && !slice_equal_secret(nonce, slice_str(o->nonce)))
		return AUTH_WRONG_NONCE;
	if (!o->access_token)
		return AUTH_OK;
	struct slice ath = text_of(c, "ath");
	if (!ath.p)
		return AUTH_MISSING_CLAIM;
	return hash_is(ath, o->access_token, strlen(o->access_token)) ? AUTH_OK : AUTH_WRONG_HASH;
}

/* The one place where a key comes out of a token: it proves that the sender holds it, and nothing
 * more. Whose it is, the access token's `cnf` says. */
static enum auth_status read_key(const struct json *header, struct key *key,
				 char ret_jkt[JWK_THUMBPRINT_LENGTH + 1])
{
	const struct auth_value *jwk = auth_value_member(header->values, "jwk");
	struct error e;
	if (!jwk)
		return AUTH_MALFORMED;
	switch (jwk_read(jwk, key, &e)) {
	case ST_OK: break;
	case ST_NOMEM: return AUTH_NOMEM;
	case ST_INVALID:
	case ST_NOT_FOUND: return AUTH_BAD_KEYS;
	default: return AUTH_BUG;
	}
	key->not_before = INT64_MIN;
	key->expires = INT64_MAX;
	return jwk_thumbprint(jwk, ret_jkt) == ST_OK ? AUTH_OK : AUTH_BAD_KEYS;
}

static enum auth_status check_signature(const struct jws *jws, struct key *key)
{
	struct key *signer;
	if (!key_takes(key, jws->algorithm))
		return AUTH_UNSUPPORTED_ALGORITHM;
	return jws_verify(jws, (struct key_range){ key, 1 }, 0, &signer);
}

static enum auth_status verify_with_key(const struct jws *jws, const struct json *header,
					char ret_jkt[JWK_THUMBPRINT_LENGTH + 1])
{
	struct key key = { 0 };
	enum auth_status s = read_key(header, &key, ret_jkt);
	if (s == AUTH_OK)
		s = check_signature(jws, &key);
	key_done(&key);
	return s;
}

static enum auth_status read_proof(struct jws *jws, struct slice proof, struct json *header,
				   struct auth_claims **ret)
{
	char jkt[JWK_THUMBPRINT_LENGTH + 1];
	CHECK(jws_read_header(jws, proof, AUTH_TOKEN_MAX, algorithm_find, header));
	if (!slice_is(jws->type, "dpop+jwt"))
		return AUTH_WRONG_TYPE;
	CHECK(verify_with_key(jws, header, jkt));
	AUTO(claims) struct auth_claims *claims = auth_claims_new();
	if (!claims)
		return AUTH_NOMEM;
	CHECK(claims_read(claims, jws));
	memcpy(claims->jkt, jkt, sizeof jkt);
	*ret = TAKE(claims);
	return AUTH_OK;
}

enum auth_status auth_verify_dpop(const char *proof, size_t n, const struct auth_dpop *o, int64_t now,
				  struct auth_claims **ret)
{
	struct jws jws;
	struct auth_value few[32];
	AUTO_JSON struct json header = JSON_INIT(few, JWS_VALUES_MAX);
	AUTO(claims) struct auth_claims *claims = NULL;
	if (o->size != sizeof *o || !o->method || !o->uri || o->max_age_s < 0 ||
	    o->max_age_s > DPOP_IAT_MAX_S || o->leeway_s < 0 || o->leeway_s > DPOP_IAT_MAX_S)
		return AUTH_BAD_OPTIONS;
	CHECK(read_proof(&jws, slice_of(proof, n), &header, &claims));
	CHECK(check_proof(claims, o, now));
	*ret = TAKE(claims);
	return AUTH_OK;
}

/* ---- what a token is bound to --------------------------------------------------------------- */

const char *auth_claims_jkt(const struct auth_claims *c) { return c->jkt[0] ? c->jkt : NULL; }

static struct slice confirmation(const struct auth_claims *c, const char *method)
{
	return json_text(auth_value_member(claims_get(c, CLAIM_CNF), method));
}

enum auth_status auth_claims_check_key(const struct auth_claims *c, const char *jkt)
{
	struct slice bound = confirmation(c, "jkt");
	if (!bound.n)
		return AUTH_NO_CLAIM;
	return slice_equal_secret(bound, slice_str(jkt)) ? AUTH_OK : AUTH_WRONG_BINDING;
}

enum auth_status auth_claims_check_certificate(const struct auth_claims *c, const void *der, size_t n)
{
	struct slice bound = confirmation(c, "x5t#S256");
	if (!bound.n)
		return AUTH_NO_CLAIM;
	return hash_is(bound, der, n) ? AUTH_OK : AUTH_WRONG_BINDING;
}
