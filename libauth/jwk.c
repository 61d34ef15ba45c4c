#include "libauth/jwk.h"

#include "libauth/base/encode.h"
#include "libauth/base/mem.h"

enum { NUMBER_MAX = KEY_ML_DSA_MAX }; /* bytes of the longest number that is looked at */

struct number {
	uint8_t bytes[NUMBER_MAX];
	struct slice value;
};

static struct slice member(const struct auth_value *jwk, const char *name)
{
	return json_text(auth_value_member(jwk, name));
}

static bool has(const struct auth_value *jwk, const char *name)
{
	return auth_value_member(jwk, name) != NULL;
}

static status read_number(const struct auth_value *jwk, const char *name, struct number *ret)
{
	struct slice text = member(jwk, name);
	size_t n;
	if (!text.n || text.n > base64url_length(NUMBER_MAX))
		return ST_INVALID;
	TRY(base64url_decode(text, ret->bytes, &n));
	ret->value = slice_of(ret->bytes, n);
	return ST_OK;
}

/* ---- what a key says it is for -------------------------------------------------------------- */

/* RFC 7517 §4.3: an array of strings without duplicates; "verify" must be among them. */
static bool ops_allow_verify(const struct auth_value *ops)
{
	for (const struct auth_value *op = auth_value_first(ops); op; op = auth_value_next(ops, op))
		if (slice_is(json_text(op), "verify"))
			return true;
	return false;
}

static bool is_for_verifying(const struct auth_value *jwk)
{
	if (has(jwk, "use") && !slice_is(member(jwk, "use"), "sig"))
		return false;
	const struct auth_value *ops = auth_value_member(jwk, "key_ops");
	return !ops || ops_allow_verify(ops);
}

static const struct kind_name {
	const char *kty, *member, *value; /* what tells those of one type apart; NULL: nothing */
	enum key_kind kind;
} KIND_NAMES[] = {
	{ "EC", "crv", "P-256", KIND_P256 },
	{ "EC", "crv", "P-384", KIND_P384 },
	{ "EC", "crv", "P-521", KIND_P521 },
	{ "EC", "crv", "SM2-P-256", KIND_SM2 },
	{ "OKP", "crv", "Ed25519", KIND_ED25519 },
	{ "RSA", NULL, NULL, KIND_RSA },
#if HAS_ML_DSA
	{ "AKP", "alg", "ML-DSA-44", KIND_ML_DSA_44 },
	{ "AKP", "alg", "ML-DSA-65", KIND_ML_DSA_65 },
	{ "AKP", "alg", "ML-DSA-87", KIND_ML_DSA_87 },
#endif
};

static status find_kind(const struct auth_value *jwk, enum key_kind *ret)
{
	for (size_t i = 0; i < COUNT_OF(KIND_NAMES); i++) {
		const struct kind_name *k = &KIND_NAMES[i];
		if (!slice_is(member(jwk, "kty"), k->kty))
			continue;
		if (k->member && !slice_is(member(jwk, k->member), k->value))
			continue;
		*ret = k->kind;
		return ST_OK;
	}
	return ST_NOT_FOUND;
}

/* ---- refusals ------------------------------------------------------------------------------- */

/* Names are printed, so whatever is not plain ASCII is left out. */
static status refuse(const struct auth_value *jwk, struct error *e, const char *why)
{
	struct slice kid = slice_first(member(jwk, "kid"), 64);
	for (size_t i = 0; i < kid.n; i++)
		if (kid.p[i] < 0x20 || kid.p[i] > 0x7e)
			kid = SLICE("?");
	return error_set(e, ST_INVALID, "key \"%.*s\": %s", SLICE_FMT(kid), why);
}

/* RFC 7518 §6.2.2, §6.3.2, §6.4: what no published key may hold. */
static bool has_secret(const struct auth_value *jwk)
{
	static const char *const SECRETS[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k",
						"priv" };
	for (size_t i = 0; i < COUNT_OF(SECRETS); i++)
		if (has(jwk, SECRETS[i]))
			return true;
	return false;
}

static bool is_string_or_absent(const struct auth_value *jwk, const char *name)
{
	const struct auth_value *v = auth_value_member(jwk, name);
	return !v || v->type == AUTH_TYPE_STRING;
}

