#include "libauth/claims.h"

#include "libauth/base/encode.h"
#include "libauth/base/mem.h"

#include <stdlib.h>

void auth_claims_free(struct auth_claims *claims)
{
	if (!claims)
		return;
	json_done(&claims->json);
	free(claims);
}
DEFINE_AUTO(claims, struct auth_claims *, auth_claims_free)

/* One allocation: the values, the payload with a NUL, the kid with a NUL. */
static struct auth_claims *claims_new(const struct jws *jws)
{
	size_t payload_room = jws_payload_room(jws);
	struct auth_claims *c = malloc(sizeof *c + payload_room + jws->kid.n + 1);
	if (!c)
		return NULL;
	c->algorithm = jws->algorithm;
	c->kid = NULL;
	c->json = (struct json)JSON_INIT(c->few, CLAIMS_VALUES_MAX);
	if (jws->kid.p) {
		char *kid = (char *)c->text + payload_room;
		memcpy(kid, jws->kid.p, jws->kid.n);
		kid[jws->kid.n] = '\0';
		c->kid = kid;
	}
	return c;
}

enum auth_status claims_read(const struct jws *jws, struct auth_claims **ret)
{
	size_t n;
	AUTO(claims) struct auth_claims *c = claims_new(jws);
	if (!c)
		return AUTH_NOMEM;
	enum auth_status decoded = jws_payload(jws, c->text, &n);
	if (decoded != AUTH_OK)
		return decoded;
	status s = json_read(&c->json, c->text, n);
	if (s != ST_OK)
		return s == ST_NOMEM ? AUTH_NOMEM :
		       s == ST_TOO_LARGE ? AUTH_TOO_LARGE : AUTH_MALFORMED;
	if (c->json.values->type != AUTH_TYPE_OBJECT)
		return AUTH_MALFORMED;
	*ret = TAKE(c);
	return AUTH_OK;
}

/* ---- times ---------------------------------------------------------------------------------- */

enum auth_status claims_time(const struct auth_claims *c, struct slice name, int64_t *ret)
{
	const struct auth_value *v = claims_get(c, name);
	if (!v)
		return AUTH_NO_CLAIM;
	if (v->type != AUTH_TYPE_NUMBER || v->text.p[0] == '-' || slice_find(v->text, 'e') < v->text.n ||
	    slice_find(v->text, 'E') < v->text.n)
		return AUTH_BAD_CLAIM;
	struct auth_value whole = *v;
	whole.text = slice_first(v->text, slice_find(v->text, '.'));
	return auth_value_integer(&whole, ret) == AUTH_OK ? AUTH_OK : AUTH_BAD_CLAIM;
}

static int64_t time_or_none(const struct auth_claims *c, struct slice name)
{
	int64_t at;
	return claims_time(c, name, &at) == AUTH_OK ? at : -1;
}

int64_t auth_claims_exp(const struct auth_claims *c) { return time_or_none(c, SLICE("exp")); }
int64_t auth_claims_iat(const struct auth_claims *c) { return time_or_none(c, SLICE("iat")); }
int64_t auth_claims_nbf(const struct auth_claims *c) { return time_or_none(c, SLICE("nbf")); }
int64_t auth_claims_auth_time(const struct auth_claims *c)
{
	return time_or_none(c, SLICE("auth_time"));
}

/* ---- strings -------------------------------------------------------------------------------- */

const struct auth_value *auth_claims_value(const struct auth_claims *c, const char *name)
{
	return name ? claims_get(c, slice_str(name)) : c->json.values;
}

const char *auth_claims_string(const struct auth_claims *c, const char *name)
{
	return auth_value_string(claims_get(c, slice_str(name)));
}

enum auth_status auth_claims_integer(const struct auth_claims *c, const char *name, int64_t *ret)
{
	return auth_value_integer(claims_get(c, slice_str(name)), ret);
}

