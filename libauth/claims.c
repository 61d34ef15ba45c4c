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

static const struct algorithm NO_ALGORITHM = { .name = SLICE_INIT("") };

void claims_clear(struct auth_claims *c)
{
	c->algorithm = &NO_ALGORITHM;
	c->kid = NULL;
	c->status_checked = false;
	c->jkt[0] = '\0';
	c->present = 0;
	memset(c->known, 0, sizeof c->known);
	c->json.n = 1;
	c->json.values[0] = (struct auth_value){ .type = AUTH_TYPE_OBJECT, .span = 1 };
}

struct auth_claims *auth_claims_new(void)
{
	struct auth_claims *c = malloc(sizeof *c);
	if (!c)
		return NULL;
	c->json = (struct json)JSON_INIT(c->few, CLAIMS_VALUES_MAX);
	claims_clear(c);
	return c;
}

/* Three letters as one number: most registered names have three, and one comparison finds each. */
#define LETTERS(a, b, c) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16)

static enum claim find_short(const uint8_t *p)
{
	switch (LETTERS(p[0], p[1], p[2])) {
	case LETTERS('i', 's', 's'): return CLAIM_ISS;
	case LETTERS('s', 'u', 'b'): return CLAIM_SUB;
	case LETTERS('a', 'u', 'd'): return CLAIM_AUD;
	case LETTERS('e', 'x', 'p'): return CLAIM_EXP;
	case LETTERS('n', 'b', 'f'): return CLAIM_NBF;
	case LETTERS('i', 'a', 't'): return CLAIM_IAT;
	case LETTERS('j', 't', 'i'): return CLAIM_JTI;
	case LETTERS('a', 'z', 'p'): return CLAIM_AZP;
	case LETTERS('a', 'c', 'r'): return CLAIM_ACR;
	case LETTERS('s', 'i', 'd'): return CLAIM_SID;
	case LETTERS('c', 'n', 'f'): return CLAIM_CNF;
	}
	return CLAIM_COUNT;
}

/* CLAIM_COUNT for a name that no rule looks at. */
static enum claim find_claim(struct slice name)
{
	static const struct {
		struct slice name;
		enum claim claim;
	} LONG[] = {
		{ SLICE_INIT("scope"), CLAIM_SCOPE },
		{ SLICE_INIT("nonce"), CLAIM_NONCE },
		{ SLICE_INIT("events"), CLAIM_EVENTS },
		{ SLICE_INIT("status"), CLAIM_STATUS },
		{ SLICE_INIT("client_id"), CLAIM_CLIENT_ID },
		{ SLICE_INIT("auth_time"), CLAIM_AUTH_TIME },
	};
	if (name.n == 3)
		return find_short(name.p);
	for (size_t i = 0; i < COUNT_OF(LONG); i++)
		if (slice_equal(LONG[i].name, name))
			return LONG[i].claim;
	return CLAIM_COUNT;
}

static void remember_all(struct auth_claims *c)
{
	const struct auth_value *root = c->json.values;
	for (const struct auth_value *m = auth_value_first(root); m; m = auth_value_next(root, m)) {
		enum claim claim = find_claim(m->name);
		if (claim == CLAIM_COUNT)
			continue;
		c->known[claim] = m;
		c->present |= 1U << claim;
	}
}

/* A token is longer than its payload and its kid together, so they fit where a token does. */
static void copy_kid(struct auth_claims *c, const struct jws *jws)
{
	if (!jws->kid.p)
		return;
	char *kid = (char *)c->text + jws_payload_room(jws);
	memcpy(kid, jws->kid.p, jws->kid.n);
	kid[jws->kid.n] = '\0';
	c->kid = kid;
}

enum auth_status claims_read(struct auth_claims *c, const struct jws *jws)
{
	size_t n;
	claims_clear(c);
	if (jws_payload_room(jws) + jws->kid.n + 1 > sizeof c->text)
		return AUTH_TOO_LARGE;
	enum auth_status decoded = jws_payload(jws, c->text, &n);
	if (decoded != AUTH_OK)
		return decoded;
	status s = json_read(&c->json, c->text, n);
	if (s != ST_OK)
		return s == ST_NOMEM ? AUTH_NOMEM :
		       s == ST_TOO_LARGE ? AUTH_TOO_LARGE : AUTH_MALFORMED;
	if (c->json.values->type != AUTH_TYPE_OBJECT)
		return AUTH_MALFORMED;
	c->algorithm = jws->algorithm;
	copy_kid(c, jws);
	remember_all(c);
	return AUTH_OK;
}

/* ---- times ---------------------------------------------------------------------------------- */

enum auth_status claims_time(const struct auth_claims *c, enum claim claim, int64_t *ret)
{
	const struct auth_value *v = claims_get(c, claim);
	if (!v)
		return AUTH_NO_CLAIM;
	if (v->type != AUTH_TYPE_NUMBER || v->text.p[0] == '-' || slice_find(v->text, 'e') < v->text.n ||
	    slice_find(v->text, 'E') < v->text.n)
		return AUTH_BAD_CLAIM;
	struct auth_value whole = *v;
	whole.text = slice_first(v->text, slice_find(v->text, '.'));
	return auth_value_integer(&whole, ret) == AUTH_OK ? AUTH_OK : AUTH_BAD_CLAIM;
}

