#include "keys/signer.h"

#include "keys/algorithms.h"
#include "keys/seal.h"

#include "libauth/base/encode.h"

#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>

enum {
	SLOTS = 32,         /* contexts kept; more threads than that make their own */
	HEADER_MAX = 256,
	SIGNATURE_MAX = 1024, /* of an RSA key of 8192 bits */
	COORDINATE_SIZE = 32,
};

/* The types that are signed many times a second have their header encoded once. */
static const char *const TYPES[] = { "at+jwt", "JWT" };

struct signer {
	enum key_algorithm algorithm;
	char kid[KID_SIZE + 1];
	struct {
		char text[HEADER_MAX];
		size_t n;
	} headers[COUNT_OF(TYPES)]; /* base64url, with the dot behind */
	EVP_PKEY *key;
	EVP_MD_CTX *sm2; /* SM3, into which Z has gone: the beginning of each signature's hash */
	/* Contexts set up for this key. A slot's owner is who took the pointer out of it. */
	_Atomic(EVP_PKEY_CTX *) slots[SLOTS];
	uint8_t eddsa[crypto_sign_SECRETKEYBYTES];
};

DEFINE_AUTO(ecdsa, ECDSA_SIG *, ECDSA_SIG_free)
DEFINE_AUTO(md_ctx, EVP_MD_CTX *, EVP_MD_CTX_free)

struct signature {
	uint8_t bytes[SIGNATURE_MAX];
	size_t n;
};

/* ---- headers ---------------------------------------------------------------------------- */

static size_t encode_header(const struct signer *s, const char *type, char out[HEADER_MAX])
{
	char text[HEADER_MAX];
	int n = snprintf(text, sizeof text, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"%s\"}",
			 key_algorithm_name(s->algorithm), s->kid, type);
	if (n < 0 || base64url_length((size_t)n) + 1 > HEADER_MAX)
		return 0;
	base64url_encode(slice_of(text, (size_t)n), out);
	size_t length = base64url_length((size_t)n);
	out[length] = '.';
	return length + 1;
}

static status put_header(const struct signer *s, const char *type, struct buf *token)
{
	for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
		if (strcmp(type, TYPES[i]) != 0)
			continue;
		buf_put(token, slice_of(s->headers[i].text, s->headers[i].n));
		return ST_OK;
	}
	char text[HEADER_MAX];
	size_t n = encode_header(s, type, text);
	buf_put(token, slice_of(text, n));
	return n ? ST_OK : ST_BUG;
}

/* ---- contexts --------------------------------------------------------------------------- */

/* What a signature is made with besides the key. */
static bool context_set(EVP_PKEY_CTX *c, enum key_algorithm algorithm)
{
	bool ok = EVP_PKEY_sign_init(c) == 1;
	if (algorithm == KEY_RS256) /* RSASSA-PKCS1-v1_5, RFC 7518 §3.3 */
		ok = ok && EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1;
	if (algorithm == KEY_PS256) /* RSASSA-PSS, a salt as long as the hash, §3.5 */
		ok = ok && EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) == 1 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) == 1;
	return ok && EVP_PKEY_CTX_set_signature_md(c, algorithms()->sha256) == 1;
}

static EVP_PKEY_CTX *context_new(const struct signer *s)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, s->key, NULL);
	if (c && context_set(c, s->algorithm))
		return c;
	EVP_PKEY_CTX_free(c);
	return NULL;
}

static EVP_PKEY_CTX *context_take(struct signer *s)
{
	for (size_t i = 0; i < SLOTS; i++) {
		EVP_PKEY_CTX *c = atomic_load_explicit(&s->slots[i], memory_order_relaxed);
		if (c && atomic_compare_exchange_strong(&s->slots[i], &c, NULL))
			return c;
	}
	return context_new(s);
}

static void context_give(struct signer *s, EVP_PKEY_CTX *c)
{
	for (size_t i = 0; i < SLOTS; i++) {
		EVP_PKEY_CTX *empty = NULL;
		if (atomic_compare_exchange_strong(&s->slots[i], &empty, c))
			return;
	}
	EVP_PKEY_CTX_free(c);
}

/* ---- signatures ------------------------------------------------------------------------- */

/* RFC 7518 §3.4, and so with SM2: r and s as 32 bytes each, not DER. */
static status curve_raw(struct signature *sig)
{
	enum { SIZE = COORDINATE_SIZE };
	const uint8_t *der = sig->bytes;
	AUTO(ecdsa) ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)sig->n);
	if (!pair || BN_bn2binpad(ECDSA_SIG_get0_r(pair), sig->bytes, SIZE) != SIZE ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(pair), sig->bytes + SIZE, SIZE) != SIZE)
		return ST_BUG;
	sig->n = 2 * SIZE;
	return ST_OK;
}

static status openssl_sign(struct signer *s, struct slice input, struct signature *ret)
{
	uint8_t hash[32];
	TRY(sha256(input, hash));
	EVP_PKEY_CTX *c = context_take(s);
	if (!c)
		return ST_NOMEM;
	ret->n = sizeof ret->bytes;
	if (EVP_PKEY_sign(c, ret->bytes, &ret->n, hash, sizeof hash) != 1) {
		EVP_PKEY_CTX_free(c);
		return ST_BUG;
	}
	context_give(s, c);
	return s->algorithm == KEY_ES256 ? curve_raw(ret) : ST_OK;
}