const char *auth_claims_iss(const struct auth_claims *c) { return auth_claims_string(c, "iss"); }
const char *auth_claims_sub(const struct auth_claims *c) { return auth_claims_string(c, "sub"); }
const char *auth_claims_jti(const struct auth_claims *c) { return auth_claims_string(c, "jti"); }
const char *auth_claims_azp(const struct auth_claims *c) { return auth_claims_string(c, "azp"); }
const char *auth_claims_acr(const struct auth_claims *c) { return auth_claims_string(c, "acr"); }
const char *auth_claims_sid(const struct auth_claims *c) { return auth_claims_string(c, "sid"); }
const char *auth_claims_scope(const struct auth_claims *c) { return auth_claims_string(c, "scope"); }
const char *auth_claims_nonce(const struct auth_claims *c) { return auth_claims_string(c, "nonce"); }
const char *auth_claims_client_id(const struct auth_claims *c)
{
	return auth_claims_string(c, "client_id");
}

const char *auth_claims_alg(const struct auth_claims *c) { return (const char *)c->algorithm->name.p; }
const char *auth_claims_kid(const struct auth_claims *c) { return c->kid; }

bool auth_claims_has_scope(const struct auth_claims *c, const char *scope)
{
	struct slice word = slice_str(scope);
	return word.n && slice_has_word(json_text(claims_get(c, SLICE("scope"))), word);
}

/* ---- audience ------------------------------------------------------------------------------- */

size_t auth_claims_aud_count(const struct auth_claims *c)
{
	const struct auth_value *aud = claims_get(c, SLICE("aud"));
	return json_text(aud).p ? 1 : auth_value_count(aud);
}

const char *auth_claims_aud(const struct auth_claims *c, size_t i)
{
	const struct auth_value *aud = claims_get(c, SLICE("aud"));
	if (json_text(aud).p)
		return i ? NULL : auth_value_string(aud);
	const struct auth_value *item = auth_value_first(aud);
	while (item && i--)
		item = auth_value_next(aud, item);
	return auth_value_string(item);
}

bool claims_aud_is_valid(const struct auth_claims *c)
{
	const struct auth_value *aud = claims_get(c, SLICE("aud"));
	if (json_text(aud).p)
		return true;
	if (auth_value_type(aud) != AUTH_TYPE_ARRAY)
		return false;
	for (const struct auth_value *item = auth_value_first(aud); item;
	     item = auth_value_next(aud, item))
		if (!json_text(item).p)
			return false;
	return aud->count > 0;
}

bool claims_has_aud(const struct auth_claims *c, struct slice audience)
{
	const struct auth_value *aud = claims_get(c, SLICE("aud"));
	if (json_text(aud).p)
		return slice_equal(aud->text, audience);
	if (auth_value_type(aud) != AUTH_TYPE_ARRAY)
		return false;
	for (const struct auth_value *item = auth_value_first(aud); item;
	     item = auth_value_next(aud, item))
		if (json_text(item).p && slice_equal(item->text, audience))
			return true;
	return false;
}

bool auth_claims_has_aud(const struct auth_claims *c, const char *audience)
{
	return audience && claims_has_aud(c, slice_str(audience));
}

/* ---- values that the flow knows ------------------------------------------------------------- */

enum auth_status auth_claims_check_nonce(const struct auth_claims *c, const char *nonce)
{
	struct slice have = json_text(claims_get(c, SLICE("nonce"))), want = slice_str(nonce);
	return have.n && slice_equal_secret(have, want) ? AUTH_OK : AUTH_WRONG_NONCE;
}

enum auth_status auth_claims_check_hash(const struct auth_claims *c, const char *name,
					const void *value, size_t n)
{
	const struct auth_value *claim = claims_get(c, slice_str(name));
	if (!claim)
		return AUTH_NO_CLAIM;
	EVP_MD *md = EVP_MD_fetch(NULL, c->algorithm->digest, NULL);
	if (!md)
		return AUTH_BUG;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_n = 0;
	bool hashed = EVP_Digest(value, n, digest, &digest_n, md, NULL);
	EVP_MD_free(md);
	if (!hashed)
		return AUTH_NOMEM;
	char half[(EVP_MAX_MD_SIZE / 2 + 2) / 3 * 4];
	struct slice left = slice_of(digest, digest_n / 2);
	base64url_encode(left, half);
	struct slice want = slice_of(half, base64url_length(left.n));
	return slice_equal_secret(json_text(claim), want) ? AUTH_OK : AUTH_WRONG_HASH;
}