static status check_members(const struct auth_value *jwk, struct error *e)
{
	static const char *const STRINGS[] = { "kty", "crv", "kid", "alg", "use" };
	if (!jwk || jwk->type != AUTH_TYPE_OBJECT)
		return error_set(e, ST_INVALID, "a key is not a JSON object");
	for (size_t i = 0; i < COUNT_OF(STRINGS); i++)
		if (!is_string_or_absent(jwk, STRINGS[i]))
			return refuse(jwk, e, "a member has the wrong type");
	const struct auth_value *ops = auth_value_member(jwk, "key_ops");
	if (ops && ops->type != AUTH_TYPE_ARRAY)
		return refuse(jwk, e, "key_ops is not an array");
	if (!has(jwk, "kty"))
		return refuse(jwk, e, "kty is missing");
	if (slice_is(member(jwk, "kty"), "oct"))
		return refuse(jwk, e, "a symmetric key has no place in a public key set");
	if (has_secret(jwk))
		return refuse(jwk, e, "it has private members");
	return ST_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

static status read_material(const struct auth_value *jwk, enum key_kind kind, struct key *key)
{
	struct number a, b;
	if (kind == KIND_RSA) {
		TRY(read_number(jwk, "n", &a));
		TRY(read_number(jwk, "e", &b));
		return key_init_rsa(key, a.value, b.value);
	}
	if (kind >= KIND_ML_DSA_44 && kind <= KIND_ML_DSA_87) {
		TRY(read_number(jwk, "pub", &a));
		return key_init_ml_dsa(key, kind, a.value);
	}
	TRY(read_number(jwk, "x", &a));
	if (kind == KIND_ED25519)
		return key_init_ed25519(key, a.value);
	TRY(read_number(jwk, "y", &b));
	return key_init_ec(key, kind, a.value, b.value);
}

static const char *unsound(enum key_kind kind)
{
	if (kind == KIND_RSA)
		return "not a sound RSA key of 2048 to 8192 bits with an odd exponent from 3 up";
	if (kind >= KIND_ML_DSA_44)
		return "not a public key of its parameter set";
	return "not a point of its curve in its full length";
}

/* `nbf` and `exp` of a key, as OpenID Federation 1.0 §8.7.2 names them. */
static status read_validity(const struct auth_value *jwk, struct key *key, struct error *e)
{
	key->not_before = INT64_MIN;
	key->expires = INT64_MAX;
	if (has(jwk, "nbf") &&
	    auth_value_integer(auth_value_member(jwk, "nbf"), &key->not_before) != AUTH_OK)
		return refuse(jwk, e, "nbf is not a time");
	if (has(jwk, "exp") &&
	    auth_value_integer(auth_value_member(jwk, "exp"), &key->expires) != AUTH_OK)
		return refuse(jwk, e, "exp is not a time");
	return ST_OK;
}

static status read_key(const struct auth_value *jwk, struct key *key, struct error *e)
{
	enum key_kind kind;
	TRY(check_members(jwk, e));
	if (!is_for_verifying(jwk))
		return ST_NOT_FOUND;
	TRY(find_kind(jwk, &kind));
	if (has(jwk, "alg")) {
		key->algorithm = algorithm_find(member(jwk, "alg"));
		if (!key->algorithm)
			return ST_NOT_FOUND;
		if (key->algorithm->kind != kind)
			return refuse(jwk, e, "alg is not of its type or curve");
	}
	struct slice kid = member(jwk, "kid");
	key->kid = kid.n ? kid : NO_SLICE;
	TRY(read_validity(jwk, key, e));
	status s = read_material(jwk, kind, key);
	return s == ST_INVALID ? refuse(jwk, e, unsound(kind)) : s;
}

status jwk_read(const struct auth_value *jwk, struct key *ret, struct error *e)
{
	status s = read_key(jwk, ret, e);
	if (s != ST_OK) {
		key_done(ret);
		*ret = (struct key){ 0 };
	}
	return s;
}

/* ---- thumbprint ----------------------------------------------------------------------------- */

status jwk_thumbprint(const struct auth_value *jwk, char ret[JWK_THUMBPRINT_LENGTH + 1])
{
	/* RFC 7638 §3.2, RFC 8037 §2: the required members of each type, in lexical order. */
	static const struct {
		const char *kty;
		const char *members[5];
	} REQUIRED[] = {
		{ "EC", { "crv", "kty", "x", "y" } },
		{ "OKP", { "crv", "kty", "x" } },
		{ "AKP", { "alg", "kty", "pub" } }, /* draft-ietf-cose-dilithium §6 */
		{ "RSA", { "e", "kty", "n" } },
	};
	const char *const *name = NULL;
	for (size_t i = 0; i < COUNT_OF(REQUIRED); i++)
		if (slice_is(member(jwk, "kty"), REQUIRED[i].kty))
			name = REQUIRED[i].members;
	if (!name)
		return ST_INVALID;

	AUTO_BUF struct buf text = { 0 };
	for (char before = '{'; *name; name++, before = ',') {
		if (!member(jwk, *name).p)
			return ST_INVALID;
		buf_put_byte(&text, (uint8_t)before);
		buf_put_json_string(&text, slice_str(*name));
		buf_put_byte(&text, ':');
		buf_put_json_string(&text, member(jwk, *name));
	}
	buf_put_byte(&text, '}');
	TRY(buf_status(&text));

	uint8_t digest[32];
	if (!EVP_Digest(text.p, text.n, digest, NULL, EVP_sha256(), NULL))
		return ST_NOMEM;
	base64url_encode(slice_of(digest, sizeof digest), ret);
	ret[JWK_THUMBPRINT_LENGTH] = '\0';
	return ST_OK;
}
