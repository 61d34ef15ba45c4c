#include "libauth/jws.h"

#include "libauth/base/encode.h"
#include "libauth/base/mem.h"
#include "libauth/base/secret.h"

#include <limits.h>
#include <openssl/hmac.h>

/* ---- the three parts ------------------------------------------------------------------------ */

static bool split(struct slice token, struct jws *jws, struct slice *ret_header)
{
	size_t first = slice_find(token, '.');
	struct slice rest = slice_from(token, first + 1);
	size_t second = slice_find(rest, '.');
	*ret_header = slice_first(token, first);
	jws->payload = slice_first(rest, second);
	jws->signature = slice_from(rest, second + 1);
	jws->signed_part = slice_first(token, first + 1 + second);
	/* RFC 7515 §5.2 allows an empty payload: it is the claims that have to be JSON. */
	return ret_header->n && jws->signature.n &&
	       slice_find(jws->signature, '.') == jws->signature.n;
}

/* ---- the header ----------------------------------------------------------------------------- */

/* A member that must be a string where it stands. */
static bool read_string(const struct auth_value *header, const char *name, struct slice *ret)
{
	const struct auth_value *v = auth_value_member(header, name);
	*ret = json_text(v);
	return !v || ret->p;
}

/*
 * RFC 7515 §4.1.11: what `crit` names must be understood, and nothing that it may name is. RFC 7797
 * (b64) and RFC 7516 §4.1.3 (zip) change what is signed, so they are refused even if not critical.
 */
static bool has_extension(const struct auth_value *header)
{
	static const char *const REFUSED[] = { "crit", "b64", "zip" };
	for (size_t i = 0; i < COUNT_OF(REFUSED); i++)
		if (auth_value_member(header, REFUSED[i]))
			return true;
	return false;
}

static enum auth_status read_members(struct jws *jws, const struct auth_value *header,
				     algorithm_lookup *find)
{
	struct slice alg;
	if (header->type != AUTH_TYPE_OBJECT)
		return AUTH_MALFORMED;
	if (!read_string(header, "alg", &alg) || !read_string(header, "kid", &jws->kid) ||
	    !read_string(header, "typ", &jws->type))
		return AUTH_MALFORMED;
	if (!alg.p)
		return AUTH_MALFORMED;
	if (has_extension(header))
		return AUTH_UNSUPPORTED_HEADER;
	jws->algorithm = find(alg);
	return jws->algorithm ? AUTH_OK : AUTH_UNSUPPORTED_ALGORITHM;
}

static enum auth_status read_header(struct jws *jws, struct slice text, algorithm_lookup *find,
				    struct json *header)
{
	size_t n;
	if (text.n > base64url_length(JWS_HEADER_MAX))
		return AUTH_TOO_LARGE;
	if (base64url_decode(text, jws->header, &n) != ST_OK)
		return AUTH_MALFORMED;
	switch (json_read(header, jws->header, n)) {
	case ST_OK: return read_members(jws, header->values, find);
	case ST_NOMEM: return AUTH_NOMEM;
	case ST_TOO_LARGE: return AUTH_TOO_LARGE;
	default: return AUTH_MALFORMED;
	}
}

enum auth_status jws_read_header(struct jws *jws, struct slice token, size_t most,
				 algorithm_lookup *find, struct json *header)
{
	struct slice text;
	if (token.n > most)
		return AUTH_TOO_LARGE;
	if (!split(token, jws, &text))
		return AUTH_MALFORMED;
	return read_header(jws, text, find, header);
}

enum auth_status jws_read(struct jws *jws, struct slice token, size_t most, algorithm_lookup *find)
{
	struct auth_value few[16];
	AUTO_JSON struct json header = JSON_INIT(few, JWS_VALUES_MAX);
	return jws_read_header(jws, token, most, find, &header);
}

/* ---- the signature -------------------------------------------------------------------------- */

static enum auth_status check_signature(const struct jws *jws, struct key *key)
{
	uint8_t bytes[KEY_SIGNATURE_MAX + 2];
	size_t n;
	/* A signature has one size for each key: another needs no arithmetic to be refused. */
	if (jws->signature.n != base64url_length(key->signature_size))
		return AUTH_BAD_SIGNATURE;
	if (base64url_decode(jws->signature, bytes, &n) != ST_OK)
		return AUTH_MALFORMED;
	switch (key_verify(key, jws->algorithm, jws->signed_part, slice_of(bytes, n))) {
	case ST_OK: return AUTH_OK;
	case ST_INVALID: return AUTH_BAD_SIGNATURE;
	case ST_NOMEM: return AUTH_NOMEM;
	default: return AUTH_BUG;
	}
}

/* Why no key of the range can have signed it; AUTH_OK if one can. */
static enum auth_status check_range(const struct jws *jws, const struct key_range *range, int64_t now)
{
	bool taken = false;
	for (size_t i = 0; i < range->n; i++) {
		if (!key_takes(&range->keys[i], jws->algorithm))
			continue;
		if (key_serves(&range->keys[i], now))
			return AUTH_OK;
		taken = true;
	}
	return taken ? AUTH_UNKNOWN_KEY : AUTH_UNSUPPORTED_ALGORITHM;
}

enum auth_status jws_find_keys(const struct jws *jws, const struct auth_keyset *keys,
			       unsigned algorithms, int64_t now, struct key_range *ret)
{
	struct key_range range;
	if (!(algorithms >> (jws->algorithm - ALGORITHMS) & 1))
		return AUTH_UNSUPPORTED_ALGORITHM;
	enum auth_status s = keyset_find(keys, jws->kid, jws->algorithm, &range);
	if (s == AUTH_OK)
		s = check_range(jws, &range, now);
	if (s == AUTH_OK)
		*ret = range;
	return s;
}

enum auth_status jws_verify(const struct jws *jws, struct key_range range, int64_t now,
			    struct key **ret_key)
{
	enum auth_status s = AUTH_BAD_SIGNATURE;
	for (size_t i = 0; i < range.n && s == AUTH_BAD_SIGNATURE; i++) {
		struct key *key = &range.keys[i];
		if (!key_takes(key, jws->algorithm) || !key_serves(key, now))
			continue;
		s = check_signature(jws, key);
		if (s == AUTH_OK)
			*ret_key = key;
	}
	return s;
}

enum auth_status jws_payload(const struct jws *jws, uint8_t *out, size_t *ret_n)
{
	return base64url_decode(jws->payload, out, ret_n) == ST_OK ? AUTH_OK : AUTH_MALFORMED;
}

enum auth_status jws_verify_secret(const struct jws *jws, struct slice secret)
{
	const EVP_MD *md = EVP_get_digestbyname(jws->algorithm->digest);
	uint8_t want[EVP_MAX_MD_SIZE], have[EVP_MAX_MD_SIZE + 2];
	unsigned want_n;
	size_t have_n;
	if (!md)
		return AUTH_BUG;
	size_t size = (size_t)EVP_MD_get_size(md);
	if (secret.n < size || secret.n > INT_MAX)
		return AUTH_BAD_KEYS;
	if (jws->signature.n != base64url_length(size))
		return AUTH_BAD_SIGNATURE;
	if (base64url_decode(jws->signature, have, &have_n) != ST_OK)
		return AUTH_MALFORMED;
	const struct slice text = jws->signed_part;
	if (!HMAC(md, secret.p, (int)secret.n, text.p, text.n, want, &want_n))
		return AUTH_BUG;
	bool same = slice_equal_secret(slice_of(have, have_n), slice_of(want, want_n));
	secret_wipe(want, sizeof want);
	return same ? AUTH_OK : AUTH_BAD_SIGNATURE;
}