static int64_t time_or_none(const struct auth_claims *c, enum claim claim)
{
	int64_t at;
	return claims_time(c, claim, &at) == AUTH_OK ? at : -1;
}

int64_t auth_claims_exp(const struct auth_claims *c) { return time_or_none(c, CLAIM_EXP); }
int64_t auth_claims_iat(const struct auth_claims *c) { return time_or_none(c, CLAIM_IAT); }
int64_t auth_claims_nbf(const struct auth_claims *c) { return time_or_none(c, CLAIM_NBF); }
int64_t auth_claims_auth_time(const struct auth_claims *c)
{
	return time_or_none(c, CLAIM_AUTH_TIME);
}

/* ---- strings -------------------------------------------------------------------------------- */

const struct auth_value *auth_claims_value(const struct auth_claims *c, const char *name)
{
	return name ? claims_find(c, slice_str(name)) : c->json.values;
}

const char *auth_claims_string(const struct auth_claims *c, const char *name)
{
	return auth_value_string(claims_find(c, slice_str(name)));
}

enum auth_status auth_claims_integer(const struct auth_claims *c, const char *name, int64_t *ret)
{
	return auth_value_integer(claims_find(c, slice_str(name)), ret);
}

const char *auth_claims_iss(const struct auth_claims *c) { return auth_value_string(claims_get(c, CLAIM_ISS)); }
const char *auth_claims_sub(const struct auth_claims *c) { return auth_value_string(claims_get(c, CLAIM_SUB)); }
const char *auth_claims_jti(const struct auth_claims *c) { return auth_value_string(claims_get(c, CLAIM_JTI)); }
const char *auth_claims_azp(const struct auth_claims *c) { return auth_value_string(claims_get(c, CLAIM_AZP)); }
const char *auth_claims_acr(const struct auth_claims *c) { return auth_value_string(claims_get(c, CLAIM_ACR)); }
const char *auth_claims_sid(const struct auth_claims *c) { return auth_value_string(claims_get(c, CLAIM_SID)); }
const char *auth_claims_scope(const struct auth_claims *c) { return auth_value_string(claims_get(c, CLAIM_SCOPE)); }
const char *auth_claims_nonce(const struct auth_claims *c) { return auth_value_string(claims_get(c, CLAIM_NONCE)); }
const char *auth_claims_client_id(const struct auth_claims *c)
{
	return auth_value_string(claims_get(c, CLAIM_CLIENT_ID));
}

const char *auth_claims_alg(const struct auth_claims *c) { return (const char *)c->algorithm->name.p; }
const char *auth_claims_kid(const struct auth_claims *c) { return c->kid; }
bool auth_claims_status_checked(const struct auth_claims *c) { return c->status_checked; }

bool auth_claims_has_scope(const struct auth_claims *c, const char *scope)
{
	struct slice word = slice_str(scope);
	return word.n && slice_has_word(json_text(claims_get(c, CLAIM_SCOPE)), word);
}

/* ---- audience ------------------------------------------------------------------------------- */

/* The array of audiences; NULL if there is none, or one that stands by itself. */
static const struct auth_value *aud_list(const struct auth_claims *c)
{
	const struct auth_value *aud = claims_get(c, CLAIM_AUD);
	return auth_value_type(aud) == AUTH_TYPE_ARRAY ? aud : NULL;
}

size_t auth_claims_aud_count(const struct auth_claims *c)
{
	return json_text(claims_get(c, CLAIM_AUD)).p ? 1 : auth_value_count(aud_list(c));
}

const char *auth_claims_aud(const struct auth_claims *c, size_t i)
{
	const char *single = auth_value_string(claims_get(c, CLAIM_AUD));
	if (single)
		return i ? NULL : single;
	const struct auth_value *list = aud_list(c), *item = auth_value_first(list);
	while (item && i--)
		item = auth_value_next(list, item);
	return auth_value_string(item);
}

bool claims_aud_is_valid(const struct auth_claims *c)
{
	if (json_text(claims_get(c, CLAIM_AUD)).p)
		return true;
	const struct auth_value *list = aud_list(c), *item = auth_value_first(list);
	for (; item; item = auth_value_next(list, item))
		if (!json_text(item).p)
			return false;
	return auth_value_count(list) > 0;
}

bool claims_has_aud(const struct auth_claims *c, struct slice audience)
{
	struct slice single = json_text(claims_get(c, CLAIM_AUD));
	if (single.p)
		return slice_equal(single, audience);
	const struct auth_value *list = aud_list(c), *item = auth_value_first(list);
	for (; item; item = auth_value_next(list, item))
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
	struct slice have = json_text(claims_get(c, CLAIM_NONCE)), want = slice_str(nonce);
	return have.n && slice_equal_secret(have, want) ? AUTH_OK : AUTH_WRONG_NONCE;
}

enum auth_status auth_claims_check_hash(const struct auth_claims *c, const char *name,
					const void *value, size_t n)
{
	const struct auth_value *claim = claims_find(c, slice_str(name));
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