static status eddsa_sign(const struct signer *s, struct slice input, struct signature *ret)
{
	ret->n = crypto_sign_BYTES;
	return crypto_sign_detached(ret->bytes, NULL, input.p, input.n, s->eddsa) == 0 ? ST_OK : ST_BUG;
}

/* GM/T 0003.2: SM3 over Z and the message, then the signature. */
static status sm2_sign(const struct signer *s, struct slice input, struct signature *ret)
{
	AUTO(md_ctx) EVP_MD_CTX *c = EVP_MD_CTX_new();
	if (!c || EVP_MD_CTX_copy_ex(c, s->sm2) != 1)
		return ST_NOMEM;
	ret->n = sizeof ret->bytes;
	if (EVP_DigestSignUpdate(c, input.p, input.n) != 1 ||
	    EVP_DigestSignFinal(c, ret->bytes, &ret->n) != 1)
		return ST_BUG;
	return curve_raw(ret);
}

static status make_signature(struct signer *s, struct slice input, struct signature *ret)
{
	switch (s->algorithm) {
	case KEY_EDDSA: return eddsa_sign(s, input, ret);
	case KEY_SM2: return sm2_sign(s, input, ret);
	case KEY_ES256:
	case KEY_RS256:
	case KEY_PS256: return openssl_sign(s, input, ret);
	case KEY_ALGORITHM_COUNT: break;
	}
	return ST_BUG;
}

static status sign(struct signer *s, const char *type, struct slice payload, struct buf *token)
{
	size_t start = token->n;
	TRY(put_header(s, type, token));
	buf_put_base64url(token, payload);
	TRY(buf_status(token));

	struct signature signature;
	struct slice input = slice_from(buf_slice(token), start);
	TRY(make_signature(s, input, &signature));
	buf_put_byte(token, '.');
	buf_put_base64url(token, slice_of(signature.bytes, signature.n));
	return buf_status(token);
}

status signer_sign(struct signer *s, const char *type, struct slice payload, struct buf *token)
{
	size_t before = token->n;
	status result = sign(s, type, payload, token);
	if (result != ST_OK)
		token->n = before;
	return result;
}

/* ---- life ------------------------------------------------------------------------------- */

static status eddsa_load(struct signer *s, const struct keypair *pair)
{
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
	if (pair->private_key.n != crypto_sign_SEEDBYTES)
		return ST_CORRUPT;
	crypto_sign_seed_keypair(public_key, s->eddsa, pair->private_key.p);
	if (!slice_equal(slice_of(public_key, sizeof public_key), pair->public_key))
		return ST_CORRUPT;
	return ST_OK;
}

/* Z = SM3(ENTL || ID || a || b || G || public key), GM/T 0003.2 §5.5, goes in before the message: here,
 * once, by an update with nothing in it. Without a set identifier OpenSSL 3.0 takes an empty one. */
static status sm2_begin(EVP_PKEY *key, EVP_MD_CTX **ret)
{
	static const char ID[] = "1234567812345678"; /* GM/T 0009 §10 */
	EVP_PKEY_CTX *how; /* the context's */
	AUTO(md_ctx) EVP_MD_CTX *c = EVP_MD_CTX_new();
	if (!c)
		return ST_NOMEM;
	if (EVP_DigestSignInit_ex(c, &how, "SM3", NULL, NULL, key, NULL) != 1 ||
	    EVP_PKEY_CTX_set1_id(how, ID, sizeof ID - 1) != 1 || EVP_DigestSignUpdate(c, "", 0) != 1)
		return ST_BUG;
	*ret = TAKE(c);
	return ST_OK;
}

static status load(struct signer *s, const struct keypair *pair)
{
	if (s->algorithm == KEY_EDDSA)
		return eddsa_load(s, pair);
	TRY(keypair_load(s->algorithm, pair, &s->key));
	return s->algorithm == KEY_SM2 ? sm2_begin(s->key, &s->sm2) : ST_OK;
}

status signer_new(const struct ring_key *key, struct signer **ret)
{
	if (!algorithms())
		return ST_NOMEM;
	AUTO(signer) struct signer *s = calloc(1, sizeof *s);
	if (!s)
		return ST_NOMEM;
	s->algorithm = key->algorithm;
	memcpy(s->kid, key->kid, sizeof s->kid);
	for (size_t i = 0; i < COUNT_OF(TYPES); i++)
		s->headers[i].n = encode_header(s, TYPES[i], s->headers[i].text);
	TRY(load(s, &key->pair));
	*ret = TAKE(s);
	return ST_OK;
}

void signer_free(struct signer *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		EVP_PKEY_CTX_free(s->slots[i]);
	EVP_MD_CTX_free(s->sm2);
	EVP_PKEY_free(s->key); /* wipes the private number */
	secret_wipe(s->eddsa, sizeof s->eddsa);
	free(s);
}
