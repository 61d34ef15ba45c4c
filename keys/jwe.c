#include "keys/jwe.h"

#include "keys/algorithms.h"
#include "keys/concat_kdf.h"
#include "keys/jwe_content.h"
#include "keys/jwe_key.h"
#include "keys/seal.h"

#include "libauth/base/encode.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>

enum { PLAIN_MAX = 1 << 20, RSA_BYTES_MAX = 1024, SHARED_MAX = 32 };

const char JWE_ALGORITHMS[] = "RSA-OAEP-256 ECDH-ES";
const char JWE_ENCODINGS[] = "A256GCM A128CBC-HS256";

struct jwe_recipient {
	struct jwe_key key;
	const struct jwe_content *content;
};

DEFINE_AUTO(pkey_context, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)

/* The content encryption key, and what the message says so that the recipient has it, too. */
struct content_key {
	uint8_t bytes[JWE_KEY_MAX];
	uint8_t wrapped[RSA_BYTES_MAX];
	size_t wrapped_n; /* none where it is agreed upon directly */
	EVP_PKEY *ephemeral;
};

static void content_key_done(struct content_key *k)
{
	secret_wipe(k->bytes, sizeof k->bytes);
	EVP_PKEY_free(k->ephemeral);
}
#define AUTO_CONTENT_KEY __attribute__((cleanup(content_key_done)))

/* ---- life ----------------------------------------------------------------------------------- */

status jwe_recipient_new(struct slice jwks, struct slice alg, struct slice enc,
			 struct jwe_recipient **ret, struct error *e)
{
	const struct jwe_content *content = jwe_content_find(enc);
	if (!content)
		return error_set(e, ST_INVALID, "enc is one of %s", JWE_ENCODINGS);
	if (!alg.n || !slice_has_word(slice_str(JWE_ALGORITHMS), alg))
		return error_set(e, ST_INVALID, "alg is one of %s", JWE_ALGORITHMS);
	AUTO(jwe_recipient) struct jwe_recipient *to = calloc(1, sizeof *to);
	if (!to)
		return ST_NOMEM;
	to->content = content;
	TRY(jwe_key_find(jwks, alg, &to->key, e));
	*ret = TAKE(to);
	return ST_OK;
}

void jwe_recipient_free(struct jwe_recipient *to)
{
	if (!to)
		return;
	EVP_PKEY_free(to->key.pkey);
	free(to);
}

/* ---- the content encryption key ------------------------------------------------------------- */

/* RFC 7518 §4.3: a random key under RSAES-OAEP with SHA-256, also in its mask. */
static status wrap(const struct jwe_recipient *to, struct content_key *k)
{
	AUTO(pkey_context) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, to->key.pkey, NULL);
	const struct algorithms *known = algorithms();
	if (!c || !known)
		return ST_NOMEM;
	TRY(random_bytes(k->bytes, to->content->key_size));
	k->wrapped_n = sizeof k->wrapped;
	if (EVP_PKEY_encrypt_init(c) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(c, known->sha256) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(c, known->sha256) != 1 ||
	    EVP_PKEY_encrypt(c, k->wrapped, &k->wrapped_n, k->bytes, to->content->key_size) != 1)
		return ST_BUG;
	return ST_OK;
}

static status shared_secret(EVP_PKEY *own, EVP_PKEY *peer, uint8_t out[SHARED_MAX], size_t *ret_n)
{
	AUTO(pkey_context) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	size_t n = SHARED_MAX;
	if (!c)
		return ST_NOMEM;
	if (EVP_PKEY_derive_init(c) != 1 || EVP_PKEY_derive_set_peer(c, peer) != 1 ||
	    EVP_PKEY_derive(c, out, &n) != 1)
		return ST_INVALID;
	*ret_n = n;
	return ST_OK;
}

/* RFC 7518 §4.6: a new key pair for each message; what both agree upon is the key itself. */
static status agree(const struct jwe_recipient *to, struct content_key *k)
{
	const struct jwe_key_type *type = to->key.type;
	uint8_t secret[SHARED_MAX];
	size_t n;
	k->ephemeral = strcmp(type->kty, "EC") == 0 ? EVP_EC_gen(type->group)
						    : EVP_PKEY_Q_keygen(NULL, NULL, type->group);
	if (!k->ephemeral)
		return ST_NOMEM;
	TRY(shared_secret(k->ephemeral, to->key.pkey, secret, &n));
	status s = concat_kdf(slice_of(secret, n), slice_str(to->content->name), NO_SLICE, NO_SLICE,
			      k->bytes, to->content->key_size);
	secret_wipe(secret, sizeof secret);
	return s;
}

/* ---- the message ---------------------------------------------------------------------------- */

static void put_text(struct buf *json, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	buf_format(json, ",\"%s\":", name);
	buf_put_json_string(json, slice_str(value));
}

static status put_header(const struct jwe_recipient *to, const struct content_key *k,
			 const char *type, const char *content_type, struct buf *token)
{
	AUTO_BUF struct buf json = { 0 };
	buf_format(&json, "{\"alg\":\"%s\",\"enc\":\"%s\"", to->key.type->alg, to->content->name);
	put_text(&json, "kid", to->key.kid);
	put_text(&json, "typ", type);
	put_text(&json, "cty", content_type);
	if (k->ephemeral) {
		buf_put_text(&json, ",\"epk\":");
		TRY(jwe_key_put(to->key.type, k->ephemeral, &json));
	}
	buf_put_byte(&json, '}');
	TRY(buf_status(&json));
	buf_put_base64url(token, buf_slice(&json));
	return buf_status(token);
}

static void put_part(struct buf *token, struct slice bytes)
{
	buf_put_byte(token, '.');
	buf_put_base64url(token, bytes);
}

/* RFC 7516 §5.1, steps 2 to 19 */
static status encrypt(const struct jwe_recipient *to, const char *type, const char *content_type,
		      struct slice plain, struct buf *token)
{
	AUTO_CONTENT_KEY struct content_key k = { .wrapped_n = 0 };
	AUTO_BUF struct buf sealed = { 0 };
	uint8_t iv[JWE_IV_MAX], tag[JWE_TAG_SIZE];
	size_t start = token->n, n;
	TRY(to->key.type->crv ? agree(to, &k) : wrap(to, &k));
	TRY(put_header(to, &k, type, content_type, token));

	struct slice associated = slice_from(buf_slice(token), start);
	uint8_t *out = buf_room(&sealed, plain.n + to->content->padding + 1);
	if (!out)
		return ST_NOMEM;
	TRY(random_bytes(iv, to->content->iv_size));
	TRY(to->content->seal(k.bytes, iv, associated, plain, out, &n, tag));
	put_part(token, slice_of(k.wrapped, k.wrapped_n));
	put_part(token, slice_of(iv, to->content->iv_size));
	put_part(token, slice_of(out, n));
	put_part(token, slice_of(tag, sizeof tag));
	return buf_status(token);
}

status jwe_encrypt(const struct jwe_recipient *to, const char *type, const char *content_type,
		   struct slice plain, struct buf *token)
{
	if (plain.n > PLAIN_MAX)
		return ST_TOO_LARGE;
	size_t before = token->n;
	status s = encrypt(to, type, content_type, plain, token);
	if (s != ST_OK)
		token->n = before;
	return s;
}
